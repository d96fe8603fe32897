"""Keep each epoch on disk, and know when to stop."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import keras

from keras_ae.training.checkpoint import Checkpoint, State, best_epoch


class EpochKeeper(keras.callbacks.Callback):
    """Save model and history at each epoch's end; stop when the validation loss no longer falls.

    Keras' `BackupAndRestore` and `EarlyStopping` each start afresh in a resumed run: they forget
    the history, and how long the best epoch was ago. Here both follow from the saved history.

    Args:
        checkpoint: The `Checkpoint` to save in.
        state: The `State` that the run starts from.
        patience: Integer or None, as `early_stopping` of a `TrainingConfig`.

    Example:
        >>> keeper = EpochKeeper(None, State(3, "", {"val_loss": [9.0, 7.0, 8.0]}), patience=2)
        >>> keeper.finished()
        False
    """

    def __init__(self, checkpoint: Checkpoint, state: State, patience: int | None = None) -> None:
        super().__init__()
        self.checkpoint = checkpoint
        self.state = state
        self.patience = patience
        self._since = time.monotonic()

    def on_train_begin(self, logs: Any = None) -> None:
        """Start the clock."""
        del logs
        self._since = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Save the epoch."""
        history = {name: list(values) for name, values in self.state.history.items()}
        for name, value in (logs or {}).items():
            history.setdefault(name, []).append(float(value))
        now = time.monotonic()
        seconds = self.state.seconds + now - self._since
        self._since = now
        reached = dataclasses.replace(
            self.state, epoch=epoch + 1, history=history, seconds=seconds
        )
        self.state = self.checkpoint.save(self.model, reached)
        if self.finished():
            self.model.stop_training = True

    def finished(self) -> bool:
        """Whether the best epoch is `patience` epochs ago."""
        first = getattr(self.checkpoint, "keep_best_from", None)
        if self.patience is None or first is None:
            return False
        best = best_epoch(self.state.history, first)
        return best is not None and self.state.epoch - best >= self.patience
