"""The rows of an .npy file that may be larger than the memory."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any, Literal

import numpy as np

from keras_ae.datasets._numpy_files import decoding
from keras_ae.datasets.errors import DataError

Array = np.ndarray[Any, Any]
NUMBERS = "a complete .npy file of numbers"
MAX_MAPPED_BYTES = 2**27  # read before the mapped pages are given back


class MappedRows:
    """The rows of an .npy file, which is mapped into memory.

    Mapped pages count as the process's memory. They are given back after every 128 MB that were
    read, so that a file larger than the memory takes no more than that.

    Args:
        path: Path of what `numpy_file` has found to be an .npy file.

    Raises:
        DataError: The file is truncated, damaged or pickled, or holds a single number.
    """

    def __init__(self, path: Path) -> None:
        with decoding(path, NUMBERS):
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        if not array.ndim:
            raise DataError(path, "an array of shape (examples, ...)", "shape ()")
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        order: Literal["C", "F"] = "C" if array.flags.c_contiguous else "F"
        self._array: Array = np.ndarray(
            array.shape, array.dtype, self._map, array.offset, order=order
        )
        self.shape, self.dtype = array.shape, array.dtype
        self.row_bytes = array[:1].nbytes
        self._read = 0

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, rows: slice | Array) -> Array:
        part: Array = self._array[rows]
        self._read += len(part) * self.row_bytes
        if self._read > MAX_MAPPED_BYTES:
            self._read = 0
            self._map.madvise(mmap.MADV_DONTNEED)  # what is used later is read again
        return part
