"""One method of a model as a compiled function of batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

TensorFunction = Callable[..., dict[str, Any]]  # named tensors to named tensors


class Endpoint(keras.Model):
    """Run a function of tensors over an array, batch by batch, compiled, on every backend.

    Keras compiles `predict` alike for TensorFlow and JAX, so the methods of a model (`encode`,
    `decode`, ...) are predictions of small models that share its layers.

    Args:
        function: Function of the input tensor (or of a list of tensors) that uses only `parts`.
        parts: The layers that the function uses; None entries are left out.
        seed_generator: Generator that the function draws from, or None.
        name: The method's name.
    """

    def __init__(
        self,
        function: Callable[[Any], Any],
        parts: Sequence[Any],
        name: str,
        seed_generator: Any = None,
    ) -> None:
        super().__init__(name=name, dtype="float32", autocast=False)
        self._function = function
        self.parts = [part for part in parts if part is not None]
        self.seed_generator = seed_generator

    def build(self, input_shape: Any) -> None:
        """The parts are built already."""

    def call(self, inputs: Any) -> Any:
        several = isinstance(inputs, (list, tuple))
        return self._function(*inputs) if several else self._function(inputs)


class Endpoints:
    """The endpoints of one model, made at first use. Keras doesn't track a plain object."""

    def __init__(self) -> None:
        self._made: dict[str, Endpoint] = {}

    def get(
        self,
        name: str,
        function: Callable[[Any], Any],
        parts: Sequence[Any],
        seed_generator: Any = None,
    ) -> Endpoint:
        """Return the endpoint of this name, made from the other arguments the first time."""
        if name not in self._made:
            self._made[name] = Endpoint(function, parts, name, seed_generator)
        return self._made[name]
