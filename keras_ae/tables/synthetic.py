"""How useful new rows are, and whether they are copies."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from keras_ae import _checks, _extras
from keras_ae.tables._frames import as_frame
from keras_ae.tables.table_schema import TableSchema

DISCRETE = ("binary", "categorical", "ordinal")


class SyntheticUtility(NamedTuple):
    """The accuracy, on real rows, of classifiers of one column; classes weigh alike.

    Attributes:
        synthetic: Float, of the one that was trained on new rows.
        real: Float, of the one that was trained on real rows.

    Example:
        >>> SyntheticUtility(synthetic=0.81, real=0.84).real
        0.84
    """

    synthetic: float
    real: float


def synthetic_utility(
    synthetic: Any, train: Any, test: Any, target: str, schema: TableSchema, seed: int = 0
) -> SyntheticUtility:
    """Train a classifier on new rows and one on real rows; test both on other real rows.

    Args:
        synthetic: Table of new rows, such as `TableModel.generate` returns.
        train: Table of the real rows that the model was trained on.
        test: Table of real rows that it hasn't seen.
        target: String, a binary, categorical or ordinal column, which is predicted by the others.
        schema: The `TableSchema` of the tables.
        seed: Integer >= 0 of the classifiers.

    Returns:
        A `SyntheticUtility`: balanced accuracies. New rows that keep what matters come near the
        real ones.

    Raises:
        ValueError: A table doesn't fit the schema, or `target` isn't such a column.

    Example:
        >>> frame = {"x": [0.1, 0.2, 0.9, 1.1] * 10, "y": ["a", "a", "b", "b"] * 10}
        >>> schema = TableSchema.infer(frame)
        >>> synthetic_utility(frame, frame, frame, "y", schema)
        SyntheticUtility(synthetic=1.0, real=1.0)

    Reference:
        Esteban, Hyland and Raetsch, Real-valued (Medical) Time Series Generation, 2017: train on
        synthetic, test on real.
    """
    _extras.require("sklearn")
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import balanced_accuracy_score

    _checks.instance("schema", schema, TableSchema, "a TableSchema")
    seed = _checks.integer("seed", seed, minimum=0)
    _checks.seed("seed", seed)
    names = [column.name for column in schema.modelled]
    _checks.choice("target", target, [c.name for c in schema.modelled if c.kind in DISCRETE])
    place = names.index(target)
    if len(names) < 2:
        raise ValueError(
            "`schema` must have a column to predict the target by. "
            f"Received: {_checks.shown(target)} only"
        )

    def parts(table: Any) -> tuple[np.ndarray, np.ndarray]:
        codes = schema.encode(table)
        codes = codes[~np.isnan(codes[:, place])]
        return np.delete(codes, place, axis=1), codes[:, place].astype(int)

    x_test, y_test = parts(test)
    if len(np.unique(y_test)) < 2:
        raise ValueError(
            f"`test` must have at least two values of column {target!r}. "
            f"Received: {len(np.unique(y_test))} in {len(y_test):,} rows"
        )
    found = []
    for table in (synthetic, train):
        x, y = parts(table)
        if len(np.unique(y)) < 2:
            found.append(1.0 / len(np.unique(y_test)))  # one class alone: no better than chance
            continue
        judge = HistGradientBoostingClassifier(random_state=seed).fit(x, y)
        found.append(float(balanced_accuracy_score(y_test, judge.predict(x_test))))
    return SyntheticUtility(*found)


def nearest_record_distance(rows: Any, records: Any, schema: TableSchema) -> np.ndarray:
    """Return how far each row is from the nearest of some records.

    New rows that are nearer to the rows of training than rows that were held out are, on the
    whole, may be copies of them.

        distance**2 = sum of (difference / standard deviation)**2 over numbers, counts by their
        logarithms, + 1 for each category that differs or is missing in one alone

    Args:
        rows: Table.
        records: Table of the same columns.
        schema: Their `TableSchema`.

    Returns:
        Array of shape (rows,).

    Raises:
        ValueError: A table doesn't fit the schema.

    Example:
        >>> records = {"x": [0.5, 2.5, 4.5], "y": ["a", "b", "c"]}
        >>> schema = TableSchema.infer(records)
        >>> nearest_record_distance({"x": [0.5, 4.5], "y": ["a", "a"]}, records, schema).tolist()
        [0.0, 1.0]
    """
    _extras.require("sklearn")
    from sklearn.neighbors import NearestNeighbors

    _checks.instance("schema", schema, TableSchema, "a TableSchema")
    known, asked = (
        schema.encode(as_frame(name, table))
        for name, table in (("records", records), ("rows", rows))
    )
    columns = [
        _places(known[:, place], asked[:, place], column.kind)
        for place, column in enumerate(schema.modelled)
    ]
    first, second = (np.concatenate([each[side] for each in columns], axis=1) for side in (0, 1))
    distances, _ = NearestNeighbors(n_neighbors=1).fit(first).kneighbors(second)
    nearest: np.ndarray = distances[:, 0]
    return nearest


def _places(known: np.ndarray, asked: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a column of both tables as coordinates."""
    if kind in DISCRETE:
        codes = np.unique(np.nan_to_num(np.concatenate([known, asked]), nan=-1.0))
        pair = [np.nan_to_num(each, nan=-1.0)[:, None] == codes for each in (known, asked)]
        return pair[0] / np.sqrt(2.0), pair[1] / np.sqrt(2.0)
    if kind == "count":
        known, asked = np.log1p(known), np.log1p(asked)
        scale = np.std(known[~np.isnan(known)]) if (known > 0).any() else 0.0
        known, asked = known / (scale or 1.0), asked / (scale or 1.0)
    middle = 0.0 if np.isnan(known).all() else np.nanmean(known)
    missing = [np.isnan(each)[:, None].astype("float64") for each in (known, asked)]
    filled = [np.nan_to_num(each, nan=middle)[:, None] for each in (known, asked)]
    one, other = (np.concatenate(pair, axis=1) for pair in zip(filled, missing, strict=True))
    return one, other
