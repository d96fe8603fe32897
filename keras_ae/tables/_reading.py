"""From a pandas column to its cells: of all of pandas' types, and of what text says."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Sequence
from dataclasses import replace
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from keras_ae import _checks, _extras
from keras_ae.tables._cells import CATEGORY, DATE, NUMBER, ORDERED, TEXT, TRUTH, Cells, problem
from keras_ae.tables._text import MISSING_WORDS, Text, check_zones, to_number

# What pandas calls objects of one type each, so that equal ones are alike: 1 == True isn't so.
ALIKE = ("string", "date", "datetime", "decimal")


class Different(NamedTuple):
    """The different cells of a column that aren't missing: text and objects are read once each."""

    values: list[Any]
    places: np.ndarray[Any, Any]  # of each cell's value among them; -1 where it is missing
    rows: list[int]  # in which each stands first
    counts: list[int]  # how many cells each is
    first_row: int

    def gathered(self, values: Sequence[Any], kind: Any = object) -> np.ndarray[Any, Any]:
        """Return what stands in each cell, by what stands for each value; None where missing."""
        found = np.empty(len(values) + 1, kind)
        found[:-1] = values
        found[-1] = None  # NaN among numbers
        return found[self.places]


def read_cells(name: str, series: Any, words: bool = False, first_row: int = 0) -> Cells:
    """Return a pandas column's cells.

    Args:
        name: The column's name.
        series: The column, or a piece of it.
        words: Whether text is nothing but text, even where it says numbers or dates.
        first_row: The number of its first row.

    Raises:
        ValueError: They are of several types, or of one that isn't understood.
    """
    import pandas as pd

    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        cells = _from_categories(name, series)
    elif isinstance(dtype, pd.ArrowDtype):
        cells = _from_arrow(name, series, words, first_row)
    elif pd.api.types.is_datetime64_any_dtype(dtype):
        cells = Cells(name, DATE, _microseconds(series), known(dtype, "datetime64[us, UTC]"))
    elif pd.api.types.is_bool_dtype(dtype):
        cells = Cells(name, TRUTH, _truths(series), str(dtype))
    elif pd.api.types.is_complex_dtype(dtype):
        raise problem(name, "hold real numbers", "complex ones: make columns of their parts")
    elif pd.api.types.is_numeric_dtype(dtype):
        values = series.to_numpy(dtype="float64", na_value=np.nan)
        cells = Cells(name, NUMBER, _finite(name, values, first_row), str(dtype))
    elif pd.api.types.is_timedelta64_dtype(dtype):
        fix = "durations: use .dt.total_seconds()"
        raise problem(name, "hold numbers, text, truths or dates", fix)
    else:
        cells = _from_objects(name, different(series, first_row), str(dtype), words)
    return replace(cells, first_row=first_row)


def without_arrow(series: Any) -> Any:
    """Return a column that Arrow holds as pandas holds others; any other as it is."""
    import pandas as pd

    if not isinstance(series.dtype, pd.ArrowDtype):
        return series
    _extras.require("pyarrow")
    import pyarrow as pa

    return pa.chunked_array(pa.array(series)).to_pandas(date_as_object=False)


def is_text(series: Any) -> bool:
    """Whether there is a cell that isn't missing, and all of those are text."""
    import pandas as pd

    if isinstance(series.dtype, pd.StringDtype):
        return bool(series.notna().any())
    objects = series.dtype == object
    return objects and pd.api.types.infer_dtype(series, skipna=True) == "string"


def different(series: Any, first_row: int = 0) -> Different:
    """Return the different cells of a column of text or objects; words for nothing are missing.

    Where equal objects may be of several types, each cell counts as one of its own.

    Args:
        series: The column, or a piece of it.
        first_row: The number of its first row.
    """
    places, values = _factorized(series)
    words = [isinstance(each, str) and each.strip().lower() in MISSING_WORDS for each in values]
    kept = ~np.array(words, bool)
    # The place that is added stands at -1, for what is missing.
    places = np.append(np.where(kept, kept.cumsum() - 1, -1), -1)[places]
    there = np.flatnonzero(places >= 0)
    _, first, counts = np.unique(places[there], return_index=True, return_counts=True)
    left = [value for value, keep in zip(values, kept, strict=True) if keep]
    rows = there[first] + first_row
    return Different(left, places, rows.tolist(), counts.tolist(), first_row)


def _factorized(series: Any) -> tuple[np.ndarray[Any, Any], list[Any]]:
    """Return values in the order of their rows, and each cell's place among them, -1 of none."""
    import pandas as pd

    text = isinstance(series.dtype, pd.StringDtype)
    if text or pd.api.types.infer_dtype(series, skipna=True) in ALIKE:
        places, values = pd.factorize(series.array if text else series.to_numpy())
        return places, list(values)
    there = series.notna().to_numpy()
    return np.where(there, there.cumsum() - 1, -1), list(series[there])


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


