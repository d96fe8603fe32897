"""A column's cells, read once: numbers, truths, text or dates, and which are missing."""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from keras_ae import _checks

NUMBER, TRUTH, TEXT, DATE = "numbers", "truths", "text", "dates"
MISSING_WORDS = {"", "na", "n/a", "#n/a", "nan", "null", "none", "missing", "?", "-", "--", "."}
LARGEST_WHOLE = 2**53  # float64 holds every whole number up to here
_CURRENCY = "$€£¥₹"
_PLAIN = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_ISO_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?"
)
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Cells:
    """The cells of one column.

    Args:
        name: The column's name.
        type: "numbers", "truths", "text" or "dates".
        values: Array of float64 for numbers (NaN where missing) and for dates (microseconds since
            1970, NaN where missing), of objects for all else (None where missing).
        dtype: What pandas calls the type that decoded values shall have.
        levels: The categories of pandas' categorical type, in their order; None of all else.
        ordered: Whether that order means something.
    """

    name: str
    type: str
    values: np.ndarray[Any, Any]
    dtype: str
    levels: tuple[Any, ...] | None = None
    ordered: bool = False

    @property
    def is_numeric(self) -> bool:
        """Whether the values are float64."""
        return self.type in (NUMBER, DATE)

    @property
    def missing(self) -> np.ndarray[Any, Any]:
        """Which cells are missing, as an array of bool."""
        if self.is_numeric:
            return np.isnan(self.values)
        return np.array([value is None for value in self.values], bool)

    @property
    def present(self) -> np.ndarray[Any, Any]:
        """The cells that aren't missing."""
        return self.values[~self.missing]


def problem(name: Any, expected: str, received: str) -> ValueError:
    """Return the error of a column: what was expected of it, and what is there.

    Example:
        >>> str(problem("age", "hold numbers", "the text 'old'"))
        "Column 'age' must hold numbers. Received: the text 'old'"
    """
    return ValueError(f"Column {name!r} must {expected}. Received: {received}")


def read_cells(name: str, series: Any) -> Cells:
    """Return a pandas column's cells.

    Raises:
        ValueError: They are of several types, or of one that isn't understood.
    """
    import pandas as pd

    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        inner = read_cells(name, series.astype(dtype.categories.dtype))
        levels = tuple(dtype.categories.tolist())
        return Cells(name, inner.type, inner.values, inner.dtype, levels, bool(dtype.ordered))
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return Cells(name, DATE, _microseconds(series), str(dtype))
    if pd.api.types.is_bool_dtype(dtype):
        return Cells(name, TRUTH, _objects(series, bool), str(dtype))
    if pd.api.types.is_complex_dtype(dtype):
        raise problem(name, "hold real numbers", "complex ones: make columns of their parts")
    if pd.api.types.is_numeric_dtype(dtype):
        return Cells(name, NUMBER, _floats(name, series), _plain_dtype(dtype))
    if pd.api.types.is_timedelta64_dtype(dtype):
        fix = "durations: use .dt.total_seconds()"
        raise problem(name, "hold numbers, text, truths or dates", fix)
    return _from_objects(name, series)


def _plain_dtype(dtype: Any) -> str:
    return str(dtype)


def _floats(name: str, series: Any) -> np.ndarray[Any, Any]:
    values: np.ndarray[Any, Any] = series.to_numpy(dtype="float64", na_value=np.nan)
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        received = f"{len(infinite):,} infinite, first in row {infinite[0]}"
        raise problem(name, "hold finite numbers", received)
    return values


def _objects(series: Any, make: Callable[[Any], Any]) -> np.ndarray[Any, Any]:
    """Return cells as objects, None where missing."""
    found = np.empty(len(series), object)
    for row, (value, missing) in enumerate(zip(series, series.isna(), strict=True)):
        found[row] = None if missing else make(value)
    return found


def _microseconds(series: Any) -> np.ndarray[Any, Any]:
    """Return dates as float64 microseconds since 1970, exact within 285 years of it."""
    if getattr(series.dt, "tz", None) is not None:
        series = series.dt.tz_convert("UTC").dt.tz_localize(None)
    array = series.to_numpy().astype("datetime64[us]")
    return np.where(np.isnat(array), np.nan, array.astype("int64").astype("float64"))


