"""The data sets that have a name: bundled, from scikit-learn, drawn, or downloaded by Keras."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from keras_ae import _extras
from keras_ae.datasets._files import reading
from keras_ae.datasets._values import as_examples, as_labels
from keras_ae.datasets.dataset import Dataset
from keras_ae.datasets.read_npz import read_npz
from keras_ae.datasets.shapes import shapes

BUNDLED_DIGITS = Path(__file__).parent / "data" / "digits_subset.npz"


def list_datasets() -> dict[str, str]:
    """Return the names that `load_dataset` knows, and what each is.

    Example:
        >>> for name, description in list_datasets().items():
        ...     print(f"{name}: {description}")
        digits-subset: 12,000 + 2,000 handwritten digits of MNIST, 28x28, bundled
        digits: 1,797 handwritten digits of scikit-learn, 8x8, no download
        mnist: 60,000 + 10,000 handwritten digits, 28x28, downloaded by Keras
        fashion_mnist: 60,000 + 10,000 pieces of clothing, 28x28, downloaded by Keras
        cifar10: 50,000 + 10,000 colour photographs, 32x32, downloaded by Keras
        shapes: 6,144 drawn shapes with their factors, 32x32, no download
    """
    return {name: description for name, (description, _) in NAMED.items()}


def _bundled_digits() -> Dataset:
    digits = read_npz(BUNDLED_DIGITS)
    return dataclasses.replace(digits, name="digits-subset", source="bundled subset of MNIST")


def _scikit_learn_digits() -> Dataset:
    _extras.require("sklearn")
    from sklearn.datasets import load_digits

    digits = load_digits()
    x = np.asarray(digits.images[..., np.newaxis] / 16.0, dtype=np.float32)
    y = np.asarray(digits.target, dtype=np.int64)
    return Dataset("digits", x, y, x[:0], None, source="sklearn.datasets.load_digits")


def _downloaded(name: str) -> Dataset:
    """Load one of Keras' data sets, from its cache or the network; progress goes to stderr."""
    _extras.require("keras")
    import keras

    source = f"keras.datasets.{name}"
    expected = "the data in Keras' cache, or a network to download them"
    with reading(source, expected), contextlib.redirect_stdout(sys.stderr):
        (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    (train_labels, test_labels), _ = as_labels(source, {"y_train": y_train, "y_test": y_test})
    return Dataset(
        name,
        as_examples(source, "x_train", x_train),
        train_labels,
        as_examples(source, "x_test", x_test),
        test_labels,
        source=source,
    )


# The one place where a name becomes data: what it is, and how it is loaded.
NAMED: dict[str, tuple[str, Callable[[], Dataset]]] = {
    "digits-subset": (
        "12,000 + 2,000 handwritten digits of MNIST, 28x28, bundled",
        _bundled_digits,
    ),
    "digits": (
        "1,797 handwritten digits of scikit-learn, 8x8, no download",
        _scikit_learn_digits,
    ),
    "mnist": (
        "60,000 + 10,000 handwritten digits, 28x28, downloaded by Keras",
        functools.partial(_downloaded, "mnist"),
    ),
    "fashion_mnist": (
        "60,000 + 10,000 pieces of clothing, 28x28, downloaded by Keras",
        functools.partial(_downloaded, "fashion_mnist"),
    ),
    "cifar10": (
        "50,000 + 10,000 colour photographs, 32x32, downloaded by Keras",
        functools.partial(_downloaded, "cifar10"),
    ),
    "shapes": ("6,144 drawn shapes with their factors, 32x32, no download", shapes),
}
