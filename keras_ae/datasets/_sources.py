"""Data on disk of which a few examples are read at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np

from keras_ae import _float32
from keras_ae.datasets._mapped_rows import NUMBERS, MappedRows
from keras_ae.datasets._numpy_files import numpy_file
from keras_ae.datasets._values import as_examples

Array = np.ndarray[Any, Any]

BLOCK_BYTES = 2**18  # read from one place of a file
SHUFFLE_BUFFER_BYTES = 2**28  # of blocks whose rows are mixed


class Source(Protocol):
    """Examples on disk, by number."""

    examples: int
    example_shape: tuple[int, ...]

    def shuffled(self, random: np.random.Generator, batch_size: int) -> Array:
        """Return the numbers of all examples in a random order that can be read fast."""

    def read(self, rows: Array) -> Array:
        """Return these examples as float32 (rows, ...)."""


class Blocks:
    """What is read faster a few neighbours at a time.

    Args:
        examples: Integer, how many there are.
        bytes: Integer, what an example takes.
    """

    def __init__(self, examples: int, bytes: int) -> None:
        self.examples, size = examples, max(1, bytes)
        self.block = max(1, BLOCK_BYTES // size)  # neighbours
        self.mixed = max(1, SHUFFLE_BUFFER_BYTES // size)  # examples that are mixed

    def shuffled(self, random: np.random.Generator, batch_size: int) -> Array:
        """Return the numbers of all examples in a random order, block by block.

        Blocks come in random order, and the examples of as many blocks as 256 MB hold are mixed
        with each other: all that fits in 256 MB is one random permutation, and what doesn't is
        read a block at a time from all over the file.
        """
        del batch_size
        kind = number_type(self.examples)
        if self.examples <= self.mixed:
            return random.permutation(self.examples).astype(kind)
        starts = random.permutation(np.arange(0, self.examples, self.block, dtype=kind))
        blocks = starts[:, np.newaxis] + np.arange(self.block, dtype=kind)
        order = blocks[blocks < self.examples]
        for start in range(0, len(order), self.mixed):
            random.shuffle(order[start : start + self.mixed])
        return order


class NpySource(Blocks):
    """The rows of an .npy file, which is mapped into memory.

    Args:
        path: String or path.

    Raises:
        DataError: The file is missing, truncated, damaged or pickled, or isn't such an array.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = numpy_file(path, ".npy", NUMBERS)
        self._rows = MappedRows(self._path)
        first = as_examples(self._path, "the array", self._rows[:1])
        super().__init__(len(self._rows), self._rows.row_bytes)
        self.example_shape = first.shape[1:]

    def read(self, rows: Array) -> Array:
        """Return these rows as float32 (rows, ...); uint8 images are divided by 255."""
        batch = as_examples(self._path, "the array", self._rows[rows])
        return _float32.cast(str(self._path), batch)


def row_order(source: Source, shuffle: bool, seed: int, epoch: int, batch_size: int) -> Array:
    """Return the numbers of all examples, in the order of one epoch."""
    if not shuffle:
        return np.arange(source.examples, dtype=number_type(source.examples))
    return source.shuffled(np.random.default_rng([seed, epoch]), batch_size)


def batches(order: Array, batch_size: int) -> list[Array]:
    """Return the numbers of the examples of each batch; the last one may be shorter."""
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


def number_type(examples: int) -> type[np.signedinteger[Any]]:
    """Return the type of the numbers of so many examples."""
    return np.int32 if examples < 2**31 else np.int64
