"""One method of a model as a compiled function of batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np

from keras_ae import _arrays
from keras_ae.execution.backend import backend

TensorFunction = Callable[..., dict[str, Any]]  # named tensors to named tensors
MAX_ENDPOINTS = 32  # of one model


class Endpoint:
    """Run a function of tensors over arrays, batch by batch, compiled, on every backend.

    `keras.Model.predict` makes a data set and a list of callbacks for each call, which takes
    longer than the arithmetic of a thousand small examples. This calls the compiled function
    itself.

    Args:
        function: Function of tensors that uses only `parts`.
        parts: The layers that the function uses; None entries are left out.
    """

    def __init__(self, function: Callable[..., Any], parts: Sequence[Any]) -> None:
        self._function = function
        self._parts = [part for part in parts if part is not None]
        self._state: list[Any] = []
        self._compiled: Callable[..., Any] | None = None

    def predict(self, arrays: Sequence[Any], batch_size: int, equal: bool = False) -> Any:
        """Return the function's outputs for all examples.

        Args:
            arrays: Arrays of shape (examples, ...), one an input.
            batch_size: Integer >= 1, examples at a time.
            equal: Whether all batches are of that size, the last one filled up with its own rows:
                one compilation, and a row's result doesn't depend on the others, to the last bit.
        """
        arrays = [_arrays.numbers("x", array) for array in arrays]
        examples = len(arrays[0])
        size = batch_size if equal else backend().padded_size(examples, batch_size)
        results: Any = None
        for start in range(0, examples, batch_size):
            batch = [array[start : start + batch_size] for array in arrays]
            outputs = self.predict_on_batch(batch, size)
            if len(batch[0]) == examples:
                return outputs
            if results is None:
                results = keras.tree.map_structure(
                    lambda output: np.empty((examples, *output.shape[1:]), output.dtype), outputs
                )
            for whole, part in zip(
                keras.tree.flatten(results), keras.tree.flatten(outputs), strict=True
            ):
                whole[start : start + len(part)] = part
        return results

    def predict_on_batch(self, arrays: Sequence[Any], size: int = 0) -> Any:
        """Return the function's outputs for one batch.

        Args:
            arrays: Arrays of shape (examples, ...), one an input.
            size: Integer, what to pad fewer examples to, so that nothing is compiled anew.
        """
        batch = [as_input(array) for array in arrays]
        examples = len(batch[0])
        if size > examples:
            rows = np.arange(size) % examples
            batch = [array[rows] for array in batch]
        outputs = self.run(batch)
        if size > examples:
            return keras.tree.map_structure(lambda output: output[:examples], outputs)
        return outputs

    def run(self, arrays: Sequence[Any]) -> Any:
        """Call the compiled function; compile it if it isn't, or if it was made of other state."""
        state = list(_state(self._parts))
        known = len(state) == len(self._state) and all(map(_same, state, self._state))
        if self._compiled is None or not known:
            if not all(part.built for part in self._parts):
                self._function(*(keras.ops.convert_to_tensor(array[:1]) for array in arrays))
                state = list(_state(self._parts))
            variables = [each for each in state if isinstance(each, keras.Variable)]
            self._compiled = backend().compiled_function(self._function, variables)
            self._state = state
        return self._compiled(*arrays)


class Endpoints:
    """The last `MAX_ENDPOINTS` endpoints of one model. Keras doesn't track a plain object."""

    def __init__(self) -> None:
        self._made: dict[str, Endpoint] = {}

    def get(self, name: str, make: Callable[[], Any], parts: Sequence[Any]) -> Endpoint:
        """Return the endpoint of this name; the first time, of the function that `make` returns.

        Args:
            name: String.
            make: Function without arguments that returns the function of tensors.
            parts: As for `Endpoint`.
        """
        endpoint = self._made.pop(name, None) or Endpoint(make(), parts)
        self._made[name] = endpoint  # behind those that were used before it
        if len(self._made) > MAX_ENDPOINTS:
            del self._made[next(iter(self._made))]
        return endpoint


def _state(parts: Iterable[Any]) -> Iterable[Any]:
    """Yield what a compiled function holds on to: variables, each once, and adapted statistics.

    A `Normalization` that is adapted or loaded anew keeps its statistics in new tensors, which
    a compiled function would not see.
    """
    seen: set[int] = set()
    for part in parts:
        for variable in part.variables:
            if id(variable) not in seen:
                seen.add(id(variable))
                yield variable
        for layer in (part, *getattr(part, "layers", ())):
            if isinstance(layer, keras.layers.Normalization):
                yield layer.mean
                yield layer.variance


def _same(one: Any, other: Any) -> bool:
    return one is other


def as_input(array: Any) -> np.ndarray:
    """Return an array as Keras would take it: real numbers in its own precision."""
    array = np.asarray(array)
    if array.dtype.kind == "f" and array.dtype != keras.config.floatx():
        return array.astype(keras.config.floatx())
    return array
