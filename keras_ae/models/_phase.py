"""What a model is doing while Keras traces it: a test step, a predict step, or neither."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator


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
