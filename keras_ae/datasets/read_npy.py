"""Read examples from an .npy file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from keras_ae.datasets._files import sha256
from keras_ae.datasets._numpy_files import decoding, numpy_file
from keras_ae.datasets._values import as_examples
from keras_ae.datasets.dataset import Dataset

_EXPECTED = "a complete .npy file of numbers"


def read_npy(path: str | Path) -> Dataset:
    """Read the examples in an .npy file: one array, no labels, no test part.

    Args:
        path: String or path. The array has shape (n, d), (n, height, width) or
            (n, height, width, channels). uint8 images are divided by 255; other values are kept.

    Returns:
        A `Dataset` whose `x_test` has no examples.

    Raises:
        DataError: the file is missing, truncated, damaged or pickled, or isn't such an array.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.save(f"{folder}/images.npy", np.full((3, 8, 8), 255, "uint8"))
        ...     data = read_npy(f"{folder}/images.npy")
        >>> data.name, data.x_train.shape, float(data.x_train.max())
        ('images', (3, 8, 8, 1), 1.0)
    """
    path = numpy_file(path, ".npy", _EXPECTED)
    with decoding(path, _EXPECTED):
        array = np.load(path, allow_pickle=False)
    x = as_examples(path, "the array", array)
    return Dataset(path.stem, x, None, x[:0], None, source=str(path), sha256=sha256(path))