def _from_objects(name: str, series: Any) -> Cells:
    """Return the cells of a column of Python's objects, or of text."""
    values = _objects(series, lambda value: value)
    kinds: dict[str, int] = {}
    for row, value in enumerate(values):
        if isinstance(value, str) and value.strip().lower() in MISSING_WORDS:
            values[row] = None
        elif value is not None:
            kinds.setdefault(_kind_of(name, value, row), row)
    if len(kinds) > 1:
        found = " and ".join(
            f"{kind} ({_checks.shown(values[row])} in row {row})" for kind, row in kinds.items()
        )
        raise problem(name, "hold values of one type: convert it, or leave it out", found)
    kind = next(iter(kinds), NUMBER)  # where nothing is there
    if kind == TEXT:
        return _from_text(name, values, str(series.dtype))
    if kind == NUMBER:
        import pandas as pd

        numbers = [np.nan if value is None else float(value) for value in values]
        return Cells(name, NUMBER, _floats(name, pd.Series(numbers, dtype="float64")), "float64")
    if kind == DATE:
        return Cells(name, DATE, _dates(name, values), "datetime64[us]")
    return Cells(name, kind, values, "boolean" if kind == TRUTH else str(series.dtype))


def _kind_of(name: str, value: Any, row: int) -> str:
    if isinstance(value, (bool, np.bool_)):
        return TRUTH
    if isinstance(value, (Real, decimal.Decimal)):
        return NUMBER
    if isinstance(value, str):
        return TEXT
    if isinstance(value, (datetime.date, np.datetime64)):
        return DATE
    received = f"a {type(value).__name__} in row {row}"
    raise problem(name, "hold numbers, text, truths or dates", received)


def _from_text(name: str, values: np.ndarray[Any, Any], dtype: str) -> Cells:
    """Return text as what it says: dates as in ISO 8601, numbers such as "1,000", or words."""
    present = [value for value in values if value is not None]
    if all(_ISO_DATE.fullmatch(value.strip()) for value in present):
        days = all(_ISO_DAY.fullmatch(value.strip()) for value in present)
        return Cells(name, DATE, _dates(name, values), "date text" if days else "time text")
    numbers = [to_number(value) for value in present]
    understood = sum(number is not None for number in numbers)
    if understood == len(present):
        found = np.full(len(values), np.nan)
        found[[value is not None for value in values]] = numbers
        return Cells(name, NUMBER, found, "float64")
    if understood > len(present) / 2:
        wrong = next(row for row, value in enumerate(values) if value and to_number(value) is None)
        raise problem(
            name,
            "hold numbers or text, not both: clean it, or leave it out",
            f"{understood:,} numbers as text, and {_checks.shown(values[wrong])} in row {wrong}",
        )
    return Cells(name, TEXT, values, dtype)


def to_number(text: str) -> float | None:
    """Return the number that a text says, thousands and currency signs allowed; None for none.

    Example:
        >>> to_number("$1,000.50"), to_number("1 kg"), to_number("1,5")
        (1000.5, None, None)
    """
    text = text.strip().replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", "")
    sign, text = (text[0], text[1:]) if text[:1] in "+-" and text[1:] else ("", text)
    bare = text.strip(_CURRENCY + " ")
    if _PLAIN.fullmatch(bare):
        return float(sign + bare) if bare[:1] not in "+-" or not sign else None
    if _THOUSANDS.fullmatch(bare):
        return float(sign + bare.replace(",", ""))
    return None


def _dates(name: str, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import pandas as pd

    found = np.full(len(values), np.nan)
    for row, value in enumerate(values):
        if value is None:
            continue
        try:
            stamp = pd.Timestamp(value)
            stamp = stamp if stamp.tz is None else stamp.tz_convert("UTC").tz_localize(None)
            found[row] = stamp.to_datetime64().astype("datetime64[us]").astype("int64")
        except (ValueError, OverflowError) as error:
            received = f"{_checks.shown(value)} in row {row}"
            raise problem(
                name, "hold dates that exist and pandas can express", received
            ) from error
    return found
