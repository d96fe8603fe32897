"""One column of a table, as a schema knows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from keras_ae import _checks
from keras_ae.tables.kinds import KINDS


@dataclass(frozen=True)
class TableColumn:
    """A column's name, its kind, and what its cells become numbers by.

    Args:
        name: String, the column's name.
        kind: String: numeric, positive, count, binary, categorical, ordinal, datetime, constant or
            identifier. The last two aren't modelled.
        dtype: String, pandas' name of the type that decoded values have.
        missing: Float from 0 to 1, the share of missing cells when the schema was made.
        record: Dict of plain values, such as center and scale, or the categories.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `kind` is unknown, or `missing` is no share.

    Example:
        >>> column = TableColumn("age", "count", "int64", 0.0, {"mean": 40, "low": 1, "high": 90})
        >>> print(column)
        age: count, 1 to 90, mean 40
    """

    name: str
    kind: str
    dtype: str
    missing: float = 0.0
    record: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _checks.text("name", self.name)
        _checks.choice("kind", self.kind, KINDS)
        _checks.text("dtype", self.dtype)
        _checks.number("missing", self.missing, minimum=0, maximum=1)
        _checks.instance("record", self.record, dict, "a dict")

    @property
    def is_modelled(self) -> bool:
        """Whether models see the column."""
        return KINDS[self.kind].modelled

    @property
    def is_text(self) -> bool:
        """Whether the cells are words, even where they look like numbers or dates."""
        return any(isinstance(value, str) for value in self.record.get("values", ()))

    def likelihood(self) -> Any:
        """Return a new `Likelihood` of the column's codes (needs Keras).

        Raises:
            NotImplementedError: The column isn't modelled.
        """
        return KINDS[self.kind].likelihood(self.record)

    def __str__(self) -> str:
        missing = f", {self.missing:.1%} missing" if self.missing else ""
        return f"{self.name}: {self.kind}, {KINDS[self.kind].words(self.record)}{missing}"
