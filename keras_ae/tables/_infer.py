"""Which kind a column is of, judged by its cells."""

from __future__ import annotations

import numpy as np

from keras_ae.tables._cells import DATE, NUMBER, TEXT, Cells, problem
from keras_ae.tables.kinds.categories import distinct

MAX_CATEGORIES = 1000  # of a column: beyond, it is no longer a column of categories
FEWEST_IDENTIFIERS = 20  # different values in as many rows: fewer may be chance
SKEW = 1.0  # of positive numbers that a logarithm makes less skewed


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
    return float((centred**3).mean() / deviation**3) if deviation > 0 else 0.0


def check_categories(cells: Cells, kind: str) -> None:
    """Raise a ValueError if a column that is said to be of categories has too many."""
    if kind in ("categorical", "ordinal") and len(distinct(cells)) > MAX_CATEGORIES:
        received = f"{len(distinct(cells)):,}"
        raise problem(cells.name, f"have at most {MAX_CATEGORIES:,} categories", received)
