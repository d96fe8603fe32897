"""What the Keras contestants share: epochs that wait for the parent, each a `fit`."""

from __future__ import annotations

import importlib.metadata
import os
from typing import Any

import keras
import numpy as np

MANY = 1_000_000  # what "auto" options see of a training that is ended after each epoch


def fit_by_rounds(model: Any, gate: Any, *data: Any, batch: int, to_nats: Any) -> None:
    """Train epoch by epoch until the gate ends it, each epoch timed alone.

    Each is a `fit` of its own: within one, an open iterator over the data would wait with it for
    the next round, and TensorFlow may take as long to close an iterator as it was open. No hook
    runs inside an epoch. The first round begins before its `fit`, with all that `fit` prepares.

    Args:
        model: A compiled Keras model.
        gate: The worker's.
        *data: x, or x and y.
        batch: Batch size.
        to_nats: Function from Keras' loss to nats an example.
    """
    epoch = _Epoch(gate, to_nats)
    gate()
    while True:
        model.fit(*data, batch_size=batch, epochs=MANY, verbose=0, callbacks=[epoch])


class _Epoch(keras.callbacks.Callback):
    """Passes the gate before an epoch, stops its clock after it, and ends `fit`."""

    def __init__(self, gate: Any, to_nats: Any) -> None:
        super().__init__()
        self._gate = gate
        self._to_nats = to_nats
        self._loss: float | None = None  # of the last epoch, None before the first has ended

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Report the last epoch and wait for the next."""
        del epoch, logs
        if self._loss is not None:
            self._gate(self._loss)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop the clock and keep the loss."""
        del epoch
        self._loss = self._to_nats(float(logs["loss"]))
        self._gate.stop()
        self.model.stop_training = True


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of the backend, Keras and `packages`."""
    names = ["keras", *packages, keras.config.backend()]
    return {name: importlib.metadata.version(name) for name in names}


def threads() -> str:
    """Say what the backend takes by default."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{keras.config.backend()}'s default, all cores ({cores})"


def start(seed: int) -> None:
    """Forget the models of earlier tasks and seed everything."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)


def time_calls(gate: Any, calls: dict[str, Any]) -> None:
    """Each round, run the call that the parent names as often as it says; report ms a call."""
    result: Any = None
    while True:
        value = None if result is None else float(np.mean(result))
        command = gate(value)
        call = calls[command["call"]]
        for _ in range(command["repeats"]):
            result = call()
