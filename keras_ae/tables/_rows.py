"""Rows that a model draws or fills."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae.tables._cells import Cells
from keras_ae.tables._reading import read_cells
from keras_ae.tables._values import as_column
from keras_ae.tables.table_column import TableColumn
from keras_ae.tables.table_schema import TableSchema

ROUNDS = 20  # of drawing rows anew
LEAST_ROWS, MOST_ROWS = 256, 65_536  # drawn at once: powers of two


def drawn_rows(model: Any, n: int, generator: Any) -> np.ndarray:
    """Return codes of new rows: from the prior, the decoder and the likelihood.

    They are drawn in blocks of a few sizes and cut: JAX compiles each operation for each size.
    """
    blocks = []
    for left in range(n, 0, -MOST_ROWS):
        size = min(max(1 << (left - 1).bit_length(), LEAST_ROWS), MOST_ROWS)
        latent = model.prior.sample(size, generator)
        drawn = model.likelihood.sample(model.decoder(latent), generator)
        blocks.append(ops.convert_to_numpy(drawn))
    return np.concatenate(blocks)[:n]


def new_rows(model: Any, schema: TableSchema, n: int, seed: int | None) -> np.ndarray:
    """Return codes of new rows that all stand for values."""
    generator = keras.random.SeedGenerator(seed)
    codes = drawn_rows(model, n, generator)
    for _ in range(ROUNDS):
        # The code of all other categories stands for no value: such rows are drawn anew.
        strange = np.flatnonzero(without_value(schema, codes).any(axis=1))
        if not len(strange):
            break
        codes[strange] = drawn_rows(model, len(strange), generator)
    return codes


def without_value(schema: TableSchema, codes: np.ndarray) -> np.ndarray:
    """Return which cells have the code of all other categories, which stands for no value."""
    found = np.zeros(codes.shape, bool)
    for place, column in enumerate(schema.modelled):
        if column.kind == "categorical":
            found[:, place] = codes[:, place] >= len(column.record["values"])
    return found


def filled(schema: TableSchema, frame: Any, codes: np.ndarray) -> Any:
    """Return a data frame with decoded cells where they were missing, and nowhere else."""
    frame = frame.copy()
    decoded = schema.decode(codes)
    for column in schema.modelled:
        own = frame[column.name]
        cells = read_cells(column.name, own, column.is_text)
        if cells.missing.any():
            new = decoded[column.name].set_axis(frame.index)
            frame[column.name] = _without_gaps(own, new, cells, column)
    return frame


def _without_gaps(own: Any, new: Any, cells: Cells, column: TableColumn) -> Any:
    """Return a pandas column whose missing cells are filled by those of a new one."""
    there = ~cells.missing
    if own.dtype == new.dtype:
        return own.where(there, new)
    # Where a missing cell changed the type, the column gets its own again, if that can hold what
    # is there: a category that the schema hasn't seen, or 1.5 among whole numbers, it can't.
    exact = as_column(cells.values, column).set_axis(own.index)
    again = read_cells(column.name, exact, column.is_text)
    if np.array_equal(again.values[there], cells.present):
        return exact.where(there, new).astype(new.dtype)
    return own.astype(object).where(there, new.astype(object)).infer_objects()
