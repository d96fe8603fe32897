"""What the schedules share that change a variable while `fit` runs."""

from __future__ import annotations

import abc
from typing import Any

import keras


class WeightSchedule(keras.callbacks.Callback, abc.ABC):
    """Set a variable that compiled steps read, before each batch.

    A subclass finds the variable, `find_weight`, and says what it is after so many epochs,
    `value`, where a batch counts as its share of an epoch. The value at the end of each epoch is
    logged as `log_name`.
    """

    log_name: str

    def __init__(self) -> None:
        super().__init__()
        self._variable: Any = None
        self._epoch = 0
        self._current: float | None = None

    @abc.abstractmethod
    def find_weight(self) -> Any:
        """Return the model's variable, when training begins."""

    @abc.abstractmethod
    def value(self, epochs_done: float) -> float:
        """Return what the variable is after `epochs_done` epochs."""

    def on_train_begin(self, logs: Any = None) -> None:
        """Find the variable."""
        del logs
        self._variable = self.find_weight()
        self._current = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Set the value of the epoch's first batch."""
        del logs
        self._epoch = epoch
        self._set(float(epoch))

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Set the value of this batch."""
        del logs
        steps = self.params.get("steps")
        if steps:
            self._set(self._epoch + batch / steps)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Log the value."""
        del epoch
        if logs is not None and self._current is not None:
            logs[self.log_name] = self._current

    def _set(self, epochs_done: float) -> None:
        value = float(self.value(epochs_done))
        if value == self._current:
            return
        # On JAX this access hands the variables back to the model, where they can be changed.
        _ = self.model
        self._variable.assign(value)
        self._current = value
