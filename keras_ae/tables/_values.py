"""Decoded values as a pandas column of the type that the column had."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae.tables._cells import CATEGORY, LARGEST_WHOLE, ORDERED, TEXT
from keras_ae.tables.table_column import TableColumn

DATES = ("datetime64", "timestamp", "date32", "date64")  # how pandas' and Arrow's types begin
ARROW = "[pyarrow]"


def as_column(values: np.ndarray, column: TableColumn) -> Any:
    """Return values as a pandas column.

    Args:
        values: Float64 with NaN, or objects with None, as a kind decodes them.
        column: Whose values they are.
    """
    import pandas as pd

    dtype = column.dtype
    if dtype.startswith((*DATES, f"{TEXT} ")):
        return _dates(values.astype("float64"), dtype)
    if dtype in (CATEGORY, ORDERED):
        kind = pd.CategoricalDtype(column.record["levels"], ordered=dtype == ORDERED)
        places = {level: place for place, level in enumerate(column.record["levels"])}
        codes = [places.get(value, -1) for value in values.tolist()]
        return pd.Series(pd.Categorical.from_codes(codes, dtype=kind))
    objects = pd.Series(values, dtype=object)
    if dtype == "object":
        return objects
    missing = bool(objects.isna().any())
    whole = dtype.removeprefix("Sparse[").partition("[")[0].partition(",")[0].lower()
    if whole.startswith(("int", "uint")):
        limits = np.iinfo(whole)
        numbers = pd.Series(np.rint(values.astype("float64")))
        numbers = numbers.clip(
            max(limits.min, -LARGEST_WHOLE), min(limits.max, LARGEST_WHOLE)
        ).astype("Int64")
        if missing and not dtype.endswith(ARROW):  # int64 holds no missing value, Int64 does
            dtype = whole.replace("uint", "UInt").replace("int", "Int")
        return numbers.astype(dtype)
    if whole.startswith("bool"):
        truths = objects.astype("boolean")
        return truths if missing and not dtype.endswith(ARROW) else truths.astype(dtype)
    return pd.Series(values).astype(dtype)


def _dates(microseconds: np.ndarray, dtype: str) -> Any:
    import pandas as pd

    missing = np.isnan(microseconds)
    whole = np.where(missing, 0, microseconds).astype("int64")
    stamps = whole.astype("datetime64[us]")
    stamps[missing] = np.datetime64("NaT")
    series = pd.Series(stamps)
    if dtype.startswith(TEXT):
        return series.dt.strftime(dtype.removeprefix(f"{TEXT} ")).astype("str")
    if "," in dtype:  # with a time zone; datetime64[us, Europe/Oslo], timestamp[us, tz=UTC]
        zone = dtype.partition(",")[2].partition("]")[0].strip().removeprefix("tz=")
        return series.dt.tz_localize("UTC").dt.tz_convert(zone).astype(dtype)
    return series.astype(dtype)
