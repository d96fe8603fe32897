"""Which rows a model finds strangest, and why."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from keras_ae import _arrays, _checks
from keras_ae.plotting._cells import is_missing
from keras_ae.plotting._values import numbers
from keras_ae.plotting.report_table import ReportTable

MAX_WHOLE = 1e15  # a whole number that is written with all its digits


def worst_rows(
    scores: Any,
    contributions: Any,
    values: Any = None,
    names: Sequence[Any] | None = None,
    n: int = 10,
    columns: int = 3,
    unit: str = "nats",
    caption: str = "Strangest rows",
    row: str = "row",
) -> ReportTable:
    """Return a table of the rows with the highest scores, and the columns that contribute most.

    Args:
        scores: Array of shape (rows,), higher is stranger: `TableModel.score(frame)`.
        contributions: Dictionary or data frame from a column's name to what it adds to each row's
            score, shape (rows,): `TableModel.attribute(frame)`.
        values: Dictionary or data frame from a column's name to its cells, which are then shown
            with what they add; columns may be absent. None to show names alone.
        names: Sequence of one name a row; None for numbers from 0.
        n: Integer >= 1, rows in the table.
        columns: Integer >= 1, columns that are named for each row.
        unit: String, the scores' unit.
        caption: String, above the table.
        row: String, what a row is called, above their names.

    Returns:
        A `ReportTable`, the strangest row first.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: Something isn't one a row, or there are no contributions.

    Example:
        >>> added = {"age": [0.5, 9.0], "country": [1.0, 2.0]}
        >>> table = worst_rows([1.5, 11.0], added, {"age": [40, 130]}, n=1)
        >>> table.rows
        (('1', '11.00', 'age = 130: 9.00', 'country: 2.00'),)
    """
    totals = numbers("scores", scores, "an array (rows,) of numbers", ranks=(1,))
    added = _columns("contributions", contributions, len(totals))
    if not added:
        raise ValueError("`contributions` must have at least one column. Received: none")
    parts = np.stack([_arrays.numbers("contributions", each) for each in added.values()], axis=1)
    _arrays.finite("contributions", parts)
    cells = {} if values is None else _columns("values", values, len(totals))
    rows = [f"{place:,}" for place in range(len(totals))]
    if names is not None:
        rows = [str(each) for each in _checks.items("names", names, "a sequence of names")]
        if len(rows) != len(totals):
            raise ValueError(
                f"`names` must hold one name for each of the {len(totals)} rows. "
                f"Received: {len(rows)} names"
            )
    n = _checks.integer("n", n, minimum=1)
    shown = min(_checks.integer("columns", columns, minimum=1), len(added))
    _checks.instance("unit", unit, str, "a string")
    _checks.instance("row", row, str, "a string")
    found = []
    for one in np.argsort(-totals, kind="stable")[:n].tolist():
        told = []
        for place in np.argsort(-parts[one], kind="stable")[:shown].tolist():
            name = list(added)[place]
            cell = f" = {_cell(cells[name][one])}" if name in cells else ""
            told.append(f"{name}{cell}: {parts[one, place]:.2f}")
        found.append((rows[one], f"{totals[one]:,.2f}", *told))
    heads = ["contributes most", "second", "third"]
    heads += [f"{place + 1}th" for place in range(len(heads), shown)]
    return ReportTable((row, f"score, {unit}", *heads[:shown]), found, caption)


def _columns(name: str, table: Any, rows: int) -> dict[str, Any]:
    expected = "a dictionary or data frame from columns to one value a row"
    if not hasattr(table, "items"):
        raise TypeError(f"`{name}` must be {expected}. Received: {name}={_checks.shown(table)}")
    found = {str(column): _arrays.as_array(name, each) for column, each in table.items()}
    for column, each in found.items():
        if each.shape != (rows,):
            raise ValueError(
                f"`{name}` must hold one value for each of the {rows} rows. "
                f"Received: shape={each.shape} in column {column!r}"
            )
    return found


def _cell(value: Any) -> str:
    """Return a cell as a person reads it."""
    if is_missing(value):
        return "missing"
    if isinstance(value, np.datetime64):
        return str(value.astype("datetime64[s]")).replace("T", " ")
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        return str(value)
    number = float(value)
    if number.is_integer() and abs(number) < MAX_WHOLE:
        return f"{number:,.0f}"
    return f"{number:,.2f}" if abs(number) >= 100 else f"{number:.4g}"
