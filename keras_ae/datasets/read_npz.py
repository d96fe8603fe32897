"""Read examples, labels and test part from an .npz file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.datasets._files import sha256
from keras_ae.datasets._numpy_files import decoding, numpy_file
from keras_ae.datasets._values import as_examples, as_labels
from keras_ae.datasets.dataset import Dataset
from keras_ae.datasets.errors import DataError

_EXPECTED = "a complete .npz file of arrays"
# Examples, labels, test examples, test labels. The first row whose examples a file has is its own.
_LAYOUTS = (
    ("x_train", "y_train", "x_test", "y_test"),
    ("X", "y", None, None),
    ("x", "y", None, None),
)


def read_npz(path: str | Path) -> Dataset:
    """Read an .npz file that holds x_train (and y_train, x_test, y_test), or X or x (and y) alone.

    Args:
        path: String or path. Examples have shape (n, d), (n, height, width) or
            (n, height, width, channels), labels (n,). uint8 images are divided by 255; other
            values are kept. Arrays of other names are not read.

    Returns:
        A `Dataset`; its `x_test` has no examples where the file has no test part.

    Raises:
        DataError: the file is missing, truncated, damaged or pickled, or lacks those arrays.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.savez(f"{folder}/table.npz", X=np.zeros((5, 3)), y=[0, 0, 0, 0, 1])
        ...     data = read_npz(f"{folder}/table.npz")
        >>> data.x_train.shape, data.y_train.tolist(), data.x_test.shape
        ((5, 3), [0, 0, 0, 0, 1], (0, 3))
    """
    path = numpy_file(path, ".npz", _EXPECTED)
    with path.open("rb") as file:  # opened here: NumPy leaves a damaged file open
        with decoding(path, _EXPECTED):
            archive = np.load(file, allow_pickle=False)
        layout = next((names for names in _LAYOUTS if names[0] in archive.files), None)
        if layout is None:
            received = ", ".join(archive.files) or "no arrays"
            wanted = "the arrays `x_train` (and `x_test`), or `X` or `x` alone"
            raise DataError(path, wanted, received)
        x_train, y_train, x_test, y_test = (_member(path, archive, name) for name in layout)
    x = as_examples(path, layout[0], x_train)
    (y, test_labels), class_names = as_labels(path, {layout[1]: y_train, "y_test": y_test})
    test = x[:0] if x_test is None else as_examples(path, "x_test", x_test)
    return Dataset(
        path.stem,
        x,
        y,
        test,
        test_labels,
        source=str(path),
        class_names=class_names,
        sha256=sha256(path),
    )


def _member(path: Path, archive: Any, name: str | None) -> Any:
    if name is None or name not in archive.files:
        return None
    with decoding(path, f"{_EXPECTED} (reading `{name}`)"):
        return np.asanyarray(archive[name])
