"""Columns that models don't see: those of one value, and those that name their row."""

from __future__ import annotations

import numpy as np

from keras_ae.tables._cells import DATE, TEXT, Cells, problem
from keras_ae.tables.kinds.categories import distinct
from keras_ae.tables.kinds.kind import Array, Kind, Record


class Constant(Kind):
    """A column of one value: decoded rows have it, too."""

    name = "constant"
    modelled = False

    def record(self, cells: Cells) -> Record:
        """Return the value, and whether it is a date."""
        values = sorted(set(cells.present.tolist()))
        if len(values) != 1:
            raise problem(cells.name, "have one value", f"{len(values):,}")
        value = next(one for one in distinct(cells) if one == values[0])
        return {"value": value, "date": cells.type == DATE}

    def encode(self, record: Record, cells: Cells) -> Array:
        """Return nothing but missing codes."""
        del record
        return np.full(len(cells.values), np.nan)

    def decode(self, record: Record, codes: Array) -> Array:
        """Return the value for each row."""
        return np.array([record["value"]] * len(codes), object)

    def words(self, record: Record) -> str:
        """Return the value."""
        value = record["value"]
        value = (
            np.datetime64(int(value), "us").astype("datetime64[s]") if record["date"] else value
        )
        return f"{value}; not modelled"


class Identifier(Kind):
    """A column whose values name their rows; those that are decoded are numbered."""

    name = "identifier"
    modelled = False

    def record(self, cells: Cells) -> Record:
        """Return whether the names aren't text."""
        return {"numbers": cells.type != TEXT}

    def encode(self, record: Record, cells: Cells) -> Array:
        """Return nothing but missing codes."""
        del record
        return np.full(len(cells.values), np.nan)

    def decode(self, record: Record, codes: Array) -> Array:
        """Return a running number for each row."""
        rows = np.arange(len(codes))
        return rows.astype("float64") if record["numbers"] else rows.astype(str).astype(object)

    def words(self, record: Record) -> str:
        """Return that it isn't modelled."""
        del record
        return "names its row; not modelled"
