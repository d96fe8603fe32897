"""Batches whose order depends on nothing but a seed and the epoch."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_ae import _arrays, _checks


class ShuffledBatches(keras.utils.PyDataset):
    """An array in shuffled batches, for runs that can be broken off and resumed exactly.

        order of epoch e = permutation drawn from (seed, e)

    Keras' own shuffling draws from one stream for the whole run, so that a resumed `fit` sees
    another order than the unbroken one. Here batch `index` of a run that starts at
    `initial_epoch` is batch `index % steps` of epoch `initial_epoch + index // steps`.

    Pass `steps_per_epoch=batches.steps`, the same `initial_epoch` and `shuffle=False` to `fit`.

    Args:
        x: Array of shape (examples, ...).
        batch_size: Integer >= 1; the last batch of an epoch may be shorter.
        seed: Integer >= 0.
        initial_epoch: Integer >= 0, the first epoch of the run.
        paired: Whether a batch is (x, x), input and target, rather than (x,).

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range, or `x` is empty.

    Example:
        >>> batches = ShuffledBatches(np.arange(5), batch_size=2, seed=0)
        >>> batches.steps, [len(batches[index][0]) for index in range(4)]
        (3, [2, 2, 1, 2])
        >>> later = ShuffledBatches(np.arange(5), batch_size=2, seed=0, initial_epoch=1)
        >>> bool((later[0][0] == batches[3][0]).all())
        True
    """

    def __init__(
        self, x: Any, batch_size: int, seed: int, initial_epoch: int = 0, paired: bool = False
    ) -> None:
        super().__init__()
        self.x = _arrays.numbers("x", x)
        _arrays.examples("x", self.x)
        self.batch_size = _checks.integer("batch_size", batch_size, minimum=1)
        self.seed = _checks.integer("seed", seed, minimum=0)
        self.initial_epoch = _checks.integer("initial_epoch", initial_epoch, minimum=0)
        self.paired = _checks.boolean("paired", paired)
        self.steps = -(-len(self.x) // self.batch_size)
        self._order: tuple[int, np.ndarray] | None = None

    @property
    def num_batches(self) -> int | None:
        """None: the batches go on from epoch to epoch."""
        return None

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        epoch, step = divmod(index, self.steps)
        order = self.order(epoch)
        batch = self.read(order[step * self.batch_size : (step + 1) * self.batch_size])
        return (batch, batch) if self.paired else (batch,)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return the examples of these numbers."""
        examples: np.ndarray = self.x[rows]
        return examples

    def order(self, index: int) -> np.ndarray:
        """Return the row numbers of the run's epoch `index`, counted from `initial_epoch`."""
        epoch = self.initial_epoch + index
        found = self._order  # another thread may put an order of its own there
        if found is None or found[0] != epoch:
            random = np.random.default_rng([self.seed, epoch])
            found = self._order = epoch, random.permutation(len(self.x))
        return found[1]
