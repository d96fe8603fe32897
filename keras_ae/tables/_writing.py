"""A table that is written piece by piece."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae import _checks, _extras, _files, _parquet
from keras_ae.tables._cells import problem
from keras_ae.tables.parquet_table import ParquetTable


def check_target(name: str, path: Any) -> Path:
    """Return a path that a .parquet file can be written at, or raise a ValueError.

    Args:
        name: The argument's name.
        path: What was given.
    """
    _extras.require("pyarrow")
    target = _checks.path(name, path)
    if target.suffix != _parquet.SUFFIX:
        raise ValueError(f"`{name}` must be the path of a .parquet file. Received: {target}")
    if os.path.lexists(target) or not target.parent.is_dir():
        found = "something is there" if os.path.lexists(target) else "no folder to write it in"
        raise ValueError(f"`{name}` must be a new file in a folder. Received: {target}, {found}")
    return target


def write_parquet(target: Path, table: Any, frames: Iterable[Any]) -> Path:
    """Write data frames to a file, in the types of their table; each is a row group.

    Args:
        target: The path, as `check_target` returned it.
        table: The `ParquetTable` or data frame whose rows they are.
        frames: The data frames, of the same columns.

    Raises:
        ValueError: A column can't be of its type.
    """
    _extras.require("pyarrow")
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = table._arrow_schema if isinstance(table, ParquetTable) else None
    with _files.written_beside(target) as beside:
        writer = None
        try:
            for frame in frames:
                if schema is None:
                    schema = pa.Schema.from_pandas(frame)
                arrays = [_as(frame[name], schema.field(name).type) for name in schema.names]
                writer = writer or pq.ParquetWriter(beside, schema)
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
        finally:
            if writer is not None:
                writer.close()
    return target


def _as(series: Any, kind: Any) -> Any:
    """Return a pandas column as an array of an Arrow type; numbers end at its limits."""
    _extras.require("pyarrow")
    import pyarrow as pa

    if pa.types.is_integer(kind):
        limits = np.iinfo(kind.to_pandas_dtype())
        series = series.clip(limits.min, limits.max)
    try:
        array = pa.array(series, from_pandas=True)
        return array if array.type == kind else array.cast(kind)
    except (pa.ArrowException, ValueError, TypeError) as error:
        received = " ".join(str(error).split())
        raise problem(series.name, f"be written as {kind}", received) from error
