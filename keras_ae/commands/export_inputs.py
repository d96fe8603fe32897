"""What `keras-ae export` reads: models of any kind, examples, labels and limits."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae import _files
from keras_ae.commands.errors import BadInput, bad_input
from keras_ae.commands.files import EXPECTED, choose_examples, load_model, model_file

MODEL_SUFFIXES = (".keras", ".h5", ".hdf5")
# What the examples may be called in an .npz file, beside the names of the model's inputs.
_EXAMPLES = ("x_test", "x_train", "x", "X")


def exportable_file(path: Path) -> Path:
    """Return the model file that `path` is or has, of this package or any other of Keras'."""
    kinds = ", ".join(MODEL_SUFFIXES)
    expected = f"expected a file of {kinds}, or a directory that has model.keras"
    return model_file(path, MODEL_SUFFIXES, expected)


def load_exportable(file: Path) -> Any:
    """Return the Keras model in a file."""
    import keras

    if file.suffix == ".keras":
        return load_model(file, any_model=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the format is an old one
            return keras.models.load_model(file, compile=False)
    except Exception as error:
        # Keras documents no list of what it raises at a damaged file.
        words = " ".join(str(error).split())[:200]
        raise BadInput(f"{file}: {EXPECTED}. Received: {type(error).__name__}: {words}") from error


def samples_of(
    model: Any, path: Path, data: str | None, label: str | None, count: int
) -> tuple[Any, Any]:
    """Return examples to prove files on, and where calibration data come from by default.

    Args:
        model: A loaded Keras model.
        path: Its file or directory.
        data: What --data names, or None for the data that the model was trained on.
        label: String, the column of labels of a .csv file, or None.
        count: How many examples at most.

    Returns:
        An array of examples, or a dict of arrays by input; and the data set, None where there is
        none.
    """
    from keras_ae.models import Autoencoder

    if isinstance(model, Autoencoder):
        dataset = choose_examples(model, path, data, label, None).dataset
        few = dataset.limited(count)
        return (few.x_test if len(few.x_test) else few.x_train), dataset
    if data is None:
        raise BadInput(
            "--data: expected examples that the model takes: .npz by the names of its inputs, "
            ".npy, .csv or a folder of images. Received: none"
        )
    return limited(arrays_of(model, data, label), count), None


def arrays_of(model: Any, data: str, label: str | None) -> Any:
    """Return the arrays in a file for a Keras model, in the types that they have there."""
    from keras_ae.datasets import load_dataset
    from keras_ae.export.keras_model import input_names_of

    path = Path(data)
    with bad_input():
        if path.suffix.lower() not in (".npz", ".npy") or not path.is_file():
            column = label if path.suffix.lower() == ".csv" else None
            return load_dataset(data, test_fraction=0.0, label=column).x_train
        found = _read(path)
        if not isinstance(found, dict):
            return found
        names = input_names_of(model)
        if names is not None and set(names) <= set(found):
            return {name: found[name] for name in names}
        for name in _EXAMPLES if names is None or len(names) == 1 else ():
            if name in found:
                return found[name]
        raise BadInput(
            f"{path}: expected an array for each input of the model, {', '.join(names or ['x'])}. "
            f"Received: {', '.join(found) or 'no arrays'}"
        )


def limited(data: Any, count: int) -> Any:
    """Return the first examples of an array or of each array in a dict."""
    if isinstance(data, dict):
        return {name: array[:count] for name, array in data.items()}
    return data[:count]


def calibration_of(
    model: Any, dataset: Any, x: Any, data: str | None, label: str | None, count: int
) -> Any:
    """Return what int8_static measures its ranges on: --calibration-data, else training data."""
    from keras_ae.datasets import load_dataset
    from keras_ae.models import Autoencoder

    with bad_input():
        if data is not None and not isinstance(model, Autoencoder):
            return limited(arrays_of(model, data, label), count)
        if data is not None:
            column = label if data.lower().endswith(".csv") else None
            dataset = load_dataset(data, test_fraction=0.0, label=column)
        return limited(x, count) if dataset is None else dataset.limited(count).x_train


def read_labels(file: Path | None, count: int) -> Any:
    """Return the 0 and 1 (anomaly) of a .npy file, or of `y` in an .npz file, for `count` rows."""
    if file is None:
        return None
    if file.suffix.lower() not in (".npz", ".npy"):
        raise BadInput(f"--labels: expected a .npy or .npz file. Received: {file}")
    found = _read(file)
    if isinstance(found, dict):
        names = [name for name in ("y", "labels", "y_test") if name in found]
        if not names:
            raise BadInput(
                f"{file}: expected an array `y` of labels. Received: {', '.join(found) or 'none'}"
            )
        found = found[names[0]]
    if found.ndim != 1 or len(found) < count:
        raise BadInput(
            f"{file}: expected a label for each of the {count} examples. "
            f"Received: shape {found.shape}"
        )
    return found[:count]


def read_limits_option(entries: Sequence[str] | None) -> dict[str, dict[str, float]] | None:
    """Return what --limits says: `endpoint.measure=number`, with commas or repeated.

    Example:
        >>> read_limits_option(["encode.latent_error=0.3,score.nats_lost=2"])
        {'encode': {'latent_error': 0.3}, 'score': {'nats_lost': 2.0}}
    """
    if not entries:
        return None
    limits: dict[str, dict[str, float]] = {}
    for entry in (part.strip() for each in entries for part in each.split(",")):
        place, _, value = entry.partition("=")
        endpoint, _, measure = place.strip().partition(".")
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not (endpoint and measure and np.isfinite(number)):
            raise BadInput(
                "--limits: expected endpoint.measure=number, such as encode.latent_error=0.3. "
                f"Received: {entry!r}"
            )
        limits.setdefault(endpoint, {})[measure] = number
    return limits


def as_bytes(model: Any, x: Any) -> np.ndarray:
    """Return images as the bytes that they were before they were read."""
    if getattr(model, "preprocessor", None) is None:
        raise BadInput(
            "--uint8: expected a model whose own preprocessor scales bytes. "
            "Received: a model without a preprocessor"
        )
    if x.ndim != 4 or x.min() < 0 or x.max() > 1:
        raise BadInput(
            "--uint8: expected images with values in [0, 1], as image files are read. "
            f"Received: shape {x.shape}, values from {x.min():g} to {x.max():g}"
        )
    return np.rint(x * 255).astype("uint8")


def _read(path: Path) -> Any:
    """Return the array of a .npy file, or a dict of those of an .npz file."""
    try:
        _files.check_file(path, "a file of arrays")
        _files.check_archive(path, "a file of arrays")
        with path.open("rb") as file:  # opened here: NumPy leaves a damaged file open
            found = np.load(file, allow_pickle=False)
            if not isinstance(found, np.lib.npyio.NpzFile):
                return np.asarray(found)
            return {name: np.asarray(found[name]) for name in found.files}
    except Exception as error:
        # A damaged file makes NumPy and zipfile raise whatever they meet.
        words = " ".join(str(error).split())[:200]
        raise BadInput(
            f"{path}: expected a complete file of arrays, not of Python objects. Received: {words}"
        ) from error
