"""What the Keras contestants share: one long `fit` whose epochs wait for the parent."""

from __future__ import annotations

import importlib.metadata
import os
from typing import Any

import keras
import numpy as np


class EpochGate(keras.callbacks.Callback):
    """Passes the gate between the epochs of one `fit`; no hook runs inside an epoch."""

    def __init__(self, gate: Any, to_nats: float = 1.0) -> None:
        super().__init__()
        self._gate = gate
        self._to_nats = to_nats
        self._loss: float | None = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Report the last epoch and wait for the next."""
        del epoch, logs
        self._gate(self._loss)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keep the loss."""
        del epoch
        self._loss = float(logs["loss"]) * self._to_nats


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
