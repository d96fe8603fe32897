"""Columns of categories: each has a code, and so has what the schema has never seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae import _checks
from keras_ae.tables._cells import DATE, NUMBER, TEXT, Cells, problem
from keras_ae.tables.kinds.kind import Array, Kind, Record

SHOWN = 4  # categories in a schema's line


def distinct(cells: Cells) -> list[Any]:
    """Return a column's distinct values, sorted, as JSON holds them."""
    if cells.ordered and cells.levels is not None:
        return list(cells.levels)
    if cells.levels is not None:
        here = set(cells.present.tolist())
        return [value for value in cells.levels if value in here]
    values = set(cells.present.tolist())
    if cells.type == NUMBER:
        values = {int(value) if value.is_integer() else value for value in values}
    return sorted(values)


def _check_type(record: Record, cells: Cells) -> None:
    """Raise a ValueError if cells can't be categories: "5" is none of 1 to 5, nor is a date."""
    text = isinstance(record["values"][0], str)
    if len(cells.present) and (cells.type == DATE or (cells.type == TEXT) != text):
        expected = f"hold {TEXT if text else 'numbers or truths'}, as when the schema was made"
        raise problem(cells.name, expected, cells.type)


class Categorical(Kind):
    """Categories without an order.

    Codes are 0 to k - 1 for the k categories that the schema was made of, and k for any other.
    """

    name = "categorical"
    fewest = 2

    def record(self, cells: Cells) -> Record:
        """Return the categories."""
        if cells.type == DATE:
            raise problem(cells.name, "hold text, numbers or truths", "dates: make them text")
        values = distinct(cells)
        if len(values) < self.fewest:
            received = ", ".join(map(_checks.shown, values))
            raise problem(cells.name, "have at least two categories", received)
        return {"values": values}

    def encode(self, record: Record, cells: Cells) -> Array:
        """Return each category's place."""
        _check_type(record, cells)
        places = {value: place for place, value in enumerate(record["values"])}
        other = self.other(record)
        missing = cells.missing
        return np.array(
            [
                np.nan if nothing else places.get(value, other)
                for value, nothing in zip(cells.values.tolist(), missing, strict=True)
            ],
            "float64",
        )

    def other(self, record: Record) -> float:
        """Return the code of what isn't among the categories."""
        return float(len(record["values"]))

    def decode(self, record: Record, codes: Array) -> Array:
        """Return the categories; None for the code of all others, and for a missing one."""
        values = np.array([*record["values"], None], object)
        places = np.where(np.isnan(codes), len(values) - 1, np.rint(codes)).astype(int)
        return values[np.clip(places, 0, len(values) - 1)]

    def likelihood(self, record: Record) -> Any:
        """Return a categorical over the categories and the others."""
        from keras_ae import layers

        return layers.CategoricalLikelihood(len(record["values"]) + 1)

    def words(self, record: Record) -> str:
        """Return how many there are, and the first of them."""
        values = record["values"]
        first = ", ".join(map(str, values[:SHOWN]))
        return f"{len(values):,}: {first}{', ...' if len(values) > SHOWN else ''}"


class Binary(Categorical):
    """Two values, coded 0 and 1; what is neither is taken as missing."""

    name = "binary"

    def record(self, cells: Cells) -> Record:
        """Return the two values."""
        record = super().record(cells)
        if len(record["values"]) != 2:
            raise problem(cells.name, "have two values", f"{len(record['values'])}")
        return record

    def other(self, record: Record) -> float:
        """Return NaN: missing."""
        del record
        return float("nan")

    def likelihood(self, record: Record) -> Any:
        """Return a Bernoulli."""
        del record
        from keras_ae import layers

        return layers.BernoulliLikelihood()


class Ordinal(Binary):
    """Categories in an order, coded 0 to k - 1; what isn't among them is taken as missing."""

    name = "ordinal"

    def record(self, cells: Cells) -> Record:
        """Return the categories in their order: pandas' own, or that of numbers."""
        return Categorical.record(self, cells)

    def likelihood(self, record: Record) -> Any:
        """Return an ordinal: thresholds on a line."""
        from keras_ae import layers

        return layers.OrdinalLikelihood(len(record["values"]))

    def words(self, record: Record) -> str:
        """Return the categories in their order."""
        values = record["values"]
        return " < ".join(map(str, [*values[:SHOWN], *["..."] * (len(values) > SHOWN)]))
