"""An .npy file that grows."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Self

import numpy as np


class NpyWriter:
    """Write an array of float32 to an .npy file, some rows at a time.

    NumPy leaves room in a file's header for any number of rows, so that the header can be written
    again at the end.

    Args:
        path: Path of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.shape: tuple[int, ...] = ()

    def __enter__(self) -> Self:
        self._file = self._path.open("wb")
        return self

    def __exit__(self, *error: object) -> None:
        if self.shape:
            self._file.seek(0)
            self._file.write(_header(self.shape))
        self._file.close()

    def append(self, rows: np.ndarray[Any, Any]) -> None:
        """Write rows below those before.

        Raises:
            ValueError: They are of another shape.
        """
        if not self.shape:
            self.shape = (0, *rows.shape[1:])
            self._file.write(_header(self.shape))
        if rows.shape[1:] != self.shape[1:]:
            raise ValueError(
                "`data` must give activations of one shape in all batches (see flatten=True). "
                f"Received: shape={rows.shape[1:]} after {self.shape[1:]}"
            )
        self._file.write(np.ascontiguousarray(rows, "<f4").data)
        self.shape = (self.shape[0] + len(rows), *self.shape[1:])


def _header(shape: tuple[int, ...]) -> bytes:
    header = io.BytesIO()
    described = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, described)
    return header.getvalue()
