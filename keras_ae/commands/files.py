"""Models that are read and files that are written."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_ae import _files, _loading
from keras_ae.commands.errors import BadInput, bad_input

if TYPE_CHECKING:
    from keras_ae.datasets._chosen import Chosen

EXPECTED = "expected a complete .keras file of this package, or a directory that has model.keras"


def load_model(path: Path, any_model: bool = False) -> Any:
    """Return the model in a .keras file, or in the directory that a run wrote.

    Args:
        path: The file or directory.
        any_model: Whether it may be another kind of Keras model.

    Raises:
        BadInput: The file is missing, can't be read or holds another kind of model.
    """
    from keras_ae.models import Autoencoder

    file = model_file(path)
    with bad_input():
        model = _loading.load_model(file, EXPECTED.removeprefix("expected "))
    if not (any_model or isinstance(model, Autoencoder)):
        raise BadInput(f"{file}: {EXPECTED}. Received: a {type(model).__name__}")
    return model


def model_file(
    path: Path, suffixes: Sequence[str] = (".keras",), expected: str = EXPECTED
) -> Path:
    """Return the file of a model that `path` is or has."""
    file = path / "model.keras" if path.is_dir() else path
    if not file.is_file():
        raise BadInput(f"{path}: {expected}. Received: no such file")
    if file.suffix not in suffixes:
        raise BadInput(f"{path}: {expected}. Received: a {file.suffix or 'nameless'} file")
    return file


def choose_examples(
    model: Any, path: Path, data: str | None, label: str | None, max_examples: int | None
) -> Chosen:
    """Return the `Chosen` examples to use a model on.

    Of the data that the model was trained on, the test part that training left out. Of other
    data, their own test part if they have one, else all of them.

    Raises:
        BadInput: The data can't be read or don't suit the model.
    """
    from keras_ae.datasets import load_dataset
    from keras_ae.datasets._chosen import choose
    from keras_ae.training import TrainingConfig, read_options
    from keras_ae.training.examples import check_finite, check_support, read_data

    with bad_input():
        record = model_file(path).with_name("config.yaml")
        config = None
        if record.is_file():
            config = TrainingConfig.from_options(read_options(record))
        if data is None and config is None:
            raise BadInput(
                f"--data: expected data, as {record} doesn't tell what the model was trained on. "
                "Received: none"
            )
        name = data if data is not None else str(config and config.data)
        held_out = config is not None and name == config.data
        label = label if label is not None or not held_out or config is None else config.label
        if config is not None and config.window is not None:
            fraction = config.test_fraction if held_out else 0.0
            config = dataclasses.replace(config, data=name, test_fraction=fraction)
            dataset = read_data(config)
        else:
            dataset = load_dataset(name, test_fraction=0.0, label=label)
        if dataset.example_shape != model.example_shape:
            raise BadInput(
                f"{dataset.source}: expected examples of shape {model.example_shape}, as the "
                f"model takes. Received: shape {dataset.example_shape}"
            )
        check_finite(dataset)
        if model.preprocessor is None:
            check_support(dataset, model.likelihood, "Scale the data as those of training were")
        if held_out and config is not None:
            dataset = dataset.split(config.test_fraction, config.seed)
        if max_examples is not None:
            dataset = dataset.limited(max_examples)
    return choose(dataset)


def check_output(path: Path, overwrite: bool, suffixes: Sequence[str] = (".png", ".npz")) -> Path:
    """Raise a BadInput if a file of one of these kinds can't go to `path`."""
    if path.suffix.lower() not in suffixes:
        kinds = " or ".join(suffixes)
        raise BadInput(f"--output: expected a file name in {kinds}. Received: {path}")
    if path.exists() and not (overwrite and path.is_file()):
        raise BadInput(
            f"{path}: expected a file that doesn't exist yet. Received: an existing one. Replace "
            "it by --overwrite, or choose another by --output"
        )
    return path


def write_output(path: Path, arrays: dict[str, Any], picture: Callable[[], Any]) -> None:
    """Write arrays or a picture, as the suffix says, whole or not at all."""
    from keras_ae import plotting

    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".png":
        plotting.save(picture(), path)
        return
    with _files.written_beside(path) as beside:
        np.savez_compressed(beside, **arrays)
