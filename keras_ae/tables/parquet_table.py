"""A table in Parquet files, of which a few rows are in memory."""

from __future__ import annotations

import copy
import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from keras_ae import _checks, _extras, _parquet
from keras_ae._progress import Progress, check_verbose
from keras_ae.datasets import DataError
from keras_ae.datasets._files import reading
from keras_ae.datasets._parquet_files import (
    EXPECTED,
    OPEN_FOOTERS,
    check_once,
    files_of,
    footer,
    wrong,
)

ROWS_AT_ONCE = 2**14  # that are in memory as pandas has them
READ_BYTES = 2**20  # of a column at a time; otherwise it is a whole row group's
MOST_STEPS = 20  # of the progress of a pass

Place = tuple[int, int]  # a file and a row group in it


class Thinning(NamedTuple):
    """Which rows are left: a share of them, chosen at random, or the rest."""

    share: float
    seed: int
    rest: bool

    def of(self, place: Place, rows: int) -> np.ndarray:
        """Return which rows of a row group are left."""
        chosen = np.random.default_rng([self.seed, *place]).random(rows) < self.share
        return chosen != self.rest


class ParquetTable:
    """A table in a Parquet file, or in those of a folder, for data larger than the memory.

    `TableSchema` and `TableModel` take it wherever they take a data frame, and so they do its
    path. A pass over it has 16,384 rows at a time in memory, whatever its row groups are; rows are
    numbered through all files, in the order of their names.

    Args:
        path: String or path of a .parquet file, or of a folder of them and its sub-folders.
        columns: Sequence of names, optional: the columns to read, in the order that they shall
            have. None for all, in the first file's order.
        verbose: Whether passes show their progress on stderr, or a function that gets each line
            of it.

    Raises:
        ImportError: pyarrow isn't installed.
        TypeError: An argument is of the wrong type.
        DataError: A file is missing or damaged, or its columns aren't those of the first.
        ValueError: A name stands twice among `columns`.

    Example:
        >>> import pathlib, tempfile
        >>> import pandas as pd
        >>> from keras_ae.tables import TableSchema
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "visits.parquet")
        ...     frame = pd.DataFrame({"id": [7, 8, 9], "city": ["Oslo", None, "Bergen"]})
        ...     frame.to_parquet(path)
        ...     table = ParquetTable(path, columns=["city"])
        ...     print(table.rows, TableSchema.infer(table))
        3 city: binary, 2: Bergen, Oslo, 33.3% missing
    """

    def __init__(
        self, path: str | Path, columns: Sequence[str] | None = None, verbose: Any = False
    ) -> None:
        path = _checks.path("path", path)
        check_verbose(verbose)
        self._path, self._verbose = path, verbose
        self._files = files_of(path)
        if not self._files:
            raise DataError(path, "a .parquet file, or a folder of them", "a folder without one")
        footers = _parquet.of_each(footer, self._files)
        self._footer = functools.lru_cache(OPEN_FOOTERS)(footer)
        schemas = [each.schema.to_arrow_schema() for each in footers]
        given = None if columns is None else _parquet.names("columns", columns)
        self.columns = given or _data_columns(schemas[0])
        for file, schema in zip(self._files, schemas, strict=True):
            _check(file, schema, self.columns, self._files[0], schemas[0])
            others = [name for name in _data_columns(schema) if name not in self.columns]
            if others and given is None:
                expected = f"the columns of {self._files[0]}"
                raise DataError(file, expected, f"column `{others[0]}` too")
        self._groups: list[Place] = [
            (file, group)
            for file, each in enumerate(footers)
            for group in range(each.num_row_groups)
            if each.row_group(group).num_rows
        ]
        self.rows = sum(each.num_rows for each in footers)
        self._thinnings: tuple[Thinning, ...] = ()
        if not self.rows:
            raise DataError(path, "at least one row", "none")

    def __repr__(self) -> str:
        return f"<ParquetTable {self._path}: {self.rows:,} rows, {len(self.columns)} columns>"

    def frames(self, rows: int | None = None) -> Iterator[tuple[int, Any]]:
        """Yield the table piece by piece: the number of its first row, and a data frame.

        Args:
            rows: Integer >= 1, rows of a piece; the last one may have fewer. None for 16,384.

        Raises:
            DataError: A file is damaged.
        """
        return self._frames(rows)

    def read(self) -> Any:
        """Return all of it, as a data frame."""
        (table,) = self._tables(self._groups, self.rows)
        return table.to_pandas()

    def _frames(self, rows: int | None = None, exact: bool = False) -> Iterator[tuple[int, Any]]:
        """Yield the pieces; whole numbers beside gaps as objects, if float64 wouldn't be exact."""
        rows = _checks.integer("rows", ROWS_AT_ONCE if rows is None else rows, minimum=1)
        pieces = -(-self.rows // rows)
        told = -(-pieces // MOST_STEPS)  # pieces a step
        with Progress(self._verbose if pieces > 1 else False, self._path.name) as progress:
            progress.expect(-(-pieces // told))
            first = 0
            for piece, table in enumerate(self._tables(self._groups, rows), start=1):
                yield first, table.to_pandas(integer_object_nulls=exact)
                first += table.num_rows
                if piece % told == 0 or piece == pieces:
                    progress.step(f"{self._path.name}, {first:,} of {self.rows:,} rows")

    def _narrowed(self, columns: Sequence[str]) -> Self:
        """Return the table with some of its columns."""
        narrowed = copy.copy(self)
        narrowed.columns = tuple(columns)
        return narrowed

    def _thinned(self, share: float, seed: int, rest: bool = False) -> Self:
        """Return the table with about a share of its rows, chosen at random, or with the rest."""
        thinned = copy.copy(self)
        thinned._thinnings = (*self._thinnings, Thinning(share, seed, rest))
        thinned.rows = sum(int(thinned._left(place).sum()) for place in self._groups)
        return thinned

    def _left(self, place: Place) -> np.ndarray:
        """Return which rows of a row group belong to the table."""
        rows = self._footer(self._files[place[0]]).row_group(place[1]).num_rows
        left = np.ones(rows, bool)
        for thinning in self._thinnings:
            left &= thinning.of(place, rows)
        return left

    @property
    def _arrow_schema(self) -> Any:
        """The `pyarrow.Schema` of the columns, as in the first file."""
        _extras.require("pyarrow")
        import pyarrow as pa

        schema = self._footer(self._files[0]).schema.to_arrow_schema()
        return pa.schema([schema.field(name) for name in self.columns], schema.metadata)

    def _tables(self, groups: Iterable[Place], rows: int) -> Iterator[Any]:
        """Yield tables of Arrow's, of so many rows; the last one may have fewer."""
        _extras.require("pyarrow")
        import pyarrow as pa

        schema = self._arrow_schema
        held: list[Any] = []
        room = rows
        for batch in self._batches(groups, rows):
            while batch.num_rows:
                held.append(batch.slice(0, room))
                batch = batch.slice(room)
                room -= held[-1].num_rows
                if not room:
                    yield pa.Table.from_batches(held, schema)
                    held, room = [], rows
        if held:
            yield pa.Table.from_batches(held, schema)

    def _batches(self, groups: Iterable[Place], rows: int) -> Iterator[Any]:
        """Yield record batches, at most of so many rows."""
        _extras.require("pyarrow")
        import pyarrow as pa
        import pyarrow.parquet as pq

        for file, places in itertools.groupby(groups, lambda place: place[0]):
            path = self._files[file]
            numbers = [group for _, group in places]
            with (
                reading(path, EXPECTED),
                pq.ParquetFile(
                    path, metadata=self._footer(path), buffer_size=READ_BYTES, pre_buffer=False
                ) as opened,
            ):
                for run in [[group] for group in numbers] if self._thinnings else [numbers]:
                    start, left = 0, self._left((file, run[0])) if self._thinnings else None
                    for batch in opened.iter_batches(
                        rows, row_groups=run, columns=list(self.columns), use_threads=False
                    ):
                        found = batch.select(list(self.columns))
                        if left is not None:
                            found = found.filter(pa.array(left[start : start + len(batch)]))
                            start += len(batch)
                        yield found


def _data_columns(schema: Any) -> tuple[str, ...]:
    """Return the names of a file's columns, without those that pandas takes for names of rows."""
    index = (schema.pandas_metadata or {}).get("index_columns", ())
    return tuple(name for name in schema.names if name not in index)


def _check(file: Path, schema: Any, columns: Sequence[str], first: Path, types: Any) -> None:
    """Raise a DataError if a file hasn't the columns that the first one has, or other types.

    Args:
        file: Path.
        schema: Its `pyarrow.Schema`.
        columns: Names of columns.
        first: Path of the first file.
        types: Its `pyarrow.Schema`.
    """
    for name in columns:
        check_once(file, schema, name)
        kind, expected = schema.field(name).type, types.field(name).type
        if kind != expected:
            raise wrong(file, name, f"of type {expected}, as in {first}", str(kind))
