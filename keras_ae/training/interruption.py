"""Ctrl-C at a moment when the model can be saved."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import keras

from keras_ae.training.errors import TrainingInterruptedError


class Interruption:
    """A block in which the first Ctrl-C is only noted; the second one acts as ever.

    Outside the main thread, where Python delivers no signals, it does nothing.

    Example:
        >>> with Interruption() as interruption:
        ...     signal.raise_signal(signal.SIGINT)
        ...     interruption.requested
        True
    """

    def __init__(self) -> None:
        self.requested = False
        self._previous: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._restore()

    def _note(self, number: int, frame: Any) -> None:
        del number, frame
        self.requested = True
        self._restore()

    def _restore(self) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)
            self._previous = None


class StopWhenInterrupted(keras.callbacks.Callback):
    """Save the model and leave `fit` after the batch in which Ctrl-C was pressed.

    Args:
        interruption: The `Interruption` that surrounds `fit`.
        working: Path of the folder that the model is saved in, as `interrupted.keras`.

    Raises:
        TrainingInterruptedError: Out of `fit`.
    """

    def __init__(self, interruption: Interruption, working: Path) -> None:
        super().__init__()
        self.interruption = interruption
        self.working = working
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note the epoch."""
        del logs
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stop in training."""
        del logs
        self._stop(f"in epoch {self._epoch}, step {batch + 1} of {self.params.get('steps')}")

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stop in validation."""
        del batch, logs
        self._stop(f"in the validation of epoch {self._epoch}")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop between epochs."""
        del logs
        self._stop(f"after epoch {epoch + 1}")

    def _stop(self, place: str) -> None:
        if self.interruption.requested:
            path = self.working / "interrupted.keras"
            self.model.save(path)
            raise TrainingInterruptedError(place, path, self.working)
