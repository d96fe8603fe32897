"""Rows that don't fit in memory: a window of them is read while another is trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_ae.execution.device_data import Block, batch

NOWHERE = -2  # before the first window, and not just before it


class Window(NamedTuple):
    """Some rows of an epoch, and the order of their batches."""

    rows: np.ndarray  # as many in all windows: behind the last window's own there are zeros
    order: np.ndarray


class RowStream(keras.utils.PyDataset):
    """Shuffled batches of rows that are read anew in each epoch, a window of them at a time.

    A window's rows are mixed with each other. Where there is one window, the order is that of
    `ShuffledBatches`. A thread reads a window while the model trains on the one before, from one
    epoch into the next.

    Pass `steps_per_epoch=stream.steps` and `shuffle=False` to `fit`.

    Args:
        read: Function from the number of an epoch to an iterator over its rows, in arrays float32
            of any lengths.
        size: Integer, the rows of an epoch.
        example_shape: Tuple, the shape of a row.
        batch_size: Integer; the last batch of an epoch may be shorter.
        window: Integer, about as many rows are mixed; whole batches.
        seed: Integer, or None for the order in which they are read.
        epochs: Integer, how many a training has: behind them nothing is read ahead.
        initial_epoch: Integer, the number of its first epoch.
    """

    places = (0,)

    def __init__(
        self,
        read: Callable[[int], Iterator[np.ndarray]],
        size: int,
        example_shape: tuple[int, ...],
        batch_size: int,
        window: int,
        seed: int | None = None,
        epochs: int = 1,
        initial_epoch: int = 0,
    ) -> None:
        super().__init__()
        self.size, self.example_shape, self.batch_size = size, example_shape, batch_size
        self.steps, self.whole = -(-size // batch_size), size // batch_size
        self.window = batch_size * min(max(1, window // batch_size), self.steps)
        self._read, self._seed = read, seed
        self._epochs, self._initial_epoch = epochs, initial_epoch
        self._windows: Iterator[Window] = iter(())
        self._place = NOWHERE  # of the window that was read last, counted through all epochs
        self._held: Window | None = None
        self.failure: Exception | None = None
        """What was raised when rows were read, which TensorFlow wraps in an error of its own."""

    @property
    def num_batches(self) -> None:
        """None: the batches go on from epoch to epoch."""

    def __getitem__(self, index: int) -> tuple[np.ndarray]:
        epoch, step = divmod(index, self.steps)
        window, start = divmod(step * self.batch_size, self.window)
        held = self.take(epoch, window)
        return (held.rows[held.order[start : start + self.batch_size]],)

    def take(self, epoch: int, number: int) -> Window:
        """Return a window of an epoch; they are read in their order, but any may be asked for."""
        windows = -(-self.size // self.window)
        place = epoch * windows + number
        if self._held is not None and place == self._place:
            return self._held
        self._held = None  # before the next one comes
        if place != self._place + 1:
            self._windows = iter(())  # what is read ahead ends before
            self._place = epoch * windows - 1
        while True:
            held = self._next()
            if held is None:  # of the epochs that are read ahead there is none left
                self._windows = _read_ahead(self._all((self._place + 1) // windows))
                continue
            self._place += 1
            if self._place == place:
                self._held = held
                return held

    def _next(self) -> Window | None:
        try:
            return next(self._windows, None)
        except Exception as error:
            self.failure, self._place = error, NOWHERE
            raise

    def release(self) -> None:
        """Forget the window that is held, as its rows were copied."""
        self._held = None

    def blocks(self) -> _Blocks:
        """Return the rows of successive executions."""
        return _Blocks(self)

    def batch(self, pick: Callable[[Any], Any]) -> tuple[Any, ...]:
        """Return a batch of what `pick` takes of rows of zeros."""
        return batch((np.zeros((1, *self.example_shape), "float32"),), self.places, pick)

    def _all(self, first: int) -> Iterator[Window]:
        """Yield the windows of an epoch and those after it."""
        for index in range(first, max(self._epochs, first + 1)):
            epoch = self._initial_epoch + index
            random = None if self._seed is None else np.random.default_rng([self._seed, epoch])
            for rows, count in self._filled(epoch):
                order = np.arange(count) if random is None else random.permutation(count)
                yield Window(rows, order.astype("int32"))

    def _filled(self, epoch: int) -> Iterator[tuple[np.ndarray, int]]:
        """Yield arrays of one length, and how many rows of them are the epoch's."""
        count = total = 0
        for part in self._read(epoch):
            while len(part):
                if not count:
                    rows = np.zeros((self.window, *self.example_shape), "float32")
                taken = part[: self.window - count]
                rows[count : count + len(taken)] = taken
                part, count = part[len(taken) :], count + len(taken)
                total += len(taken)
                if count == self.window or total == self.size:
                    yield rows, count
                    count = 0
        if total != self.size:
            raise ValueError(
                f"Each epoch must have {self.size:,} rows. "
                f"Received: {total:,} in epoch {epoch + 1}"
            )


class _Blocks:
    """The rows of one execution after another; Keras makes a new iterator for each epoch."""

    def __init__(self, stream: RowStream) -> None:
        self._stream = stream
        self._iterator: Any = None
        self._epoch = -1
        self._row = 0
        self._place = (-1, 0)  # of the window that is on the device
        self._order = np.array([])
        self._arrays: tuple[Any, ...] = ()

    def take(self, iterator: Any, steps: int) -> Iterator[Block]:
        """Yield arrays and the rows of `steps` batches in them, window by window."""
        stream = self._stream
        if iterator is not self._iterator:
            self._iterator, self._row = iterator, 0
            self._epoch += 1
        end = min(self._row + steps * stream.batch_size, stream.size)
        while self._row < end:
            number, start = divmod(self._row, stream.window)
            if self._place != (self._epoch, number):
                self._place, self._arrays = (self._epoch, number), ()
                rows, self._order = stream.take(self._epoch, number)
                self._arrays = (keras.ops.convert_to_tensor(rows),)
                del rows
                stream.release()
            rows = self._order[start : start + end - self._row]
            self._row += len(rows)
            yield Block.of(self._arrays, rows, stream.batch_size)


def _read_ahead(windows: Iterator[Window]) -> Iterator[Window]:
    """Yield windows, the next of which a thread reads meanwhile."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="read")
    try:
        coming = pool.submit(next, windows, None)
        while (window := coming.result()) is not None:
            coming = pool.submit(next, windows, None)
            yield window
            del window
    finally:
        pool.shutdown(wait=False)  # as the thread itself may be what collects this
