"""Columns that models don't see: those of one value, and those that name their row."""

from __future__ import annotations

import numpy as np

from keras_ae.tables._cells import DATE, TEXT, Cells, problem
from keras_ae.tables._facts import Facts
from keras_ae.tables.kinds.kind import Array, Kind, Record


class Constant(Kind):
    """A column of one value: decoded rows have it, too."""

    name = "constant"
    modelled = False

    def record(self, facts: Facts) -> Record:
        """Return the value, and whether it is a date."""
        if facts.different.count != 1:
            raise problem(facts.name, "have one value", f"{facts.different}")
        (only,) = facts.different.values
        value = next(one for one in facts.values() if one == only)
        return {"value": value, "date": facts.type == DATE}

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

    def record(self, facts: Facts) -> Record:
        """Return whether the names aren't text."""
        return {"numbers": facts.type != TEXT}

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
