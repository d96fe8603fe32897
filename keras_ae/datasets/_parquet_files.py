"""The files of a table in Parquet, and their footers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from keras_ae import _extras, _parquet
from keras_ae.datasets._files import existing_file, reading
from keras_ae.datasets.errors import DataError

EXPECTED = "a complete Parquet file"
OPEN_FOOTERS = 64  # of files, that are kept


def files_of(path: Path) -> list[Path]:
    """Return a file, or the Parquet files of a folder and its sub-folders, sorted."""
    if not path.is_dir():
        return [path]
    return [path / file for file in _parquet.files_in(path, _parquet.is_table)]


def footer(path: Path) -> Any:
    """Return a file's `pyarrow.parquet.FileMetaData`.

    Raises:
        DataError: It is missing, or no Parquet file.
    """
    _extras.require("pyarrow")
    import pyarrow.parquet as pq

    existing_file(path, EXPECTED)
    with reading(path, EXPECTED):
        return pq.read_metadata(path)


def check_once(file: Path, schema: Any, name: str) -> None:
    """Raise a DataError unless a file has one column of a name.

    Args:
        file: Path.
        schema: Its `pyarrow.Schema`.
        name: String.
    """
    count = len(schema.get_all_field_indices(name))
    if count != 1:
        found = f"{count} of it" if count else f"a file with {', '.join(schema.names)}"
        raise wrong(file, name, "once", found)


def wrong(file: Path, column: str, expected: str, received: str) -> DataError:
    """Return the error of a file's column."""
    return DataError(file, f"column `{column}` {expected}", received)
