"""What a compiled model remembers of how its steps are carried out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras_ae.models._choice import Choice
from keras_ae.models._resident import Resident


class State:
    """What `compile` was given, what was chosen, and the compiled functions.

    Keras doesn't track a plain object.
    """

    def __init__(self, steps: int | str, jit: str | bool) -> None:
        self.steps = steps
        self.jit = jit
        self.trainable: list[int] | None = None  # ids of the optimizer's variables
        self.choice: Choice | None = None
        self.train: Resident | None = None
        self.test: Resident | None = None
        self._made: dict[Any, Any] = {}

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return what `make` returned for this key the first time."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]
