"""The progress of training, on stderr."""

from __future__ import annotations

import time
from typing import Any

import keras
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class EpochProgress(keras.callbacks.Callback):
    """A line for each epoch; on a terminal also a bar for the epoch that runs.

    Args:
        console: The `rich.console.Console` to write to.
    """

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.console = console
        self._bar: Progress | None = None
        self._task: Any = None
        self._since = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the bar."""
        del logs
        self._since = time.monotonic()
        if self.console.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
            )
            self._bar = Progress(*columns, console=self.console, transient=True)
            self._task = self._bar.add_task(
                f"epoch {epoch + 1}/{self.params['epochs']}", total=self.params["steps"]
            )
            self._bar.start()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Move the bar."""
        del logs
        if self._bar is not None:
            self._bar.update(self._task, completed=batch + 1)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Replace the bar by a line."""
        self.stop()
        logs = logs or {}
        penalties = [each.metric_name for each in getattr(self.model, "penalties", ())]
        terms = ["loss", "nll", *penalties]
        shown = [*terms, "beta", *(f"val_{name}" for name in terms), "val_active_units"]
        values = "  ".join(f"{name} {logs[name]:.4g}" for name in shown if name in logs)
        seconds = time.monotonic() - self._since
        self.console.print(
            f"epoch {epoch + 1}/{self.params['epochs']}  {seconds:.1f} s  {values}", markup=False
        )

    def stop(self) -> None:
        """Remove the bar, also when training breaks off."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
