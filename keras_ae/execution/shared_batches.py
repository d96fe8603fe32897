"""This process' part of batches that several devices train on together.

All processes draw the same order of rows; each reads those rows of a batch that its devices get. A
batch that doesn't divide among the devices, the last one of an epoch as a rule, is filled up with
examples of weight 0: every example counts once, and all processes take as many steps.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_ae.execution import watchdog
from keras_ae.execution.device_data import BATCH_SIZE

Batch = tuple[Any, Any, Any]  # input, target, weights


class SharedBatches(keras.utils.PyDataset):
    """This process' part of batches of numbered rows, from epoch to epoch without end.

    Args:
        read: Function from an array of row numbers to input, target or None, weights or None.
        order: Function from an epoch, counted from 0, to its row numbers.
        batch_size: Integer >= 1, rows of a batch over all processes.
        whole: Whether a batch may not be filled up.

    Raises:
        ValueError: A batch must be filled up, and may not.
    """

    def __init__(
        self,
        read: Callable[[np.ndarray], Batch],
        order: Callable[[int], np.ndarray],
        batch_size: int,
        whole: bool = False,
    ) -> None:
        super().__init__()  # one worker: what Keras' threads read ahead, they may mix up
        self._read, self._batch_size = read, batch_size
        self._order = functools.lru_cache(maxsize=2)(order)  # of neighbours
        self._devices = Devices()
        rows = len(self._order(0))
        self.steps = -(-rows // batch_size)
        for size in (batch_size, rows % batch_size or batch_size):
            self._devices.own_part(size, batch_size, whole)

    @property
    def num_batches(self) -> None:
        """None: the batches go on from epoch to epoch."""

    def __getitem__(self, index: int) -> Batch:
        epoch, step = divmod(index, self.steps)
        rows = self._order(epoch)[step * self._batch_size : (step + 1) * self._batch_size]
        places, counts = self._devices.own_part(len(rows), self._batch_size)
        return _weighted(*self._read(rows[places]), counts)


def of_arrays(
    x: Any,
    y: Any,
    sample_weight: Any,
    batch_size: int | None,
    shuffle: bool = False,
    whole: bool = False,
) -> SharedBatches:
    """Return this process' part of arrays that every process has.

    Args:
        x: Array of shape (examples, ...).
        y: Array of shape (examples, ...), or None.
        sample_weight: Array of shape (examples,), or None.
        batch_size: Integer >= 1, examples of a batch over all processes; None for Keras' 32.
        shuffle: Whether to draw an order for each epoch.
        whole: As in `SharedBatches`.
    """
    arrays = [None if each is None else np.asarray(each) for each in (x, y, sample_weight)]

    def read(rows: np.ndarray) -> Batch:
        x, y, sample_weight = (None if each is None else each[rows] for each in arrays)
        return x, y, sample_weight

    return SharedBatches(read, orders(len(x), shuffle), batch_size or BATCH_SIZE, whole)


def of_batch(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    size: int | None = None,
    whole: bool = False,
    devices: Devices | None = None,
) -> Batch:
    """Return this process' part of one batch.

    Args:
        x: Array of shape (batch, ...).
        y: Array of shape (batch, ...), or None.
        sample_weight: Array of shape (batch,), or None.
        size: Integer, examples of a whole batch, up to which a shorter one is filled; None for
            those of this one.
        whole: As in `SharedBatches`.
        devices: `Devices`; None for those of this thread's distribution.
    """
    devices = devices or Devices()
    places, counts = devices.own_part(len(x), len(x) if size is None else size, whole)
    x, y, sample_weight = (
        None if each is None else np.asarray(each)[places] for each in (x, y, sample_weight)
    )
    return _weighted(x, y, sample_weight, counts)


class Devices:
    """The devices that share batches, and this process' own.

    Made in the thread that set the distribution: Keras' others don't see it.
    """

    def __init__(self) -> None:
        self._distribution = keras.distribution.distribution()
        mesh = self._distribution.device_mesh
        self._parts = mesh.shape[mesh.axis_names.index(self._distribution.batch_dim_name)]

    def own_part(self, rows: int, size: int, whole: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Return which rows of a batch this process' devices get, and which of them count.

        Args:
            rows: Integer, rows of the batch.
            size: Integer, rows of a whole batch.
            whole: Whether the batch may not be filled up.

        Returns:
            Integers of shape (own rows,), places in the batch, and truth values of that shape:
            False where a row only fills the batch up.

        Raises:
            ValueError: The batch is larger than a whole one, or must be filled up and may not.
        """
        if rows > size:
            raise ValueError(
                f"Batches must not grow: expected at most {size} examples, as in the first batch. "
                f"Received: {rows}"
            )
        filled = -(-size // self._parts) * self._parts
        if whole and rows < filled:
            raise ValueError(
                "A model with BatchNormalization must train on whole batches, which divide among "
                "the devices: its statistics would take in what fills them up. Expected "
                f"{filled} examples a batch for {self._parts} devices. Received: {rows}"
            )
        watchdog.saw_batch()
        layout = self._distribution.get_data_layout((filled,)).backend_layout
        # Devices that share one part of a model get the same rows.
        ranges = {
            taken.indices(filled)[:2]
            for (taken,) in layout.addressable_devices_indices_map((filled,)).values()
        }
        places = np.concatenate([np.arange(*each) for each in sorted(ranges)])
        counts = places < rows
        return np.where(counts, places, 0), counts


def orders(size: int, shuffle: bool) -> Callable[[int], np.ndarray]:
    """Return a function from an epoch to its order, the same in all processes."""
    if not shuffle:
        return lambda _: np.arange(size)
    # Keras' global noise, which all processes share.
    seed = int(keras.random.randint((), 0, 2**31 - 1))

    @functools.lru_cache(maxsize=2)  # of neighbours: some batches are read ahead
    def order(epoch: int) -> np.ndarray:
        return np.random.default_rng([seed, epoch]).permutation(size)

    return order


def _weighted(x: Any, y: Any, sample_weight: Any, counts: np.ndarray) -> Batch:
    """Return a batch with a target, without which Keras drops the weights."""
    weights = counts.astype("float32")
    if sample_weight is not None:
        weights = weights * np.asarray(sample_weight, "float32")
    return x, x if y is None else y, weights
