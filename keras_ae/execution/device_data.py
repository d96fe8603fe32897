"""Arrays that stay on the device while a model trains on them, row by row number."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol, Self, runtime_checkable

import keras
import numpy as np

from keras_ae.execution.shuffled_batches import ShuffledBatches

BATCH_SIZE = 32  # Keras' own, where none is given
MAX_BYTES = 2**32  # larger data are streamed by Keras, batch by batch
MAX_DOUBLED_BYTES = 2**24  # up to which arrays are rounded up to a power of two


@dataclasses.dataclass(frozen=True, eq=False)
class DeviceData:
    """The arrays of a training or an evaluation on the device, and the order of their rows.

    Args:
        arrays: The different arrays, as tensors, with rows of zeros behind `size`: XLA compiles a
            function for each length, so arrays of nearly one length get one.
        places: Which of them is the input, the target and the weight of each example.
        size: Number of examples.
        batch_size: Examples in a batch; the last one may be shorter.
        order: Function from the number of an epoch, counted from 0, to its row numbers.
    """

    arrays: tuple[Any, ...]
    places: tuple[int, ...]
    size: int
    batch_size: int
    order: Callable[[int], np.ndarray]

    @property
    def steps(self) -> int:
        """The number of batches of an epoch."""
        return math.ceil(self.size / self.batch_size)

    @property
    def whole(self) -> int:
        """The number of batches of an epoch that aren't cut short."""
        return self.size // self.batch_size

    @property
    def example_shape(self) -> tuple[int, ...]:
        """The shape of one example of the input."""
        return tuple(self.arrays[self.places[0]].shape[1:])

    def blocks(self) -> RowBlocks:
        """Return the rows of successive executions."""
        return RowBlocks(self)

    def batch(self, pick: Callable[[Any], Any]) -> tuple[Any, ...]:
        """Return a batch as Keras' steps take it, of the rows that `pick` takes of an array."""
        return batch(self.arrays, self.places, pick)


class Block(NamedTuple):
    """Rows of some arrays, in batches."""

    arrays: tuple[Any, ...]
    whole: np.ndarray  # (whole batches, batch_size)
    short: np.ndarray | None  # the rows of a shorter batch

    @classmethod
    def of(cls, arrays: tuple[Any, ...], rows: np.ndarray, batch_size: int) -> Self:
        """Return the batches of these row numbers."""
        whole = len(rows) // batch_size * batch_size
        short = rows[whole:] if whole < len(rows) else None
        return cls(arrays, rows[:whole].reshape(-1, batch_size), short)


@runtime_checkable
class ReadRows(Protocol):
    """What has the attributes of `DeviceData`, but reads its arrays while it is trained on."""

    places: tuple[int, ...]

    def blocks(self) -> Any:
        """Return what has a method `take`, as `RowBlocks` has."""


COUNTED = (ShuffledBatches, ReadRows)  # the steps of their epochs are told to `fit`


class RowBlocks:
    """The row numbers of one execution after another, each a line a step.

    Keras makes a new iterator for each epoch and each evaluation; that tells where one starts,
    after an epoch that was broken off too.
    """

    def __init__(self, data: DeviceData) -> None:
        self._data = data
        self._iterator: Any = None
        self._epoch = -1
        self._position = 0

    def take(self, iterator: Any, steps: int) -> Iterator[Block]:
        """Yield the rows of `steps` batches, or of what is left of the epoch."""
        data = self._data
        if iterator is not self._iterator:
            self._iterator, self._position = iterator, 0
            self._epoch += 1
            self._rows = data.order(self._epoch).astype("int32", copy=False)
        start = self._position * data.batch_size
        self._position += steps
        rows = self._rows[start : self._position * data.batch_size]
        yield Block.of(data.arrays, rows, data.batch_size)


def keras_function(run: Any, data: DeviceData, steps: int, capacity: int) -> Any:
    """Return what Keras calls for `steps` steps: with its iterator, and on JAX a state before it.

    Args:
        run: What `compiled_steps` returned; it returns a tuple of logs and, on JAX, the state.
        data: The arrays and their order.
        steps: Steps in a call.
        capacity: As in `compiled_steps`, at least `steps`.
    """
    blocks = data.blocks()

    def function(*given: Any) -> Any:
        *state, iterator = given
        logs = None
        for arrays, whole, short in blocks.take(iterator, steps):
            if len(whole):
                logs, *state = run(*state, arrays, whole, capacity)
            if short is not None:
                logs, *state = run(*state, arrays, short[None], 1)
        return (logs, *state) if state else logs

    return function


