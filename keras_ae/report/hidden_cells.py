"""How well a model of a table fills cells that were hidden from it."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae.plotting import ReportSection, ReportTable
from keras_ae.report.columns import CATEGORIES
from keras_ae.report.score_tables import number
from keras_ae.report.table_rows import TableRows

Array = np.ndarray[Any, Any]
MAX_ROWS = 1000
HIDDEN = 0.2  # of the cells that are there
NUM_SAMPLES = 100  # latents a row
FEWEST = 5  # hidden cells of a column, to say something
MICROSECONDS_A_DAY = 86_400e6


def hidden_cells_section(rows: TableRows) -> ReportSection | None:
    """Hide cells at random, and return how far the imputed ones are off, a row a column."""
    schema = rows.model.schema
    frame = rows.some(MAX_ROWS)
    there = ~np.isnan(schema.encode(frame))
    hidden = there & (np.random.default_rng(rows.seed).random(there.shape) < HIDDEN)
    gaps = frame.copy()
    for place, column in enumerate(schema.modelled):
        gaps[column.name] = frame[column.name].mask(hidden[:, place])
    filled = rows.model.impute(gaps, num_samples=NUM_SAMPLES, seed=rows.seed)
    told = []
    for place, column in enumerate(schema.modelled):
        which = hidden[:, place]
        if which.sum() < FEWEST or which.sum() == there[:, place].sum():
            continue
        real, made = (rows.cells(column.name, each) for each in (frame, filled))
        errors = errors_of(real, made, which, there[:, place] & ~which, column.kind)
        told.append((column.name, f"{which.sum():,}", *map(number, errors[:2]), errors[2]))
    if not told:
        return None
    text = (
        f"In {len(frame):,} rows of {rows.part}, {HIDDEN:.0%} of the cells that are there were "
        f"hidden at random and imputed, by {NUM_SAMPLES} latents a row; beside it the error of "
        "the mean of the cells that were not hidden, or of the most frequent category."
    )
    head = ("column", "cells", "imputed", "mean or mode", "error")
    return ReportSection("Hidden cells", text, tables=[ReportTable(head, told, "Imputation")])


def errors_of(
    real: Array, imputed: Array, hidden: Array, known: Array, kind: str
) -> tuple[float, float, str]:
    """Return the error of imputed cells, that of the mean or the mode, and what is measured.

    Args:
        real: Array of a column's cells.
        imputed: The same with the hidden ones filled.
        hidden: Array of bool.
        known: Array of bool, the cells that are there and weren't hidden.
        kind: String, the column's kind.
    """
    if kind in CATEGORIES:
        truth, made = real[hidden].astype(str), imputed[hidden].astype(str)
        names, counts = np.unique(real[known].astype(str), return_counts=True)
        mode = names[np.argmax(counts)]
        return float(np.mean(made != truth)), float(np.mean(mode != truth)), "share of wrong ones"
    unit, words = 1.0, "root mean squared error"
    if real.dtype.kind == "M":
        unit, words = MICROSECONDS_A_DAY, f"{words}, days"
        real, imputed = (each.astype("int64").astype("float64") for each in (real, imputed))
    off = (imputed[hidden] - real[hidden]) / unit
    far = (real[known].mean() - real[hidden]) / unit
    return float(np.sqrt(np.mean(off**2))), float(np.sqrt(np.mean(far**2))), words
