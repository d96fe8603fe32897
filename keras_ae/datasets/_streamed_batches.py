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
    """

    def __init__(self, source: Source, batch_size: int, shuffle: bool, seed: int) -> None:
        super().__init__(workers=2, max_queue_size=8)
        self._source = source
        self._options = batch_size, shuffle, seed
        self._epoch = 0
        self._rows = self._of_epoch()

    @property
    def num_batches(self) -> int:
        """The batches of an epoch."""
        return len(self._rows)

    def __getitem__(self, index: int) -> tuple[np.ndarray[Any, Any]]:
        return (self._source.read(self._rows[index]),)

    def on_epoch_end(self) -> None:
        """Shuffle anew."""
        self._epoch += 1
        self._rows = self._of_epoch()

    def _of_epoch(self) -> list[np.ndarray[Any, Any]]:
        batch_size, shuffle, seed = self._options
        return batches(row_order(self._source, shuffle, seed, self._epoch), batch_size)
