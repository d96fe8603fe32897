"""The batches that a model of a table is trained on, of a table in memory or in files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from keras_ae.execution.row_stream import RowStream
from keras_ae.execution.shuffled_batches import ShuffledBatches
from keras_ae.tables import parquet_table
from keras_ae.tables.parquet_table import ParquetTable
from keras_ae.tables.table_schema import TableSchema

SHUFFLE_BUFFER_BYTES = 2**24  # of codes that are mixed with each other


def shuffled_batches(
    schema: TableSchema,
    table: Any,
    batch_size: int,
    seed: int,
    epochs: int,
    initial_epoch: int,
    check: Callable[[np.ndarray], None],
) -> ShuffledBatches | RowStream:
    """Return the batches of a training.

    Codes that fit in the buffer are held, as those of a table in memory are. Of a larger
    `ParquetTable`, row groups come in random order, and as many rows as the buffer holds are mixed
    with each other.

    Args:
        schema: What the columns are.
        table: A data frame or a `ParquetTable`.
        batch_size: Integer.
        seed: Integer.
        epochs: Integer.
        initial_epoch: Integer, the number of the first of them.
        check: Function that raises an error where codes can't be used.

    Raises:
        ValueError: The table doesn't fit the schema. Cells of what is larger than the buffer are
            looked at when they are read, in the first epoch.
    """
    window = max(1, SHUFFLE_BUFFER_BYTES // (4 * len(schema.modelled)))
    if not isinstance(table, ParquetTable) or table.rows <= window:
        x = schema.encode(table)
        check(x)
        return ShuffledBatches(x, batch_size, seed, initial_epoch)
    options = seed, epochs, initial_epoch, check
    return streamed_batches(schema, table, batch_size, window, *options)


def streamed_batches(
    schema: TableSchema,
    table: ParquetTable,
    batch_size: int,
    window: int,
    seed: int | None,
    epochs: int = 1,
    initial_epoch: int = 0,
    check: Callable[[np.ndarray], None] = lambda _: None,
) -> RowStream:
    """Return batches of a table that is read anew in each epoch.

    Args:
        schema: As in `shuffled_batches`.
        table: The table.
        batch_size: As in `shuffled_batches`.
        window: Integer, about as many rows are mixed with each other.
        seed: Integer, or None for the table's own order.
        epochs: Integer.
        initial_epoch: As in `shuffled_batches`.
        check: As in `shuffled_batches`.
    """
    schema._check_names(table.columns)
    narrowed = schema._of_models(table)

    def read(epoch: int) -> Iterator[np.ndarray]:
        groups = table._groups
        if seed is not None and table.rows > window:
            order = np.random.default_rng([seed, epoch, len(groups)]).permutation(len(groups))
            groups = [groups[place] for place in order]
        for rows in narrowed._tables(groups, parquet_table.ROWS_AT_ONCE):
            frame = rows.to_pandas()
            try:
                codes = schema._encoded(frame)
            except ValueError:
                schema.encode(table)  # whose error names the row
                raise
            check(codes)
            yield codes

    shape = (len(schema.modelled),)
    options = batch_size, window, seed, epochs, initial_epoch
    return RowStream(read, table.rows, shape, *options)
