"""What missing cells may be: latents, weighted by how well they explain what is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from keras_ae.execution.backend import backend
from keras_ae.models._importance import draw
from keras_ae.tables import parquet_table
from keras_ae.tables._frames import pieces
from keras_ae.tables._rows import filled, without_value
from keras_ae.tables.kinds import KINDS
from keras_ae.tables.table_schema import TableSchema

DRAWS_AT_ONCE = 16_384  # latents that are decoded together
OF_LATENTS = ("weights", "means", "parameters")
DISCRETE = ("binary", "categorical", "ordinal")
CURVED = ("positive",)  # kinds whose mean isn't the value of the codes' mean


class Imputed(NamedTuple):
    """What the latents of some rows say of their cells, each with its weight."""

    rows: slice
    weights: np.ndarray  # (samples, rows), 1 in sum over the samples
    means: np.ndarray  # (samples, rows, columns)
    drawn: np.ndarray  # the same shape


Fill = Callable[[Imputed, TableSchema], np.ndarray]


def filled_pieces(
    model: Any,
    schema: TableSchema,
    table: Any,
    fills: Sequence[Fill],
    num_samples: int,
    seed: int,
    exact: bool,
) -> Iterator[list[Any]]:
    """Yield the data frames of a table's pieces, filled: one for each way to fill.

    The draws are those of the table as one piece.

    Args:
        model: A `VariationalAutoencoder` of the table.
        schema: What its columns are.
        table: A data frame, which is one piece, or a `ParquetTable`.
        fills: Functions from what latents say of rows, and the schema, to codes.
        num_samples: Integer, latents a row.
        seed: Integer.
        exact: As in `pieces`.
    """
    generator = keras.random.SeedGenerator(seed)
    at_once = _rows_at_once(num_samples)
    size = at_once * max(1, parquet_table.ROWS_AT_ONCE // at_once)
    schema._check_names(table.columns)
    for first_row, frame in pieces(table, size, exact):
        x = schema._encoded(frame, first_row)
        tables = [x.astype("float64") for _ in fills]
        # What the latents say of all rows would not fit in memory.
        for found in conditionals(model, x, num_samples, generator):
            for codes, fill in zip(tables, fills, strict=True):
                own = codes[found.rows]
                codes[found.rows] = np.where(np.isnan(own), fill(found, schema), own)
        yield [filled(schema, frame, codes) for codes in tables]


def conditionals(model: Any, x: np.ndarray, num_samples: int, generator: Any) -> Iterator[Imputed]:
    """Yield, rows by rows, self-normalized importance samples of what rows with gaps can be.

    Args:
        model: A `VariationalAutoencoder` of a table.
        x: Array of shape (rows, columns), NaN where a cell is missing.
        num_samples: Integer, latents a row.
        generator: `keras.random.SeedGenerator`.
    """
    at_once = _rows_at_once(num_samples)
    judge = model.likelihood
    weigh = model.endpoint("weighed_latents", _weighing(model))
    for start in range(0, len(x), at_once):
        rows = slice(start, min(start + at_once, len(x)))
        if not np.isnan(x[rows]).any():
            continue
        count = rows.stop - start
        shape = (num_samples, count, *model.bottleneck.code_shape)
        epsilon = keras.random.normal(shape, dtype="float32", seed=generator)
        batch = [x[rows], np.moveaxis(ops.convert_to_numpy(epsilon), 0, 1)]
        found = weigh.predict_on_batch(batch, backend().padded_size(count, at_once))
        weights, means, parameters = (np.moveaxis(found[each], 1, 0) for each in OF_LATENTS)
        flat = np.ascontiguousarray(parameters).reshape(-1, *parameters.shape[2:])
        # JAX compiles each operation for each size: one for all.
        size = max(len(flat), backend().padded_size(DRAWS_AT_ONCE, DRAWS_AT_ONCE))
        padded = ops.convert_to_tensor(np.resize(flat, (size, *flat.shape[1:])))
        drawn = ops.convert_to_numpy(judge.sample(padded, generator))[: len(flat)]
        means, drawn = (each.reshape(num_samples, count, -1) for each in (means, drawn))
        yield Imputed(rows, weights.astype("float64"), means, drawn)


def _weighing(model: Any) -> Callable[..., dict[str, Any]]:
    """Return the function from rows, and noise of shape (rows, samples, ...), to `OF_LATENTS`."""
    judge = model.likelihood

    def weigh(x: Any, epsilon: Any) -> dict[str, Any]:
        posterior = model.bottleneck.posterior(model.encoder(x))
        drawn = draw(model, posterior, ops.moveaxis(epsilon, 1, 0))
        weights = ops.softmax(drawn.log_likelihood(judge.log_prob, x) + drawn.log_ratio, 0)
        of_both = {"means": judge.mean(drawn.parameters), "parameters": drawn.parameters}
        apart = {name: _rows_first(each, epsilon.shape[1]) for name, each in of_both.items()}
        return {"weights": ops.transpose(weights), **apart}

    return weigh


def _rows_first(tensor: Any, samples: int) -> Any:
    """Return what is of shape (samples * rows, ...) in the shape (rows, samples, ...)."""
    return ops.moveaxis(ops.reshape(tensor, (samples, -1, *tensor.shape[1:])), 0, 1)


def _rows_at_once(num_samples: int) -> int:
    return max(1, DRAWS_AT_ONCE // num_samples)


def single(found: Imputed, schema: TableSchema, most_likely: bool) -> np.ndarray:
    """Return one code for each cell of some rows, float64.

    Args:
        found: What the latents say.
        schema: What the columns are.
        most_likely: Whether numbers are those of the likeliest latent instead of their mean.
    """
    _, rows, columns = found.means.shape
    codes = np.empty((rows, columns))
    best = found.weights.argmax(axis=0)
    every = np.arange(rows)
    for place, column in enumerate(schema.modelled):
        means, drawn = found.means[:, :, place], found.drawn[:, :, place]
        if column.kind in DISCRETE:
            values = np.unique(drawn)
            if column.kind == "categorical":  # the last code is that of all others: no value
                values = np.arange(len(column.record["values"]))
            votes = [(found.weights * (drawn == value)).sum(axis=0) for value in values]
            codes[:, place] = values[np.argmax(votes, axis=0)]
        elif most_likely:
            codes[:, place] = means[best, every]
        elif column.kind in CURVED:
            kind, record = KINDS[column.kind], column.record
            values = kind.decode(record, drawn.ravel()).reshape(drawn.shape)
            mean = (found.weights * values).sum(axis=0)
            codes[:, place] = (np.log(mean) - record["center"]) / record["scale"]
        else:
            codes[:, place] = (found.weights * means).sum(axis=0)
    return codes


def resampled(found: Imputed, schema: TableSchema, random: Any) -> np.ndarray:
    """Return codes of some rows, drawn of those that the latents say, by their weights."""
    below = found.weights.cumsum(axis=0)
    chosen = (random.random(below.shape[1]) * below[-1] > below).sum(axis=0)
    chosen = np.minimum(chosen, len(below) - 1)
    codes = found.drawn[chosen, np.arange(len(chosen))]
    return np.where(without_value(schema, codes), single(found, schema, False), codes)
