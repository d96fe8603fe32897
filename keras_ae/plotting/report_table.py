"""A table on a page."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from keras_ae import _checks

_NUMBER = re.compile(r"[-+]?[\d,]*\.?\d+(e[-+]?\d+)?( ?%)?")


@dataclasses.dataclass(frozen=True)
class ReportTable:
    """A table of a report. Columns that hold numbers are set to the right.

    Args:
        head: Sequence of strings, the names of the columns, with their units; or empty for a table
            whose rows are a name and a value each.
        rows: Sequence of rows, each a sequence of as many strings as `head` has.
        caption: String, above the table; possibly empty.

    Raises:
        TypeError: A cell is not a string.
        ValueError: There are no rows, or rows of different lengths.

    Example:
        >>> table = ReportTable(("score", "nats per example"), [("nll", "80.1"), ("kl", "24.0")])
        >>> table.numeric
        (False, True)
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""

    def __post_init__(self) -> None:
        cells = "a sequence of strings"
        rows = _checks.items("rows", self.rows, "a sequence of rows, each a sequence of strings")
        rows = [tuple(_checks.items("rows", row, "rows of strings")) for row in rows]
        # Frozen; what an iterator gives can be read once.
        object.__setattr__(self, "head", tuple(_checks.items("head", self.head, cells)))
        object.__setattr__(self, "rows", tuple(rows))
        _checks.text("caption", self.caption)
        lengths = {len(row) for row in (*self.rows, *([self.head] if self.head else []))}
        if not self.rows or len(lengths) != 1:
            raise ValueError(
                "`rows` must be at least one row, all of the length of `head`. "
                f"Received: {len(self.rows)} rows, lengths {sorted(lengths)}"
            )
        for name, row in (("head", self.head), *(("rows", row) for row in self.rows)):
            for cell in row:
                if not isinstance(cell, str):
                    received = _checks.shown(cell)
                    raise TypeError(f"`{name}` must hold strings. Received: {received}")

    @property
    def numeric(self) -> tuple[bool, ...]:
        """For each column, whether all that stands in it are numbers."""
        columns = zip(*self.rows, strict=True)
        return tuple(
            any(column) and all(not cell or _NUMBER.fullmatch(cell) for cell in column)
            for column in columns
        )
