"""Rows that a model draws or fills."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae.tables import _frames
from keras_ae.tables.table_schema import TableSchema

ROUNDS = 20  # of drawing rows anew


def drawn_rows(model: Any, n: int, generator: Any) -> np.ndarray:
    """Return codes of new rows: from the prior, the decoder and the likelihood."""
    latent = model.prior.sample(n, generator)
    drawn = model.likelihood.sample(model.decoder(latent), generator)
    return np.array(ops.convert_to_numpy(drawn))


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


def filled(schema: TableSchema, data: Any, x: np.ndarray, codes: np.ndarray) -> Any:
    """Return a table with decoded cells where they were missing."""
    frame = _frames.as_frame("data", data).copy()
    decoded = schema.decode(codes).set_index(frame.index)
    for place, column in enumerate(schema.modelled):
        missing = np.isnan(x[:, place])
        if missing.any():
            own, new = frame[column.name], decoded[column.name]
            # Where a missing cell changed the type, the column gets its own again.
            frame[column.name] = own.where(~missing, new) if own.dtype == new.dtype else new
    return frame