def _from_arrow(name: str, series: Any, words: bool, first_row: int) -> Cells:
    """Return the cells of a column that Arrow holds."""
    import pandas as pd

    cells = read_cells(name, without_arrow(series), words, first_row)
    text = pd.api.types.is_string_dtype(series.dtype)
    if cells.levels is not None or (text and cells.type != TEXT):
        return cells
    return replace(cells, dtype=known(series.dtype, cells.dtype))


def known(dtype: Any, otherwise: str) -> str:
    """Return the name of a type; `otherwise` if pandas doesn't find the type by its name."""
    import pandas as pd

    try:
        return str(dtype) if pd.api.types.pandas_dtype(str(dtype)) == dtype else otherwise
    # A decimal of Arrow; a time zone without a name, whose error is a LookupError.
    except (TypeError, ValueError, NotImplementedError, LookupError):
        return otherwise


def _finite(name: str, values: np.ndarray[Any, Any], first_row: int) -> np.ndarray[Any, Any]:
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        received = f"{len(infinite):,} infinite, first in row {infinite[0] + first_row}"
        raise problem(name, "hold finite numbers", received)
    return values


def _truths(series: Any) -> np.ndarray[Any, Any]:
    """Return truths as objects, None where missing."""
    there = series.notna().to_numpy()
    found = np.empty(len(series), object)
    found[there] = series[there].to_numpy(dtype="bool").astype(object)
    return found


def _microseconds(series: Any) -> np.ndarray[Any, Any]:
    """Return dates as float64 microseconds since 1970, exact within 285 years of it."""
    if getattr(series.dt, "tz", None) is not None:
        series = series.dt.tz_convert("UTC").dt.tz_localize(None)
    array = series.to_numpy().astype("datetime64[us]")
    return np.where(np.isnat(array), np.nan, array.astype("int64").astype("float64"))


def _from_objects(name: str, found: Different, dtype: str, words: bool) -> Cells:
    """Return the cells of a column of Python's objects, or of text."""
    kinds: dict[str, tuple[Any, int]] = {}
    for value, row in zip(found.values, found.rows, strict=True):
        kinds.setdefault(_kind_of(name, value, row), (value, row))
    if len(kinds) > 1:
        received = " and ".join(
            f"{kind} ({_checks.shown(value)} in row {row})" for kind, (value, row) in kinds.items()
        )
        raise problem(name, "hold values of one type: convert it, or leave it out", received)
    kind = next(iter(kinds), NUMBER)  # where nothing is there
    if kind == TEXT:
        return _from_text(name, found, dtype, words)
    if kind == NUMBER:
        return as_numbers(name, found, [_float(value) for value in found.values])
    if kind == DATE:
        return as_dates(name, found, "datetime64[us]")
    return Cells(name, TRUTH, found.gathered([bool(value) for value in found.values]), "boolean")


def _from_text(name: str, found: Different, dtype: str, words: bool) -> Cells:
    """Return text as what it says: dates as in ISO 8601, numbers such as "1,000", or words."""
    if not words:
        text = Text(name)
        text.see(found.values, found.counts, found.rows)
        kind = text.type()
        if kind == DATE:
            return as_dates(name, found, text.date_type)
        if kind == NUMBER:
            return as_numbers(name, found, [to_number(value) for value in found.values])
    return as_words(name, found, dtype)


def as_words(name: str, found: Different, dtype: str) -> Cells:
    """Return cells of text that is nothing else."""
    return Cells(name, TEXT, found.gathered(found.values), dtype, first_row=found.first_row)


def as_numbers(name: str, found: Different, numbers: Sequence[float | None]) -> Cells:
    """Return cells whose different ones are these numbers.

    Raises:
        ValueError: One is infinite.
    """
    values = _finite(name, found.gathered(numbers, "float64"), found.first_row)
    return Cells(name, NUMBER, values, "float64", first_row=found.first_row)


def as_dates(name: str, found: Different, dtype: str) -> Cells:
    """Return cells that are dates, or say them.

    Raises:
        ValueError: One doesn't exist, or only some have a time zone.
    """
    import pandas as pd

    microseconds = []
    zoned: dict[bool, int] = {}
    for value, row in zip(found.values, found.rows, strict=True):
        try:
            stamp = pd.Timestamp(value)
            zoned.setdefault(stamp.tz is not None, row)
            stamp = stamp if stamp.tz is None else stamp.tz_convert("UTC").tz_localize(None)
            moment = stamp.to_datetime64().astype("datetime64[us]").astype("int64")
            microseconds.append(float(moment))
        except (ValueError, OverflowError) as error:
            received = f"{_checks.shown(value)} in row {row}"
            raise problem(
                name, "hold dates that exist and pandas can express", received
            ) from error
    check_zones(name, zoned)
    values = found.gathered(microseconds, "float64")
    return Cells(name, DATE, values, dtype, first_row=found.first_row)


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
