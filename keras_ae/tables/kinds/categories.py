"""Columns of categories: each has a code, and so has what the schema has never seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae import _checks, _extras
from keras_ae.tables._cells import DATE, TEXT, Cells, problem
from keras_ae.tables._facts import Facts
from keras_ae.tables.kinds.kind import Array, Kind, Record

SHOWN = 4  # categories in a schema's line


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

    def record(self, facts: Facts) -> Record:
        """Return the categories."""
        if facts.type == DATE:
            raise problem(facts.name, "hold text, numbers or truths", "dates: make them text")
        values = facts.values()
        if len(values) < self.fewest:
            received = ", ".join(map(_checks.shown, values))
            raise problem(facts.name, "have at least two categories", received)
        return {"values": values}

    def encode(self, record: Record, cells: Cells) -> Array:
        """Return each category's place."""
        _extras.require("pandas")
        import pandas as pd

        _check_type(record, cells)
        known = {value: place for place, value in enumerate(record["values"])}
        places, values = pd.factorize(cells.values)
        codes = [known.get(value, self.other(record)) for value in values.tolist()]
        found: Array = np.array([*codes, np.nan], "float64")[places]  # -1 where it is missing
        return found

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

    def record(self, facts: Facts) -> Record:
        """Return the two values."""
        record = super().record(facts)
        if len(record["values"]) != 2:
            raise problem(facts.name, "have two values", f"{len(record['values'])}")
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

    def record(self, facts: Facts) -> Record:
        """Return the categories in their order: pandas' own, or that of numbers."""
        return Categorical.record(self, facts)

    def likelihood(self, record: Record) -> Any:
        """Return an ordinal: thresholds on a line."""
        from keras_ae import layers

        return layers.OrdinalLikelihood(len(record["values"]))

    def words(self, record: Record) -> str:
        """Return the categories in their order."""
        values = record["values"]
        return " < ".join(map(str, [*values[:SHOWN], *["..."] * (len(values) > SHOWN)]))
