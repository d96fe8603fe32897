"""Which kind a column is of, judged by its cells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from keras_ae import _checks
from keras_ae.tables._cells import (
    CATEGORY,
    DATE,
    LARGEST_WHOLE,
    NUMBER,
    ORDERED,
    TEXT,
    Cells,
    problem,
)
from keras_ae.tables._reading import read_cells
from keras_ae.tables.kinds import KINDS
from keras_ae.tables.kinds.categories import distinct
from keras_ae.tables.table_column import TableColumn

NAMED = ("binary", "categorical", "ordinal", "identifier")  # of these kinds text stays text
OF_CATEGORIES = ("binary", "categorical", "ordinal", "constant")  # these keep pandas' own type
MAX_CATEGORIES = 1000  # of a column: beyond, it is no longer a column of categories
FEWEST_IDENTIFIERS = 20  # different values in as many rows: fewer may be chance
LARGEST_NUMBER = 1e100  # of a column: the squares of many have a sum in float64
SKEW = 1.0  # of positive numbers that a logarithm makes less skewed


def column_of(name: str, series: Any, kind: str | None, order: Any) -> TableColumn:
    """Return what a column is.

    Args:
        name: The column's name.
        series: The pandas column.
        kind: Its kind, if the user says it.
        order: Its categories, lowest first, if the user says them: an ordinal.

    Raises:
        ValueError: It can't be used, or not as that kind.
    """
    levels = None if order is None else _levels(name, order)
    words = kind in NAMED if levels is None else any(isinstance(one, str) for one in levels)
    cells = read_cells(name, series, words)
    _check_size(cells)
    if levels is not None:
        if kind not in (None, "ordinal"):
            raise problem(name, "be ordinal, as it has an order", f"kinds[{name!r}]={kind!r}")
        cells, kind = _ordered(cells, levels), "ordinal"
    kind = kind or kind_of(cells)
    _check_kind(cells, kind)
    record = KINDS[kind].record(cells)
    if cells.dtype in (CATEGORY, ORDERED) and kind in OF_CATEGORIES:
        record["levels"] = list(cells.levels or ())
    missing = float(cells.missing.mean())
    return TableColumn(name, kind, _dtype_of(cells, kind), missing, record)


def kind_of(cells: Cells) -> str:
    """Return the name of a column's kind.

    Raises:
        ValueError: It has no cells that aren't missing, or too many categories.
    """
    present = cells.present
    if not len(present):
        raise problem(cells.name, "have a cell that isn't missing, or be left out", "none")
    count = len(set(present.tolist()))
    if count == 1:
        return "constant"
    if cells.levels is not None:
        return "ordinal" if cells.ordered else "binary" if count == 2 else "categorical"
    if cells.type == DATE:
        return "datetime"
    if count == 2 and (cells.type != NUMBER or (present == np.rint(present)).all()):
        return "binary"
    if cells.type == NUMBER:
        return _kind_of_numbers(present)
    if count == len(present) and count >= FEWEST_IDENTIFIERS and cells.type == TEXT:
        return "identifier"
    if count > MAX_CATEGORIES:
        raise problem(
            cells.name,
            f"have at most {MAX_CATEGORIES:,} categories: pool the rare ones, leave it out, or "
            f"say kinds={{{cells.name!r}: 'identifier'}}",
            f"{count:,} in {len(present):,} rows",
        )
    return "categorical"


def _kind_of_numbers(values: np.ndarray) -> str:
    low, high = float(values.min()), float(values.max())
    if (values == np.rint(values)).all():
        running = len(values) >= FEWEST_IDENTIFIERS and bool((np.diff(values) == 1).all())
        if running:
            return "identifier"
        # Years are whole and positive, too, but don't begin near 0.
        return "count" if low >= 0 and low <= high - low else "numeric"
    if low > 0 and _skew(values) > SKEW and abs(_skew(np.log(values))) < _skew(values):
        return "positive"
    return "numeric"


def _skew(values: np.ndarray) -> float:
    centred = values - values.mean()
    deviation = values.std()
    return float(((centred / deviation) ** 3).mean()) if deviation > 0 else 0.0


def _check_size(cells: Cells) -> None:
    """Raise a ValueError if a column has numbers whose squares float64 can't hold."""
    if cells.type == NUMBER:
        largest = np.abs(cells.present).max(initial=0.0)
        if largest > LARGEST_NUMBER:
            raise problem(cells.name, f"hold numbers below {LARGEST_NUMBER:g}", f"{largest:g}")


def _check_kind(cells: Cells, kind: str) -> None:
    """Raise a ValueError if a column has numbers that merge, or too many categories."""
    if cells.missing.all():
        raise problem(cells.name, "have a cell that isn't missing, or be left out", "none")
    if cells.type == NUMBER and kind != "identifier":
        largest = np.abs(cells.present).max()
        if largest > LARGEST_WHOLE and (cells.present == np.rint(cells.present)).all():
            received = f"{largest:.0f}: make it text, leave it out, or say "
            received += f"kinds={{{cells.name!r}: 'identifier'}}"
            raise problem(cells.name, "hold whole numbers below 2**53", received)
    if kind in ("categorical", "ordinal") and len(distinct(cells)) > MAX_CATEGORIES:
        received = f"{len(distinct(cells)):,}"
        raise problem(cells.name, f"have at most {MAX_CATEGORIES:,} categories", received)


def _ordered(cells: Cells, levels: tuple[Any, ...]) -> Cells:
    """Return a column's cells with the order of its categories that the user gives."""
    known = set(levels)
    strange = [value for value in set(cells.present.tolist()) if value not in known]
    if strange:
        shown = (", ".join(map(_checks.shown, values)) for values in (levels, strange))
        raise problem(cells.name, f"have the categories {next(shown)}", next(shown))
    return replace(cells, levels=levels, ordered=True)


def _levels(name: str, order: Any) -> tuple[Any, ...]:
    """Return an order of categories: text, numbers or truths, each once."""
    argument = f"orders[{name!r}]"
    levels = tuple(_checks.items(argument, order, "a sequence of categories"))
    wrong = [level for level in levels if not isinstance(level, (str, int, float))]
    if wrong or len(set(levels)) < len(levels):
        raise ValueError(
            f"`{argument}` must be text or numbers, each once. Received: {_checks.shown(order)}"
        )
    return levels


def _dtype_of(cells: Cells, kind: str) -> str:
    """Return what pandas calls the type of decoded values."""
    if kind == "identifier" and cells.type not in (NUMBER, TEXT):
        return "int64"  # decoded ones are numbered
    if cells.dtype in (CATEGORY, ORDERED) and kind not in OF_CATEGORIES:
        return "float64" if cells.type == NUMBER else "str"
    return cells.dtype
