"""What a training of several processes has reached, on disk after each epoch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

from keras_ae import _checks
from keras_ae.execution import processes
from keras_ae.training.checkpoint import Checkpoint as Folder
from keras_ae.training.checkpoint import State


class Checkpoint(keras.callbacks.Callback):
    """A callback that keeps the last complete epoch; any number of processes goes on from it.

    The first process writes the model, with its optimizer and noise, beside the last one, then
    the file that names it: a kill at any moment leaves one epoch or the other. Its folder must be
    one that all processes read.

    Args:
        folder: Path, made if it isn't there.

    Raises:
        TypeError: `folder` isn't a path.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> import keras_ae
        >>> from keras_ae.distributed import Checkpoint
        >>> from keras_ae.training import ShuffledBatches
        >>> def make_model():
        ...     model = keras_ae.create_model("vae", (4,), latent_dim=2, units=(8,), seed=0)
        ...     model.compile("adam")
        ...     return model
        >>> folder, x = tempfile.mkdtemp(), np.eye(4, dtype="float32")
        >>> def train(epochs):
        ...     checkpoint = Checkpoint(folder)
        ...     model, done = checkpoint.restore(make_model)
        ...     batches = ShuffledBatches(x, batch_size=2, seed=0, initial_epoch=done)
        ...     how = {"steps_per_epoch": batches.steps, "shuffle": False, "verbose": 0}
        ...     model.fit(
        ...         batches, epochs=epochs, initial_epoch=done, callbacks=[checkpoint], **how
        ...     )
        ...     return done
        >>> train(epochs=2), train(epochs=3)
        (0, 2)
    """

    def __init__(self, folder: str | Path) -> None:
        super().__init__()
        self.folder = _checks.path("folder", folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._files = Folder(self.folder)

    def restore(self, make_model: Callable[[], Any]) -> tuple[Any, int]:
        """Return the model of the last complete epoch and how many there were, in all processes.

        Args:
            make_model: Function without arguments that returns a compiled model; called where
                there is no checkpoint yet.

        Raises:
            ValueError: What the folder holds isn't a checkpoint.
        """
        processes.wait_for_all("restore")  # the first may still be writing
        state = self._files.load()
        if state is None:
            return make_model(), 0
        return keras.models.load_model(self.folder / state.model), state.epoch

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the epoch, in the first process."""
        del logs
        self._files.save(self.model, State(epoch + 1, "", {}))
