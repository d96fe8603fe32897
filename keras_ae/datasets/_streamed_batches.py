"""A stream for Keras without TensorFlow."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_ae.datasets._sources import Source, batches, row_order


class StreamedBatches(keras.utils.PyDataset):
    """The batches of a source, in an order of its own each epoch, read ahead by Keras' threads.

    Args:
        source: A `Source`.
        batch_size: Integer >= 1.
        shuffle: Whether to shuffle.
        seed: Integer >= 0.
        initial_epoch: Integer >= 0, the number of the first epoch.
    """

    def __init__(
        self, source: Source, batch_size: int, shuffle: bool, seed: int, initial_epoch: int = 0
    ) -> None:
        super().__init__(workers=2, max_queue_size=8)
        self.batch_size = batch_size
        self._source = source
        self._shuffle, self._seed = shuffle, seed
        self._first, self._epoch = initial_epoch, 0
        self._rows = batches(self.order(0), batch_size)

    @property
    def num_batches(self) -> int:
        """The batches of an epoch."""
        return len(self._rows)

    def __getitem__(self, index: int) -> tuple[np.ndarray[Any, Any]]:
        return (self.read(self._rows[index]),)

    def on_epoch_end(self) -> None:
        """Shuffle anew."""
        self._epoch += 1
        self._rows = batches(self.order(self._epoch), self.batch_size)

    def order(self, index: int) -> np.ndarray[Any, Any]:
        """Return the row numbers of the run's epoch `index`, counted from 0."""
        epoch = self._first + index
        return row_order(self._source, self._shuffle, self._seed, epoch, self.batch_size)

    def read(self, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the examples of these numbers."""
        examples: np.ndarray[Any, Any] = self._source.read(rows)
        return examples
