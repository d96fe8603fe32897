"""What a path names: data of which a few examples are read at a time."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from keras_ae import _checks, _parquet
from keras_ae.datasets._parquet_source import ParquetSource
from keras_ae.datasets._sources import NpySource, Source
from keras_ae.datasets._tfrecord_source import TFRecordSource, is_tfrecord
from keras_ae.datasets.errors import DataError
from keras_ae.datasets.read_images import ImageSource

_EXPECTED = "an .npy file, a folder of images, or a file or folder of .parquet or .tfrecord"


def open_source(
    path: str | Path, columns: Sequence[str] | None = None, feature: str | None = None
) -> Source:
    """Return the source that a path names, by its suffix; a folder by what is in it.

    Args:
        path: String or path.
        columns: Columns of Parquet files, or None.
        feature: String, the feature of TFRecord files, or None.

    Raises:
        DataError: It is something else, or can't be read.
    """
    path = _checks.path("path", path)
    kind = _kind(path)
    if columns is not None and kind != _parquet.SUFFIX:
        received = f"columns={_checks.shown(columns)}"
        raise DataError(path, "Parquet files, as `columns` names theirs", received)
    if feature is not None and kind != ".tfrecord":
        received = f"feature={_checks.shown(feature)}"
        raise DataError(path, "TFRecord files, as `feature` names one of theirs", received)
    if kind == _parquet.SUFFIX:
        return ParquetSource(path, columns)
    if kind == ".tfrecord":
        return TFRecordSource(path, feature)
    if kind == ".npy":
        return NpySource(path)
    if kind == "images":
        return ImageSource(path)
    received = "a file of another kind" if path.exists() else "no file or folder of this name"
    raise DataError(path, _EXPECTED, received)


def _kind(path: Path) -> str | None:
    """Return what a path holds; of a folder with several kinds, tables and records go first."""
    if path.is_dir():
        names = [name for _, _, files in os.walk(path) for name in files]
        found = [kind for kind, holds in _KINDS.items() if any(map(holds, names))]
        if len(found) > 1:
            raise DataError(
                path, "a folder with files of one kind", " and ".join(found) + " files"
            )
        return found[0] if found else "images"
    known = (kind for kind, holds in _KINDS.items() if holds(path.name))
    return next(known, ".npy" if path.suffix.lower() == ".npy" else None)


_KINDS = {_parquet.SUFFIX: _parquet.is_table, ".tfrecord": is_tfrecord}
