"""What the columns of a table are, and how rows become numbers and come back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Self

import numpy as np

from keras_ae import _checks
from keras_ae.tables import _frames
from keras_ae.tables._cells import problem
from keras_ae.tables._infer import Column
from keras_ae.tables._reading import read_cells
from keras_ae.tables._values import as_column
from keras_ae.tables.kinds import KINDS
from keras_ae.tables.parquet_table import ParquetTable
from keras_ae.tables.table_column import TableColumn

VERSION = 1
LARGEST_CODE = 1e16  # beyond it, a likelihood's squares don't fit in float32


class TableSchema:
    """The columns of a table: what each is, and its numbers for a model.

    `encode` makes an array of float32 with a column for each that is modelled, NaN where a cell is
    missing; `decode` is its inverse. Numbers and dates are centred and scaled in float64 before
    they are rounded. It needs pandas, and neither Keras nor TensorFlow.

    Args:
        columns: Sequence of `TableColumn`s.

    Raises:
        TypeError: They aren't columns.
        ValueError: There is none that is modelled, or two have one name.

    Example:
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"city": ["Oslo", "Bergen", "Narvik"], "age": [31.5, None, 64.5]})
        >>> schema = TableSchema.infer(frame)
        >>> print(schema)
        city: categorical, 3: Bergen, Narvik, Oslo
        age: numeric, 31.5 to 64.5, 33.3% missing
        >>> schema.encode(frame).tolist()
        [[2.0, -1.0], [0.0, nan], [1.0, 1.0]]
        >>> schema.decode(schema.encode(frame)).equals(frame)
        True
    """

    def __init__(self, columns: Sequence[TableColumn]) -> None:
        columns = _checks.items("columns", columns, "a sequence of TableColumns")
        for column in columns:
            _checks.instance("columns", column, TableColumn, "a sequence of TableColumns")
        names = [column.name for column in columns]
        if len(set(names)) < len(names):
            raise ValueError(
                f"`columns` must have each name once. Received: {_checks.shown(names)}"
            )
        self.columns = tuple(columns)
        if not self.modelled:
            listed = "; ".join(map(str, columns)) or "none"
            raise ValueError(f"`columns` must have one that is modelled. Received: {listed}")

    @classmethod
    def infer(
        cls,
        data: Any,
        kinds: Mapping[str, str] | None = None,
        orders: Mapping[str, Sequence[Any]] | None = None,
    ) -> Self:
        """Look at a table, and say what its columns are.

        Args:
            data: A pandas data frame, one of another library, a dict of columns, a list of
                dicts; or a `ParquetTable` or its path, which is looked at piece by piece. Dates as
                in ISO 8601, numbers such as "1,000" and "$5", truths and pandas' nullable types
                are understood.
            kinds: Dict from a column's name to its kind, where the guess isn't what you want.
            orders: Dict from a column's name to its categories, lowest first: an ordinal.

        Raises:
            TypeError: `data` is no table.
            ValueError: A column can't be used (its name, what is wrong, what to do), or isn't
                there.
        """
        table = _frames.as_table("data", data)
        kinds, orders = _options("kinds", kinds, table), _options("orders", orders, table)
        for name, kind in kinds.items():
            _checks.choice(f"kinds[{name!r}]", kind, KINDS)
        columns = {name: Column(name, kinds.get(name), orders.get(name)) for name in table.columns}
        for first_row, frame in _frames.pieces(table):
            for name, column in columns.items():
                column.see(frame[name], first_row)
        return cls([column.column() for column in columns.values()])

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all columns, in their order."""
        return tuple(column.name for column in self.columns)

    @property
    def modelled(self) -> tuple[TableColumn, ...]:
        """The columns that models see, in the order of `encode`'s."""
        return tuple(column for column in self.columns if column.is_modelled)

    def encode(self, data: Any) -> np.ndarray:
        """Return a table's rows as numbers.

        Columns are found by their names, in any order; those that aren't modelled may be absent. A
        category that wasn't there when the schema was made has a code of its own, the last; a
        third value of a binary column and a new one of an ordinal are missing; a date out of range
        has the code of the border of what is allowed.

        Args:
            data: A table, as in `infer`.

        Returns:
            Array of shape (rows, modelled columns), float32, NaN where a cell is missing.

        Raises:
            TypeError: `data` is no table.
            ValueError: A modelled column is absent, one is unknown, or a cell can't be of its
                column.
        """
        table = _frames.as_table("data", data)
        found = np.empty((_frames.number_of_rows(table), len(self.modelled)), "float32")
        for first_row, codes in self._pieces(table):
            found[first_row : first_row + len(codes)] = codes
        return found

    def _pieces(self, table: Any) -> Iterator[tuple[int, np.ndarray]]:
        """Yield what `as_table` returned as numbers, each piece with the number of its first row.

        Raises:
            ValueError: As in `encode`.
        """
        self._check_names(table.columns)
        if isinstance(table, ParquetTable):
            table = self._of_models(table)
        for first_row, frame in _frames.pieces(table):
            yield first_row, self._encoded(frame, first_row)

    def _check_names(self, names: Iterable[str]) -> None:
        """Raise a ValueError unless a table has the modelled columns, and no unknown one."""
        names = list(names)
        absent = [column.name for column in self.modelled if column.name not in names]
        unknown = [name for name in names if name not in self.names]
        if absent or unknown:
            raise ValueError(
                f"`data` must have the columns {_list(self.names)}. Received: "
                + ", and ".join(
                    [f"none called {_list(absent)}"] * bool(absent)
                    + [f"also {_list(unknown)}"] * bool(unknown)
                )
            )

    def _of_models(self, table: ParquetTable) -> ParquetTable:
        """Return a table without the columns that models don't see."""
        return table._narrowed([column.name for column in self.modelled])

    def _encoded(self, frame: Any, first_row: int = 0) -> np.ndarray:
        """Return a data frame's rows as numbers; its first row has this one."""
        found = np.empty((len(frame), len(self.modelled)), "float32")
        for place, column in enumerate(self.modelled):
            cells = read_cells(column.name, frame[column.name], column.is_text, first_row)
            with np.errstate(over="ignore"):
                found[:, place] = KINDS[column.kind].encode(column.record, cells)
            strange = np.flatnonzero(np.abs(found[:, place]) > LARGEST_CODE)
            if len(strange):
                row = int(strange[0])
                received = f"{cells.values[row]:g} in row {first_row + row}"
                raise problem(column.name, "hold numbers near those it was made of", received)
        return found

    def decode(self, codes: Any) -> Any:
        """Return the rows that numbers stand for: the inverse of `encode`.

        Args:
            codes: Array of shape (rows, modelled columns), NaN where a cell is missing.

        Returns:
            A `pandas.DataFrame` with all columns and the types that they had; a column of whole
            numbers or truths that has a missing cell is of pandas' nullable type.

        Raises:
            ValueError: `codes` is of another shape.
        """
        array = self._checked(codes)
        import pandas as pd

        found = {}
        places = iter(range(array.shape[1]))
        for column in self.columns:
            own = array[:, next(places)] if column.is_modelled else np.full(len(array), np.nan)
            values = KINDS[column.kind].decode(column.record, own)
            found[column.name] = as_column(values, column)
        return pd.DataFrame(found)

    def log_jacobian(self, codes: Any) -> np.ndarray:
        """Return log |d codes / d values| of each cell, in nats; 0 for counts and categories.

        A row's log-density in the table's own units is that of its codes plus the sum of these.

        Args:
            codes: Array as `encode` returns it.

        Returns:
            Array of the same shape, 0 where a cell is missing.
        """
        array = self._checked(codes)
        columns = [
            KINDS[column.kind].log_jacobian(column.record, array[:, place].astype("float64"))
            for place, column in enumerate(self.modelled)
        ]
        return np.stack(columns, axis=1)

    def to_json(self) -> str:
        """Return the schema as text, which may be read, edited and given to `from_json`."""
        record = {"version": VERSION, "columns": [asdict(column) for column in self.columns]}
        return json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Make the schema that `to_json` wrote.

        Args:
            text: String.

        Raises:
            TypeError: `text` is not a string.
            ValueError: It isn't what `to_json` writes.
        """
        expected = "what TableSchema.to_json wrote"
        try:
            record = json.loads(_checks.text("text", text))
            version, columns = record["version"], record["columns"]
            made = [TableColumn(**column) for column in columns]
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            if not isinstance(text, str):
                raise
            raise ValueError(f"`text` must be {expected}. Received: {error!r}") from error
        if version != VERSION:
            raise ValueError(f"`text` must be of version {VERSION}. Received: version {version}")
        schema = cls(made)
        for column in made:
            try:  # what an edit has left out or made of another type shows here
                str(column)
                as_column(KINDS[column.kind].decode(column.record, np.zeros(1)), column)
            except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
                received = f"{type(error).__name__}: {error}"
                raise ValueError(
                    f"`text` must be {expected}, in column {column.name!r} too. "
                    f"Received: {received}"
                ) from error
        return schema

    def _checked(self, codes: Any) -> np.ndarray:
        array = np.asarray(codes)
        if (
            array.ndim != 2
            or array.shape[1] != len(self.modelled)
            or array.dtype.kind not in "fiu"
        ):
            raise ValueError(
                f"`codes` must be numbers of shape (rows, {len(self.modelled)}). "
                f"Received: shape={array.shape}, dtype={array.dtype}"
            )
        return array

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TableSchema) and self.columns == other.columns

    def __hash__(self) -> int:
        return hash(self.names)

    def __str__(self) -> str:
        return "\n".join(map(str, self.columns))

    def __repr__(self) -> str:
        return f"<TableSchema of {len(self.columns)} columns>\n{self}"


def _list(names: Sequence[str]) -> str:
    return _checks.shown(list(names))[1:-1]


def _options(name: str, options: Any, frame: Any) -> dict[str, Any]:
    """Return a dict from names of columns that are there."""
    if options is None:
        return {}
    options = dict(_checks.instance(name, options, Mapping, "a dict from names of columns"))
    for column in options:
        _checks.choice(f"{name}'s keys", column, list(frame.columns))
    return options
