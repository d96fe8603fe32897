"""What the report of a model of a table is about."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from keras_ae import _arrays, _checks
from keras_ae.datasets import Dataset
from keras_ae.datasets._chosen import Chosen
from keras_ae.evaluation import evaluate_model
from keras_ae.report.subject import Subject
from keras_ae.report.table_rows import MAX_ROWS, TableRows, some_places
from keras_ae.tables import TableModel, TableSchema
from keras_ae.tables._frames import as_frame


def table_subject(
    model: TableModel,
    data: Any,
    labels: Any = None,
    *,
    name: str,
    part: str,
    seed: int,
    training: Any = None,
    anomalies: Any = None,
    max_examples: int | None = None,
    **further: Any,
) -> Subject:
    """Return what a table's report is about.

    Args:
        model: A fitted `TableModel`.
        data: A table; one more column is allowed, that of the labels.
        labels: String, the column that holds labels; a sequence of them, one a row; or None. A
            column that is modelled is what classifiers then predict.
        name: String, what to call the model.
        part: String, what part of the data the rows are.
        seed: Integer.
        training: Table of the rows of training, or None.
        anomalies: Table of rows to tell apart, or None.
        max_examples: Integer, use at most so many rows; None for all.
        **further: Fields of `Subject`.

    Raises:
        TypeError: `data` is no table.
        ValueError: The tables don't suit the schema, or labels aren't one a row.
    """
    schema, inner = model._fitted()
    frame = as_frame("data", data)
    frame, marks, target = _labelled(schema, frame, labels)
    if max_examples is not None:
        most = _checks.integer("max_examples", max_examples, minimum=1)
        chosen = some_places(len(frame), most, seed)
        frame, marks = frame.iloc[chosen], None if marks is None else marks[chosen]
    if training is not None:
        training = _without(training, schema, labels)
    words = "the data" if part == "all" else f"the {part}"
    rows = TableRows(model, frame, words, seed, training, target)
    shown = some_places(len(frame), MAX_ROWS, seed)
    codes = schema.encode(frame)[shown]
    shown_marks = None if marks is None else marks[shown]
    names = tuple(column.name for column in schema.modelled)
    dataset = Dataset(name, codes, shown_marks, codes[:0], None, "a data frame", names)
    other = None
    if anomalies is not None:
        strange = schema.encode(_without(as_frame("anomalies", anomalies), schema, labels))
        strange = strange[some_places(len(strange), max_examples or MAX_ROWS, seed)]
        source = Dataset("the given anomalies", strange, None, strange[:0], None, "a data frame")
        other = Chosen(source, strange, None, "all")
    return Subject(
        name=name,
        model=inner,
        examples=Chosen(dataset, codes, shown_marks, part),
        seed=seed,
        scores=_scores(inner, codes, seed),
        anomalies=other,
        table=rows,
        **further,
    )


def _scores(model: Any, codes: Any, seed: int) -> dict[str, Any]:
    """Return the scores of a table's codes: in nats, without an error of unlike columns' codes."""
    scores = dataclasses.asdict(evaluate_model(model, codes, seed=seed))
    return {**scores, "reconstruction_mse": None}


def _labelled(schema: TableSchema, frame: Any, labels: Any) -> tuple[Any, Any, str | None]:
    """Return the rows without labels, the labels, and the column to predict."""
    if labels is None:
        return frame, None, None
    if not isinstance(labels, str):
        return frame, _arrays.labels("labels", labels, len(frame)), None
    _checks.choice("labels", labels, list(frame.columns))
    marks = _marks(frame[labels])
    kinds = {column.name: column.kind for column in schema.modelled}
    target = labels if kinds.get(labels) in ("binary", "categorical", "ordinal") else None
    return _without(frame, schema, labels), marks, target


def _without(frame: Any, schema: TableSchema, labels: Any) -> Any:
    """Return a table without a column of labels that the model doesn't have."""
    if not isinstance(labels, str) or labels in schema.names:
        return frame
    return frame.drop(columns=labels, errors="ignore")


def _marks(column: Any) -> np.ndarray:
    """Return a column as labels: whole numbers, truths or text."""
    if not column.isna().any():
        values = column.to_numpy()
        if values.dtype.kind in "biu":
            return values
        if values.dtype.kind == "f" and (values == np.rint(values)).all():
            return values.astype("int64")
    return np.array(column.astype("str").where(column.notna(), "missing"), "str")
