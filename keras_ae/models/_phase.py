"""What a model knows while Keras traces a step: which step, and what `call` drew in it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any


class Phase(threading.local):
    """The step that is being traced, for each thread: TensorFlow traces replicas in turns.

    Keras calls a model with training=False both to evaluate and to predict; this tells the two
    apart.
    """

    testing = False
    predicting = False

    @contextlib.contextmanager
    def during_test(self) -> Iterator[None]:
        """Mark a test step."""
        self.testing = True
        try:
            yield
        finally:
            self.testing = False

    @contextlib.contextmanager
    def during_predict(self) -> Iterator[None]:
        """Mark a predict step."""
        self.predicting = True
        try:
            yield
        finally:
            self.predicting = False


class HandedOn(threading.local):
    """What `call` leaves for `compute_loss` in one step, for each thread; taken once."""

    value: Any = None

    def take(self) -> Any:
        """Return what was left, once; None if nothing was."""
        value, self.value = self.value, None
        return value
