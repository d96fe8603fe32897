"""The records of TFRecord files: float features of `tf.train.Example`, read without TensorFlow.

A record is its length (uint64), a checksum of that (uint32), its bytes and a checksum of those
(uint32), all little-endian.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import os
import re
import weakref
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae import _checks, _parquet
from keras_ae.datasets._example import ExampleError, float_feature, float_features
from keras_ae.datasets._files import existing_file
from keras_ae.datasets._sources import Blocks
from keras_ae.datasets.errors import DataError

Array = np.ndarray[Any, Any]

_EXPECTED = "a complete TFRecord file, not compressed"
_RECORDS = "tf.train.Example records with a feature of floats"
_NAME = re.compile(r"\.tfrecords?(-\d+-of-\d+)?(\.gz)?$", re.IGNORECASE)
_GZIP = b"\x1f\x8b\x08"
BEFORE_BYTES, AFTER_BYTES = 12, 4  # around a record's own
OPEN_FILES = 128


class TFRecordSource(Blocks):
    """The records of a TFRecord file or of those in a folder, by number.

    The lengths that stand before the records are read once, to find where each is. The records'
    checksums aren't compared.

    Args:
        path: String or path of a file or a folder.
        feature: String, the name of a feature of floats, as many in each record; None for the
            only one.

    Raises:
        DataError: A file is missing, damaged or compressed, or the first record hasn't the
            feature.
    """

    def __init__(self, path: str | Path, feature: str | None = None) -> None:
        self._files = _files_of(Path(path))
        found = _parquet.of_each(_starts, self._files)
        self._counts = [0, *itertools.accumulate(map(len, found))]  # before each file
        self._begins = np.concatenate([each[:, 0] for each in found])
        self._lengths = np.concatenate([each[:, 1] for each in found])
        if not len(self._begins):
            raise DataError(path, "at least one record", "none")
        self._open = functools.lru_cache(OPEN_FILES)(_Opened)
        self._feature = self._choose(feature)
        size = len(self._floats(0))
        if not size:
            raise DataError(self._where(0), f"floats in feature `{self._feature}`", "none")
        self.example_shape: tuple[int, ...] = (size,)
        super().__init__(len(self._begins), int(self._lengths.mean()))

    def read(self, rows: Array) -> Array:
        """Return these records' floats as float32 (rows, floats).

        Raises:
            DataError: A record hasn't the feature, or not as many floats as the first one.
        """
        examples = np.empty((len(rows), *self.example_shape), np.float32)
        for place, row in enumerate(rows.tolist()):
            floats = self._floats(row)
            if len(floats) != len(examples[place]):
                expected = f"{self.example_shape[0]} floats in `{self._feature}`, as in the first"
                raise DataError(self._where(row), expected, len(floats))
            examples[place] = floats
        return examples

    def _choose(self, feature: str | None) -> str:
        try:
            names = float_features(self._record(0))
        except ExampleError as error:
            raise DataError(self._where(0), _RECORDS, str(error)) from error
        shown = ", ".join(f"`{name}`" for name in names) or "none"
        if feature is None and len(names) != 1:
            raise DataError(
                self._where(0), "one feature of floats, or `feature` to name it", shown
            )
        name = names[0] if feature is None else _checks.text("feature", feature)
        if name not in names:
            raise DataError(self._where(0), f"a feature `{name}` of floats", shown)
        return name

    def _floats(self, row: int) -> Array:
        try:
            return float_feature(self._record(row), self._feature)
        except ExampleError as error:
            expected = f"a feature `{self._feature}` of floats"
            raise DataError(self._where(row), expected, str(error)) from error

    def _record(self, row: int) -> bytes:
        length = int(self._lengths[row])
        file = self._open(self._files[self._file_of(row)])
        record = os.pread(file.number, length, int(self._begins[row]))
        if len(record) < length:
            raise DataError(self._where(row), _EXPECTED, "a file that was cut meanwhile")
        return record

    def _file_of(self, row: int) -> int:
        return bisect.bisect_right(self._counts, row) - 1

    def _where(self, row: int) -> str:
        file = self._file_of(row)
        return f"{self._files[file]}, record {row - self._counts[file]}"


class _Opened:
    """A file that several threads read at places of their own; closed when nobody has it."""

    def __init__(self, path: Path) -> None:
        self.number = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self.number)


def is_tfrecord(name: str) -> bool:
    """Whether a file's name is that of a TFRecord file, or of a part of a sharded one."""
    return _NAME.search(name) is not None


def _files_of(path: Path) -> Sequence[Path]:
    if not path.is_dir():
        return [path]
    return [path / file for file in _parquet.files_in(path, is_tfrecord)]


def _starts(path: Path) -> Array:
    """Return where each record of a file starts and how long it is: int64 (records, 2)."""
    existing_file(path, _EXPECTED)
    found, size = array("q"), path.stat().st_size
    with path.open("rb") as file:
        place = 0
        while place < size:
            before = file.read(BEFORE_BYTES)
            length = int.from_bytes(before[:8], "little")
            start = place + BEFORE_BYTES
            place = start + length + AFTER_BYTES
            if place > size:
                file.seek(0)
                is_gzip = file.read(len(_GZIP)) == _GZIP
                received = (
                    "a GZIP file" if is_gzip else f"no whole record after {len(found) // 2:,}"
                )
                raise DataError(path, _EXPECTED, received)
            found.extend((start, length))
            file.seek(place)
    return np.array(found, np.int64).reshape(-1, 2)
