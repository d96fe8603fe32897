"""What a run has reached, on disk after each epoch."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from keras_ae import _files

STATE = "state.json"


@dataclasses.dataclass(frozen=True)
class State:
    """A run after its last complete epoch.

    Args:
        epoch: Integer, complete epochs.
        model: String, name of the file of the model then.
        history: Dictionary from a metric to its values, one an epoch.
        best: String, name of the file of the best model by validation loss, where it is kept.
        seconds: Float, time spent in training.
    """

    epoch: int
    model: str
    history: dict[str, list[float]]
    best: str | None = None
    seconds: float = 0.0


class Checkpoint:
    """A folder that holds the last complete epoch of a run, whatever happens in between.

    The model goes to a file of its own, beside the previous one; then `state.json`, which names
    it, is replaced in one step. A kill at any moment leaves one epoch or the other.

    Args:
        folder: Path.
        keep_best_from: Integer, the first epoch (from 1) that may be the best; None not to keep
            the best model.

    Example:
        >>> import tempfile
        >>> from keras_ae import create_model
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     checkpoint = Checkpoint(Path(folder))
        ...     model = create_model("vae", (4,), latent_dim=2, units=(8,))
        ...     _ = checkpoint.save(model, State(1, "", {"loss": [2.5]}))
        ...     checkpoint.load()
        State(epoch=1, model='epoch_0001.keras', history={'loss': [2.5]}, best=None, seconds=0.0)
    """

    def __init__(self, folder: Path, keep_best_from: int | None = None) -> None:
        self.folder = folder
        self.keep_best_from = keep_best_from

    def load(self) -> State | None:
        """Return the last state; None if there is none."""
        path = self.folder / STATE
        if not path.exists():
            return None
        record = read_json(path)
        try:
            return State(**record)
        except TypeError as error:
            raise ValueError(f"{path}: expected the state of a run. Received: {error}") from error

    def save(self, model: Any, state: State) -> State:
        """Write the model and the state, and return the state with the files' names in it.

        Of several processes the first one writes.
        """
        name = f"epoch_{state.epoch:04d}.keras"
        best = name if self._is_best(state) else state.best
        state = dataclasses.replace(state, model=name, best=best)
        from keras_ae.execution import processes  # Keras, which those who only read don't need

        if processes.index():
            return state
        model.save(self.folder / name)
        _files.flush(self.folder / name)
        write_json(self.folder / STATE, dataclasses.asdict(state))
        for path in self.folder.glob("epoch_*.keras"):
            if path.name not in (name, best):
                path.unlink()
        return state

    def _is_best(self, state: State) -> bool:
        if self.keep_best_from is None:
            return False
        best = best_epoch(state.history, self.keep_best_from)
        return best is None or best == state.epoch


def best_epoch(history: dict[str, list[float]], first: int) -> int | None:
    """Return the epoch (from 1) of the least validation loss, from epoch `first` on."""
    losses = history.get("val_loss", [])[first - 1 :]
    if not losses:
        return None
    return first + min(range(len(losses)), key=lambda index: (losses[index], index))


def read_json(path: Path) -> dict[str, Any]:
    """Return what `write_json` wrote.

    Raises:
        ValueError: The file is missing or damaged.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        words = getattr(error, "strerror", None) or error
        raise ValueError(f"{path}: expected a complete JSON file. Received: {words}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path}: expected a JSON object. Received: a {type(content).__name__}")
    return content


def write_json(path: Path, content: Any) -> None:
    """Write JSON to a file, whole or not at all."""
    write_text(path, as_json(content))


def as_json(content: Any) -> str:
    """Return the text of a JSON file."""
    return json.dumps(content, indent=2) + "\n"


def write_text(path: Path, text: str) -> None:
    """Write text to a file, whole or not at all."""
    with _files.written_beside(path) as beside:
        beside.write_text(text, "utf-8")
