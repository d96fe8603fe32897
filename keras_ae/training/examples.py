"""The data of a run: loaded, checked, split."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import numpy as np

from keras_ae import _arrays, _float32
from keras_ae.datasets import DataError, Dataset, load_dataset, read_series
from keras_ae.training.training_config import TrainingConfig


@dataclasses.dataclass(frozen=True, eq=False)
class Examples:
    """Examples to train on, to validate on and to test on.

    Args:
        dataset: The `Dataset` that they come from, already with its test part.
        whole: The `Dataset` as it was read, for errors that count its values.
        train: Array of shape (examples, ...).
        validation: Array of shape (examples, ...), or None.
        sha256: String, the digest of the file, or of the arrays where there is no single file.
    """

    dataset: Dataset
    whole: Dataset
    train: np.ndarray
    validation: np.ndarray | None
    sha256: str

    @property
    def test(self) -> np.ndarray:
        """The test part; possibly of length 0."""
        return self.dataset.x_test

    def describe(self) -> dict[str, Any]:
        """Return what identifies the data, for the record of a run."""
        return {
            "name": self.dataset.name,
            "source": self.dataset.source,
            "sha256": self.sha256,
            "sha256_of": "file" if self.dataset.sha256 else "arrays",
            "example_shape": list(self.dataset.example_shape),
            "train": len(self.train),
            "validation": 0 if self.validation is None else len(self.validation),
            "test": len(self.test),
        }


def load_examples(config: TrainingConfig) -> Examples:
    """Load, check and split the data that a configuration names.

    Validation examples are drawn from the training part; the draw depends on the seed only.

    Raises:
        DataError: The data can't be read, or are too few to split.
        ValueError: Values are NaN or infinite.

    Example:
        >>> examples = load_examples(TrainingConfig(data="digits", max_examples=50))
        >>> len(examples.train), len(examples.validation), len(examples.test)
        (45, 5, 50)
    """
    whole = read_data(config)
    check_finite(whole)
    train, test = (
        _float32.cast(f"{whole.source}: {name}", getattr(whole, name))
        for name in ("x_train", "x_test")
    )
    whole = dataclasses.replace(whole, x_train=train, x_test=test)
    dataset = whole.split(config.test_fraction, config.seed)
    if config.max_examples is not None:
        dataset = dataset.limited(config.max_examples, config.seed)
    if config.window is None:
        train, validation = _held_out(dataset, config.validation_fraction, config.seed)
    else:
        overlapping = -(-config.window // config.stride) - 1
        train, validation = _latest(dataset, config.validation_fraction, overlapping)
    return Examples(dataset, whole, train, validation, whole.sha256 or _digest(whole))


def read_data(config: TrainingConfig) -> Dataset:
    """Return the data that a configuration names, as they were read.

    Those of a series are its windows, with the last of them for the test.

    Raises:
        DataError: They can't be read.
    """
    if config.window is None:
        return load_dataset(config.data, test_fraction=0.0, label=config.label)
    if not config.data.lower().endswith(".csv"):
        received = f"window={config.window}"
        raise DataError(config.data, "a .csv file, as `window` is of a series", received)
    return read_series(
        config.data, config.window, config.stride, config.time, config.test_fraction
    )


def check_finite(data: Dataset) -> None:
    """Raise a ValueError if a value is NaN or infinite, naming the file and the first place."""
    for name, array in _arrays_of(data):
        _arrays.finite(name, array)


def check_support(data: Dataset, likelihood: Any, fix: str) -> None:
    """Raise a ValueError if a value is one that the likelihood doesn't allow.

    Args:
        data: The `Dataset`, as it was read.
        likelihood: A `Likelihood`.
        fix: String, what to do about it.
    """
    if likelihood.support is None:
        return
    low, high = likelihood.support
    for name, array in _arrays_of(data):
        _arrays.within(name, array, low, high, fix=fix)


def _arrays_of(data: Dataset) -> list[tuple[str, np.ndarray]]:
    """Return the arrays that there are, each by a name that starts with the file's."""
    if not len(data.x_test):
        return [(f"{data.source}: x", data.x_train)]
    return [(f"{data.source}: x_train", data.x_train), (f"{data.source}: x_test", data.x_test)]


def _held_out(data: Dataset, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
    if not fraction:
        return data.x_train, None
    n = len(data.x_train)
    if n < 2:
        raise DataError(data.source, "at least 2 examples, to validate on one of them", n)
    count = min(n - 1, max(1, round(n * fraction)))
    order = np.random.default_rng([seed, n]).permutation(n)
    return data.x_train[np.sort(order[count:])], data.x_train[np.sort(order[:count])]


def _latest(
    data: Dataset, fraction: float, overlapping: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return windows to train on, and the last ones, which share no point with them."""
    if not fraction:
        return data.x_train, None
    count = max(1, round(len(data.x_train) * fraction))
    left = len(data.x_train) - count - overlapping
    if left < 1:
        expected = f"more than {count + overlapping} windows, to validate on the last {count}"
        raise DataError(data.source, expected, len(data.x_train))
    return data.x_train[:left], data.x_train[-count:]


def _digest(data: Dataset) -> str:
    digest = hashlib.sha256()
    for array in (data.x_train, data.x_test):
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
