"""The graph of a function of Keras layers, each operation with the layer that made it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_SCOPE = re.compile(r"^keras_ae_layer_(\d+)(_\d+)?$")


@dataclass(frozen=True)
class TracedOperation:
    """A `tf.Operation` that outputs depend on, or that has an effect.

    Args:
        operation: The `tf.Operation`.
        layer: The innermost Keras layer that made it, or None.
    """

    operation: Any
    layer: Any


def trace(
    function: Callable[..., Any], specs: Sequence[Any], models: Sequence[Any]
) -> list[TracedOperation]:
    """Return the operations of a function as TensorFlow would save it.

    Args:
        function: Function of tensors that calls the models or their layers.
        specs: A `tf.TensorSpec` for each argument.
        models: Keras models whose layers are told apart.
    """
    every = [layer for model in models for layer in model._flatten_layers()]
    layers = list({id(layer): layer for layer in every}.values())
    with _numbered(layers):
        graph = concrete_function(function, specs).graph
    return list(_walk(graph, layers, None))


def concrete_function(function: Callable[..., Any], specs: Sequence[Any]) -> Any:
    """Trace a function, without AutoGraph, as Keras traces what it trains.

    AutoGraph took longer to convert this package's own code than tracing it takes, and layers'
    calls are never converted.

    Args:
        function: Function of tensors.
        specs: A `tf.TensorSpec` for each argument.
    """
    import tensorflow as tf

    made = tf.function(function, input_signature=specs, autograph=False)
    return made.get_concrete_function()


@contextlib.contextmanager
def _numbered(layers: Sequence[Any]) -> Iterator[None]:
    """Give each layer a name that its operations' names tell it by; undone afterwards.

    Keras' own names don't: an operation in `dense_1` is of the first call of the layer `dense_1`
    or of the second scope of the layer `dense`.
    """
    names = [layer.name for layer in layers]
    try:
        for number, layer in enumerate(layers):
            layer.name = f"keras_ae_layer_{number}"
        yield
    finally:
        for layer, name in zip(layers, names, strict=True):
            layer.name = name


def _walk(graph: Any, layers: Sequence[Any], caller: Any) -> Iterator[TracedOperation]:
    for operation in _needed(graph):
        numbers = [_SCOPE.match(part) for part in operation.name.split("/")]
        owners = [layers[int(found[1])] for found in numbers if found]
        layer = owners[-1] if owners else caller
        yield TracedOperation(operation, layer)
        for attribute in operation.node_def.attr.values():
            for called in (attribute.func, *attribute.list.func):
                body = graph._get_function(called.name) if called.name else None
                if body is not None:
                    yield from _walk(body.graph, layers, layer)


def _needed(graph: Any) -> list[Any]:
    """Return what the graph's outputs and effects depend on, in the graph's order."""
    needed: set[Any] = set()
    ahead = [output.op for output in graph.outputs] + list(graph.control_outputs)
    while ahead:
        operation = ahead.pop()
        if operation not in needed:
            needed.add(operation)
            ahead += [tensor.op for tensor in operation.inputs]
            ahead += operation.control_inputs
    return [operation for operation in graph.get_operations() if operation in needed]


def is_float(tensor: Any) -> bool:
    """Whether a tensor is of real or complex numbers, not of integers or truth values."""
    return bool(tensor.dtype.is_floating or tensor.dtype.is_complex)


def comes_from_floats(tensor: Any) -> bool:
    """Whether a tensor of a graph is computed from floats, in the graph or in a function of it."""
    seen: set[Any] = set()
    ahead = [tensor.op]
    while ahead:
        operation = ahead.pop()
        if operation in seen:
            continue
        seen.add(operation)
        if any(is_float(each) for each in operation.inputs):
            return True
        for attribute in operation.node_def.attr.values():
            for called in (attribute.func, *attribute.list.func):
                body = operation.graph._get_function(called.name) if called.name else None
                if body is not None:
                    ahead += [each.op for each in body.graph.outputs]
        ahead += [each.op for each in operation.inputs]
    return False