def batch(arrays: Any, places: tuple[int, ...], pick: Callable[[Any], Any]) -> tuple[Any, ...]:
    """Return (x,), (x, y) or (x, y, sample_weight) of what `pick` takes of each array."""
    picked = [pick(array) for array in arrays]
    return tuple(picked[place] for place in places)


def hold(
    x: Any, y: Any, sample_weight: Any, batch_size: int | None, shuffle: Any = False
) -> DeviceData | None:
    """Return the arrays on the device; None for what Keras must stream.

    That is a stream, a memory-mapped file, more than `MAX_BYTES`, and an order that only Keras
    knows. What is read while it is trained on is returned as it is.
    """
    if isinstance(x, ReadRows):
        return x  # type: ignore[return-value]
    stream = x if isinstance(x, ShuffledBatches) else None
    if stream is not None:
        x, y, batch_size = stream.x, stream.x if stream.paired else None, stream.batch_size
    given = [each for each in (x, y, sample_weight) if each is not None]
    if not given or not all(map(in_memory, given)) or sum(map(_bytes, given)) > MAX_BYTES:
        return None
    size = len(x)
    if shuffle not in (True, False) or any(len(each) != size for each in given):
        return None
    distinct = list({id(each): each for each in given}.values())
    places = tuple(next(i for i, each in enumerate(distinct) if each is one) for one in given)
    order = _shuffled(size) if shuffle else _in_order(size)
    if stream is not None:
        order = stream.order
    arrays = tuple(_on_device(each) for each in distinct)
    return DeviceData(arrays, places, size, batch_size or BATCH_SIZE, order)


def split(data: tuple[Any, ...], fraction: float) -> list[tuple[Any, ...]] | None:
    """Return x, y and weights of training and of validation, cut where Keras cuts them.

    None if one of the two were empty, or for streams.
    """
    if not all(each is None or in_memory(each) for each in data):
        return None
    size = len(data[0])
    cut = math.floor(size * (1.0 - fraction))
    if not 0 < cut < size:
        return None
    parts = []
    for end in (slice(0, cut), slice(cut, None)):
        # A target that is the input stays the same array, which is then held once.
        cuts = {id(each): each[end] for each in data if each is not None}
        parts.append(tuple(cuts.get(id(each)) for each in data))
    return parts


def is_array(data: Any) -> bool:
    """Whether `data` is one array or tensor, in memory or mapped."""
    return isinstance(data, np.ndarray) or keras.ops.is_tensor(data)


def in_memory(data: Any) -> bool:
    """Whether `data` is an array or tensor, and not a file that looks like one."""
    return is_array(data) and not isinstance(data, np.memmap)


def _shuffled(size: int) -> Callable[[int], np.ndarray]:
    # Python's stream is one of those that keras.utils.set_random_seed sets.
    stream = np.random.default_rng(random.getrandbits(64))
    return lambda _: stream.permutation(size)


def _in_order(size: int) -> Callable[[int], np.ndarray]:
    rows = np.arange(size)
    return lambda _: rows


def _bytes(data: Any) -> int:
    dtype = keras.backend.standardize_dtype(data.dtype)
    return math.prod(data.shape) * (1 if dtype == "bool" else np.dtype(dtype).itemsize)


def rounded(size: int, nbytes: int) -> int:
    """Return the length that arrays get: a power of two, or within an eighth for large ones."""
    power = 1 << (size - 1).bit_length()
    step = power if nbytes <= MAX_DOUBLED_BYTES else max(1, power // 16)
    return math.ceil(size / step) * step


def _on_device(data: Any) -> Any:
    """Return the data as a tensor, floats in Keras' default type, as in Keras' own batches."""
    dtype = keras.backend.standardize_dtype(data.dtype)
    wanted = keras.config.floatx() if keras.backend.is_float_dtype(dtype) else None
    array = np.asarray(data)
    more = rounded(len(array), array.nbytes) - len(array)
    if more:
        array = np.concatenate([array, np.zeros((more, *array.shape[1:]), array.dtype)])
    return keras.ops.convert_to_tensor(array, dtype=wanted)
