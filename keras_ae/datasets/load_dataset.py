"""Load data by name or by path."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from keras_ae import _checks
from keras_ae.datasets.dataset import Dataset
from keras_ae.datasets.errors import DataError
from keras_ae.datasets.named import NAMED
from keras_ae.datasets.read_csv import read_csv
from keras_ae.datasets.read_images import read_images
from keras_ae.datasets.read_npy import read_npy
from keras_ae.datasets.read_npz import read_npz


def load_dataset(
    name_or_path: str | Path,
    test_fraction: float = 0.2,
    seed: int = 0,
    label: str | None = None,
    max_examples: int | None = None,
) -> Dataset:
    """Load training and test examples: a data set with a name, a file, or a folder of images.

    Values are read, not judged: NaN, and values that a likelihood can't take, are found when a
    model is fitted.

    Args:
        name_or_path: String or path: one of `list_datasets()`, an .npz, .npy or .csv file, or a
            folder of images. A name goes before a folder of that name (write `./digits`).
        test_fraction: Float in [0, 1), how much is split off as test data where there are none.
        seed: Integer, the choice of the test data and of `max_examples`.
        label: String, optional: the column of a .csv file that holds labels.
        max_examples: Integer, optional: at most so many training and so many test examples.

    Returns:
        A `Dataset`: images float32 (n, height, width, channels), tables float32 (n, d), or
        finer where float32 would round off what they say.

    Raises:
        DataError: the name is unknown, or the file or folder can't be read.

    Example:
        >>> load_dataset("digits", test_fraction=0.5, max_examples=100).x_test.shape
        (100, 8, 8, 1)
    """
    test_fraction = _checks.number("test_fraction", test_fraction, minimum=0, below=1)
    seed = _checks.integer("seed", seed, minimum=0)
    if max_examples is not None:
        max_examples = _checks.integer("max_examples", max_examples, minimum=1)
    data = _load(name_or_path, label).split(test_fraction, seed)
    return data if max_examples is None else data.limited(max_examples, seed)


def _load(name_or_path: str | Path, label: str | None) -> Dataset:
    # A new format is a reader and a row here.
    readers: dict[str, Callable[[Path], Dataset]] = {
        ".npz": read_npz,
        ".npy": read_npy,
        ".csv": functools.partial(read_csv, label=label),
    }
    path = _checks.path("name_or_path", name_or_path)
    suffix = path.suffix.lower()
    named = NAMED.get(str(name_or_path))
    if label is not None and (named or suffix != ".csv"):
        received = f"label={_checks.shown(label)}"
        raise DataError(name_or_path, "a .csv file, as `label` names a column", received)
    if named:
        return named[1]()
    if path.is_dir():
        return read_images(path)
    if suffix in readers:
        return readers[suffix](path)
    kinds = f"a path to an {', '.join(readers)} file or a folder of images"
    received = "a file of another kind" if path.exists() else "an unknown name"
    raise DataError(name_or_path, f"one of {', '.join(NAMED)}, or {kinds}", received)
