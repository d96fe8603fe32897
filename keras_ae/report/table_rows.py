"""The rows of a table that a report is about, as people read them and as the model does."""

from __future__ import annotations

import dataclasses
import functools
from collections import Counter
from typing import Any

import numpy as np

from keras_ae import plotting
from keras_ae.report.columns import Column, Columns
from keras_ae.tables._cells import DATE
from keras_ae.tables._reading import read_cells
from keras_ae.tables.kinds import KINDS

Array = np.ndarray[Any, Any]
MAX_ROWS = 5000  # in pictures, chosen at random
STRANGEST = 10  # rows in the table
NUM_SAMPLES = 100  # importance samples of the log-likelihood
MAX_WEIGHTED_ROWS = 1000  # whose log-likelihood is estimated by them


@dataclasses.dataclass(frozen=True, eq=False)
class TableRows:
    """A model of a table, and the rows to show.

    Args:
        model: The `TableModel`.
        frame: The rows, a pandas data frame.
        part: String, what part of the data they are, in a sentence: "the data", "the test part".
        seed: Integer, of what is drawn at random.
        training: The rows that it was trained on; None where they aren't known.
        target: String, the column to predict by new rows; None for none.
    """

    model: Any
    frame: Any
    part: str
    seed: int
    training: Any = None
    target: str | None = None

    @functools.cached_property
    def generated(self) -> Any:
        """New rows, as many as are shown."""
        return self.model.generate(min(len(self.frame), MAX_ROWS), self.seed)

    def facts(self) -> dict[str, Any]:
        """Return how many rows there are, and how many columns of each kind."""
        columns = self.model.schema.columns
        kinds = Counter(column.kind for column in columns)
        words = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        return {f"rows of {self.part}": len(self.frame), "columns": f"{len(columns)}: {words}"}

    def some(self, most: int) -> Any:
        """Return at most so many of the rows, chosen at random and kept in their order."""
        return self.frame.iloc[some_places(len(self.frame), most, self.seed)]

    def cells(self, name: str, frame: Any) -> Array:
        """Return a column's cells as the schema reads them: numbers, dates or objects."""
        (column,) = (each for each in self.model.schema.columns if each.name == name)
        if name not in frame.columns:  # one that isn't modelled may be absent
            return np.full(len(frame), None, object)
        cells = read_cells(name, frame[name], column.is_text)
        if cells.type != DATE:
            return cells.values
        missing = np.isnan(cells.values)
        found = np.where(missing, 0, cells.values).astype("int64").astype("datetime64[us]")
        found[missing] = np.datetime64("NaT")
        return found

    def log_likelihood_words(self) -> str:
        """Return what the log-likelihood is in the columns' own units."""
        some = self.some(MAX_WEIGHTED_ROWS)
        mean = self.model.log_likelihood(some, NUM_SAMPLES, self.seed).mean()
        return (
            "Nats are of the model's numbers: standardized columns, and logarithms of positive "
            "ones. Of the cells in their own units the importance-weighted log-likelihood "
            f"({NUM_SAMPLES} samples, {len(some):,} rows) is {mean:.2f} nats a row."
        )

    def is_marked(self, labels: Any) -> bool:
        """Whether labels are 0 and 1, or truths, of a column that the model doesn't have."""
        marks = np.unique(labels) if labels is not None and self.target is None else np.zeros(0)
        return len(marks) == 2 and marks.dtype.kind in "biu" and bool((marks == [0, 1]).all())

    def worst_rows(self) -> Any:
        """Return a table of the rows with the highest scores, of all rows."""
        scores = self.model.score(self.frame)
        worst = np.argsort(-scores, kind="stable")[:STRANGEST]
        frame = self.frame.iloc[worst]
        names = [column.name for column in self.model.schema.modelled]
        added = self.model.attribute(frame)
        if "KL" not in names:
            added.columns = [*names, "KL"]
        return plotting.worst_rows(
            scores[worst],
            added,
            {name: self.cells(name, frame) for name in names},
            list(frame.index),
            n=STRANGEST,
            caption=f"Strangest of {len(self.frame):,} rows, with what adds most to their scores",
        )

    def columns(self) -> Columns:
        """Return what the columns hold, beside what the model makes up for them."""
        schema, shown = self.model.schema, self.some(MAX_ROWS)
        columns = []
        for column in schema.columns:
            ordered = column.kind in ("ordinal", "binary")
            columns.append(
                Column(
                    column.name,
                    column.kind,
                    KINDS[column.kind].words(column.record),
                    self.cells(column.name, shown),
                    self.cells(column.name, self.generated) if column.is_modelled else None,
                    column.record["values"] if ordered else None,
                    column.is_modelled,
                )
            )
        codes = schema.encode(shown)
        words = f"{len(shown):,} rows of {self.part}"
        return Columns(columns, codes, schema.encode(self.generated), "column", words)


def some_places(total: int, most: int, seed: int) -> Array:
    """Return at most so many of the places 0 to total - 1, chosen at random, in their order."""
    if total <= most:
        return np.arange(total)
    return np.sort(np.random.default_rng(seed).permutation(total)[:most])
