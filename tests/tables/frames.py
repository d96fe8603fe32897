"""Tables for the tests: one with a column of every kind, and how schemas are compared."""

import dataclasses

import numpy as np
import pandas as pd


def mixed(rows=200, seed=0):
    """Return a frame with a column of every kind, in many of pandas' types."""
    random = np.random.default_rng(seed)
    start = pd.Timestamp("2024-03-01")
    return pd.DataFrame(
        {
            "time": start + pd.to_timedelta(random.integers(0, 10**6, rows), unit="s"),
            "amount": np.exp(random.normal(3, 1, rows)).round(2),
            "items": random.poisson(3, rows),
            "age": np.where(random.random(rows) < 0.1, np.nan, random.integers(18, 90, rows)),
            "country": random.choice(["NO", "SE", "DK"], rows),
            "member": random.random(rows) < 0.4,
            "north": 5_400_000 + random.permutation(rows) / 10,
            "size": pd.Categorical(random.choice(["S", "M", "L"], rows), ["S", "M", "L"], True),
            "day": [f"2024-01-{place % 28 + 1:02d}" for place in range(rows)],
            "zone": pd.date_range("2020-01-01", periods=rows, tz="Europe/Oslo"),
            "children": pd.array([None, *random.integers(0, 4, rows - 1)], "Int64"),
            "insured": pd.array([None, *(random.random(rows - 1) < 0.5)], "boolean"),
            "group": pd.Categorical(random.choice(list("abc"), rows)),
        }
    )


KINDS = {
    "time": "datetime",
    "amount": "positive",
    "items": "count",
    "age": "count",
    "country": "categorical",
    "member": "binary",
    "north": "numeric",
    "size": "ordinal",
    "day": "datetime",
    "zone": "datetime",
    "children": "count",
    "insured": "binary",
    "group": "categorical",
}

MEASURED = ("center", "scale", "mean")  # which pieces have to the last digits


def assert_same(found, expected):
    """Compare schemas: all alike, but for the last digits of what is measured."""
    for one, other in zip(found, expected, strict=True):
        records = []
        for column in (one, other):
            record = dict(column.record)
            records.append(([record.pop(key, 0.0) for key in MEASURED], record))
        np.testing.assert_allclose(records[0][0], records[1][0], rtol=1e-11, atol=1e-12)
        plain = [
            dataclasses.replace(column, record=record)
            for column, (_, record) in zip((one, other), records, strict=True)
        ]
        assert plain[0] == plain[1]
