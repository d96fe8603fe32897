"""NumPy's two file formats, with pickled content refused."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from keras_ae._files import check_archive
from keras_ae.datasets._files import existing_file, reading
from keras_ae.datasets.errors import DataError

_STARTS = {b"\x93NUMPY": ".npy", b"PK": ".npz", b"\x80": "pickle"}


def numpy_file(path: str | Path, suffix: str, expected: str) -> Path:
    """Check by its first bytes that a file is what its suffix says: NumPy calls junk a pickle."""
    path = existing_file(path, expected)
    with reading(path, expected), path.open("rb") as file:
        start = file.read(6)
    found = next((kind for begin, kind in _STARTS.items() if start.startswith(begin)), None)
    if found == "pickle":
        raise _refused(path)
    if found != suffix:
        received = f"{found} content" if found else f"a file that starts with {start!r}"
        raise DataError(path, expected, received)
    with reading(path, expected):
        check_archive(path, expected)
    return path


@contextlib.contextmanager
def decoding(path: Path, expected: str) -> Iterator[None]:
    """Turn what NumPy raises at pickled, truncated or damaged content into a `DataError`."""
    with reading(path, expected):
        try:
            yield
        except ValueError as error:
            if "allow_pickle" in str(error):
                raise _refused(path) from error
            raise


def _refused(path: Path) -> DataError:
    return DataError(
        path,
        "arrays of numbers or strings",
        "pickled Python objects, which are refused because loading them can run any code",
    )
