"""Decoded values as a pandas column of the type that the column had."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae.tables.table_column import TableColumn

DAY, TIME = "date text", "time text"  # dates that stood there as text
NULLABLE = {"bool": "boolean"}  # types that hold no missing value, and those that do


def as_column(values: np.ndarray, column: TableColumn) -> Any:
    """Return values as a pandas column.

    Args:
        values: Float64 with NaN, or objects with None, as a kind decodes them.
        column: Whose values they are.
    """
    import pandas as pd

    dtype = column.dtype
    if dtype.startswith("datetime") or dtype in (DAY, TIME):
        return _dates(values.astype("float64"), dtype)
    if dtype in ("category", "ordered category"):
        levels = column.record.get("values")
        kind = pd.CategoricalDtype(levels, ordered=dtype != "category")
        return pd.Series(values, dtype=object).astype(kind)
    series = pd.Series(values)
    if series.isna().any():
        if dtype == "bool":
            return series.astype("boolean")
        if dtype[:1] in "iu":  # int64 holds no missing value, Int64 does
            dtype = dtype.replace("uint", "UInt").replace("int", "Int")
    if dtype == "object":
        return series.astype(object)
    if dtype.startswith(("int", "uint", "Int", "UInt")):
        low_high = np.iinfo(dtype.lower())
        series = series.astype("float64").clip(low_high.min, low_high.max)
    return series.astype(dtype)


def _dates(microseconds: np.ndarray, dtype: str) -> Any:
    import pandas as pd

    missing = np.isnan(microseconds)
    whole = np.where(missing, 0, microseconds).astype("int64")
    stamps = whole.astype("datetime64[us]")
    stamps[missing] = np.datetime64("NaT")
    series = pd.Series(stamps)
    if dtype in (DAY, TIME):
        text = series.dt.strftime("%Y-%m-%d" if dtype == DAY else "%Y-%m-%d %H:%M:%S")
        return text.astype("str")
    if "," in dtype:  # with a time zone
        zone = dtype.partition(",")[2].strip(" ]")
        return series.dt.tz_localize("UTC").dt.tz_convert(zone).astype(dtype)
    return series.astype(dtype)
