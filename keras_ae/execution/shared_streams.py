"""This process' part of a stream's batches: its own rows where they have numbers, else of all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, runtime_checkable

import keras
import numpy as np

from keras_ae.execution import grain_data
from keras_ae.execution.shared_batches import Batch, Devices, SharedBatches, of_batch, orders


@runtime_checkable
class NumberedRows(Protocol):
    """A dataset whose rows any process can read by their numbers."""

    batch_size: int

    def order(self, index: int) -> np.ndarray:
        """Return the row numbers of the run's epoch `index`, counted from 0."""

    def read(self, rows: np.ndarray) -> Any:
        """Return the batch of these numbers."""


def of_stream(stream: Any, shuffle: bool = False, whole: bool = False) -> Any:
    """Return this process' part of a stream's batches.

    Where rows can be read by number, each process reads its own; else every process reads all.

    Args:
        stream: `NumberedRows`, another `keras.utils.PyDataset`, or what is iterated over.
        shuffle: Whether to draw an order of another dataset's batches for each epoch.
        whole: As in `SharedBatches`.

    Raises:
        ValueError: The batches aren't those of all processes, or can't be shared.
    """
    grain_data.check_whole(stream)
    rows = stream if isinstance(stream, NumberedRows) else grain_data.rows(stream)
    if rows is not None:
        read, order, size = rows.read, rows.order, rows.batch_size
        return SharedBatches(lambda chosen: _parts(read(chosen)), order, size, whole)
    if isinstance(stream, keras.utils.PyDataset):
        return _SharedDataset(stream, shuffle, whole)
    if isinstance(stream, Iterator):
        return _shared(stream, whole, Devices())
    if grain_data.is_map(stream):
        return SharedPasses(stream.__getitem__, grain_data.number_of_batches(stream), whole)
    return SharedPasses(_Passes(stream).batch, _length(stream), whole)


class SharedPasses(keras.utils.PyDataset):
    """This process' part of batches, from pass to pass without end.

    Args:
        batch: Function from a batch's number, counted from 0 on in all passes, to the batch.
        steps: Integer, the batches of a pass; None where it isn't known.
        whole: As in `SharedBatches`.
    """

    def __init__(self, batch: Callable[[int], Any], steps: int | None, whole: bool) -> None:
        super().__init__()
        self._batch, self.steps, self._whole = batch, steps, whole
        self._size = len(_parts(batch(0))[0])
        self._devices = Devices()

    @property
    def num_batches(self) -> None:
        """None: the batches go on from pass to pass."""

    def __getitem__(self, index: int) -> Batch:
        parts = _parts(self._batch(index))
        return of_batch(*parts, self._size, self._whole, self._devices)


class _Passes:
    """The batches of what can be iterated over several times, one after another from 0 on."""

    def __init__(self, stream: Iterable[Any]) -> None:
        self._stream = stream

    def batch(self, index: int) -> Any:
        if index == 0:
            self._batches = self._endless()
        return next(self._batches)

    def _endless(self) -> Iterator[Any]:
        number = 0
        while True:
            before = number
            for batch in self._stream:
                number += 1
                yield batch
            if number == before:
                raise ValueError("A stream must have batches in each pass. Received: none")


class _SharedDataset(keras.utils.PyDataset):
    """This process' part of a dataset's batches, in an order that all processes share."""

    def __init__(self, dataset: keras.utils.PyDataset, shuffle: bool, whole: bool) -> None:
        super().__init__()
        self._dataset, self._whole, self._devices = dataset, whole, Devices()
        self._size = len(_parts(dataset[0])[0])
        self._order = orders(dataset.num_batches, shuffle) if dataset.num_batches else None
        self._epoch = 0

    @property
    def num_batches(self) -> int | None:
        return self._dataset.num_batches

    def __getitem__(self, index: int) -> Batch:
        place = index if self._order is None else int(self._order(self._epoch)[index])
        batch = _parts(self._dataset[place])
        return of_batch(*batch, self._size, self._whole, self._devices)

    def on_epoch_begin(self) -> None:
        self._dataset.on_epoch_begin()

    def on_epoch_end(self) -> None:
        self._dataset.on_epoch_end()
        self._epoch += 1


def _shared(batches: Any, whole: bool, devices: Devices) -> Iterator[Batch]:
    size = None
    for batch in batches:
        x, y, sample_weight = _parts(batch)
        size = len(x) if size is None else size
        yield of_batch(x, y, sample_weight, size, whole, devices)


def _length(stream: Any) -> int | None:
    """Return how many batches a pass has: a tf.data.Dataset's or a loader's, if they know it."""
    if hasattr(stream, "cardinality"):
        known = int(stream.cardinality())
        return known if known >= 0 else None
    try:
        return len(stream)
    except TypeError:
        return None


def _parts(batch: Any) -> Batch:
    parts: Batch = keras.utils.unpack_x_y_sample_weight(batch)
    return parts
