"""From a pandas column to its cells: of all of pandas' types, and of what text says."""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Callable
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np

from keras_ae import _checks, _extras
from keras_ae.tables._cells import CATEGORY, DATE, NUMBER, ORDERED, TEXT, TRUTH, Cells, problem

MISSING_WORDS = {"", "na", "n/a", "#n/a", "nan", "null", "none", "missing", "?", "-", "--", "."}
_CURRENCY = "$€£¥₹"
_PLAIN = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_ISO_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?"
)
_ZONE = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")
_NAME = re.compile(r"0\d+")  # of digits with a zero in front, such as a postcode
# Numbers in a way of writing that isn't understood: "3 %", "(5)", "1.000,50".
_UNCLEAR = re.compile(
    rf"[-+]?[{_CURRENCY}]?\s*([\d.,]+\s*%|\([{_CURRENCY}]?\s*[\d.,]+\)|(\d+|\d{{1,3}}(\.\d{{3}})+),\d+)"
)


def read_cells(name: str, series: Any, words: bool = False) -> Cells:
    """Return a pandas column's cells.

    Args:
        name: The column's name.
        series: The column.
        words: Whether text is nothing but text, even where it says numbers or dates.

    Raises:
        ValueError: They are of several types, or of one that isn't understood.
    """
    import pandas as pd

    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _from_categories(name, series)
    if isinstance(dtype, pd.ArrowDtype):
        return _from_arrow(name, series, words)
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return Cells(name, DATE, _microseconds(series), _known(dtype, "datetime64[us, UTC]"))
    if pd.api.types.is_bool_dtype(dtype):
        return Cells(name, TRUTH, _objects(series, bool), str(dtype))
    if pd.api.types.is_complex_dtype(dtype):
        raise problem(name, "hold real numbers", "complex ones: make columns of their parts")
    if pd.api.types.is_numeric_dtype(dtype):
        values = series.to_numpy(dtype="float64", na_value=np.nan)
        return Cells(name, NUMBER, _finite(name, values), str(dtype))
    if pd.api.types.is_timedelta64_dtype(dtype):
        fix = "durations: use .dt.total_seconds()"
        raise problem(name, "hold numbers, text, truths or dates", fix)
    return _from_objects(name, series, words)


def _from_categories(name: str, series: Any) -> Cells:
    """Return the cells of a column of pandas' categorical type: each is one of its categories."""
    import pandas as pd

    dtype = series.dtype
    each = read_cells(name, pd.Series(dtype.categories), words=True)
    if each.type == DATE:
        fix = "dates: use .astype('datetime64[us]')"
        raise problem(name, "have categories of text, numbers or truths", fix)
    nothing = [np.nan if each.is_numeric else None]
    values = np.concatenate([each.values, np.array(nothing, each.values.dtype)])
    return Cells(
        name,
        each.type,
        values[series.cat.codes.to_numpy()],  # -1 where missing
        ORDERED if dtype.ordered else CATEGORY,
        tuple(dtype.categories.tolist()),
        bool(dtype.ordered),
    )


def _from_arrow(name: str, series: Any, words: bool) -> Cells:
    """Return the cells of a column that Arrow holds."""
    _extras.require("pyarrow")
    import pandas as pd
    import pyarrow as pa

    plain = pa.chunked_array(pa.array(series)).to_pandas(date_as_object=False)
    cells = read_cells(name, plain, words)
    text = pd.api.types.is_string_dtype(series.dtype)
    if cells.levels is not None or (text and cells.type != TEXT):
        return cells
    return replace(cells, dtype=_known(series.dtype, cells.dtype))


def _known(dtype: Any, otherwise: str) -> str:
    """Return the name of a type; `otherwise` if pandas doesn't find the type by its name."""
    import pandas as pd

    try:
        return str(dtype) if pd.api.types.pandas_dtype(str(dtype)) == dtype else otherwise
    # A decimal of Arrow; a time zone without a name, whose error is a LookupError.
    except (TypeError, ValueError, NotImplementedError, LookupError):
        return otherwise


def _finite(name: str, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
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


def _from_objects(name: str, series: Any, words: bool) -> Cells:
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
        if words:
            return Cells(name, TEXT, values, str(series.dtype))
        return _from_text(name, values, str(series.dtype))
    if kind == NUMBER:
        numbers = np.array([np.nan if value is None else _float(value) for value in values])
        return Cells(name, NUMBER, _finite(name, numbers.astype("float64")), "float64")
    if kind == DATE:
        return Cells(name, DATE, _dates(name, values), "datetime64[us]")
    truths = [None if value is None else bool(value) for value in values]
    return Cells(name, TRUTH, np.array(truths, object), "boolean")


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number of Python's, beyond float64
        return float("inf")


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
    present = [value.strip() for value in values if value is not None]
    if any(_NAME.fullmatch(value) for value in present):  # as numbers they would lose a zero
        return Cells(name, TEXT, values, dtype)
    if all(_ISO_DATE.fullmatch(value) for value in present):
        return Cells(name, DATE, _dates(name, values), f"{TEXT} {_pattern(present)}")
    numbers = [to_number(value) for value in present]
    if None not in numbers:
        found = np.full(len(values), np.nan)
        found[[value is not None for value in values]] = numbers
        return Cells(name, NUMBER, _finite(name, found), "float64")
    strange = [value for value, number in zip(present, numbers, strict=True) if number is None]
    unclear = [value for value in strange if _UNCLEAR.fullmatch(value)]
    understood = len(present) - len(strange)
    if understood + len(unclear) > len(present) / 2:
        wrong = (unclear or strange)[0]
        row = next(row for row, value in enumerate(values) if value and value.strip() == wrong)
        raise problem(
            name,
            f"hold numbers as 1,000.5 or text, not both: clean it, leave it out, or say "
            f"kinds={{{name!r}: 'categorical'}}",
            f"{understood:,} numbers as text, and " * bool(understood)
            + f"{_checks.shown(values[row])} in row {row}",
        )
    return Cells(name, TEXT, values, dtype)


def _pattern(dates: list[str]) -> str:
    """Return how `strftime` writes dates as they stand there; those of time zones in UTC."""
    if all(len(date) == len("2024-12-31") for date in dates):
        return "%Y-%m-%d"
    pattern = "%Y-%m-%dT%H:%M" if all("T" in date for date in dates) else "%Y-%m-%d %H:%M"
    bare = [_ZONE.sub("", date) for date in dates]
    if any(len(date) > len("2024-12-31 23:59") for date in bare):
        pattern += ":%S"
    if any("." in date for date in bare):
        pattern += ".%f"
    zoned = all(len(one) < len(date) for one, date in zip(bare, dates, strict=True))
    return pattern + "Z" * zoned


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
    zoned: dict[bool, int] = {}
    for row, value in enumerate(values):
        if value is None:
            continue
        try:
            stamp = pd.Timestamp(value)
            zoned.setdefault(stamp.tz is not None, row)
            stamp = stamp if stamp.tz is None else stamp.tz_convert("UTC").tz_localize(None)
            found[row] = stamp.to_datetime64().astype("datetime64[us]").astype("int64")
        except (ValueError, OverflowError) as error:
            received = f"{_checks.shown(value)} in row {row}"
            raise problem(
                name, "hold dates that exist and pandas can express", received
            ) from error
    if len(zoned) > 1:
        received = f"none in row {zoned[False]}, one in row {zoned[True]}"
        raise problem(name, "hold dates that all have a time zone, or none", received)
    return found
