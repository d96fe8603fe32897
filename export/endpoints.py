"""What leaves a model: functions of named tensors, the same in every format."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_ae import _checks
from keras_ae.export.signature import Signature, TensorInfo

DEFAULTS = ("reconstruct", "call", "decode", "encode")  # what a request without a name gets


@dataclass(frozen=True)
class Endpoint:
    """One function of a model with its named and typed tensors.

    Args:
        signature: `Signature`, its inputs in the order of the function's parameters.
        function: Callable from tensors to a dict of named tensors; it draws no noise.
    """

    signature: Signature
    function: Callable[..., dict[str, Any]]

    @property
    def name(self) -> str:
        """The endpoint's name."""
        return self.signature.name

    def specs(self) -> list[Any]:
        """Return its inputs as named `tf.TensorSpec`s."""
        import tensorflow as tf

        return [tf.TensorSpec(t.shape, t.dtype, name=t.name) for t in self.signature.inputs]

    def traceable(self) -> Callable[..., dict[str, Any]]:
        """Return the function with `tf.ensure_shape` at its entry.

        Without it a wrong rank can abort the server's process instead of failing the request; it
        adds no operation to TFLite and ONNX files.
        """
        import tensorflow as tf

        shapes = [tensor.shape for tensor in self.signature.inputs]

        def checked(*tensors: Any) -> dict[str, Any]:
            inputs = [tf.ensure_shape(*each) for each in zip(tensors, shapes, strict=True)]
            return self.function(*inputs)

        return checked

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Compute the endpoint with Keras: what every artifact must agree with."""
        import tensorflow as tf

        tensors = [tf.constant(inputs[tensor.name]) for tensor in self.signature.inputs]
        return {name: value.numpy() for name, value in self.function(*tensors).items()}


def make_endpoints(
    functions: dict[str, Callable[..., dict[str, Any]]],
    tensors: dict[str, TensorInfo],
    names: Sequence[str] | None,
    threshold: float | None = None,
) -> dict[str, Endpoint]:
    """Choose endpoints of a model and find out what they return.

    Args:
        functions: The model's functions by name; their parameters are names of `tensors`.
        tensors: What inputs there are, by name. A uint8 `x` makes a uint8 `reconstruction`.
        names: The endpoints to export; None for all.
        threshold: Number above which a score is an anomaly, or None.

    Returns:
        Dict from name to `Endpoint`.

    Raises:
        ValueError: The model has no such endpoint, or no score for the threshold.
    """
    names = list(functions) if names is None else [names] if isinstance(names, str) else names
    unknown = [name for name in names if name not in functions]
    if unknown or not names:
        raise ValueError(
            f"`endpoints` must be a non-empty selection of what the model has: "
            f"{', '.join(functions)}. Received: endpoints={tuple(unknown or names)!r}"
        )
    if threshold is not None:
        if "score" not in names:
            raise ValueError(
                "`threshold` must be None unless the endpoint score is exported. "
                f"Received: threshold={threshold!r}, endpoints={tuple(names)!r}"
            )
        limit = _checks.number("threshold", threshold)
        functions = {**functions, "score": _judged(functions["score"], limit)}
    endpoints = {}
    for name in dict.fromkeys(names):
        parameters = list(inspect.signature(functions[name]).parameters)
        inputs = tuple(tensors[parameter] for parameter in parameters)
        function = _in_data_types(functions[name], inputs, _images(tensors))
        outputs = _outputs(Endpoint(Signature(name, inputs, ()), function))
        endpoints[name] = Endpoint(Signature(name, inputs, outputs), function)
    return endpoints


def default_endpoint(names: Sequence[str]) -> str:
    """Return the endpoint that a request without a name gets: reconstruct, where there is one."""
    return next((name for name in DEFAULTS if name in names), names[0])


def _images(tensors: dict[str, TensorInfo]) -> bool:
    return "x" in tensors and tensors["x"].dtype == "uint8"


def _judged(
    score: Callable[..., dict[str, Any]], threshold: float
) -> Callable[..., dict[str, Any]]:
    """Return the score with the decision beside it: is_anomaly = score > threshold."""

    def judged(*tensors: Any) -> dict[str, Any]:
        outputs = score(*tensors)
        return {**outputs, "is_anomaly": outputs["score"] > threshold}

    judged.__signature__ = inspect.signature(score)  # type: ignore[attr-defined]
    return judged


def _in_data_types(
    function: Callable[..., dict[str, Any]], inputs: Sequence[TensorInfo], images: bool
) -> Callable[..., dict[str, Any]]:
    """Return the function with uint8 images in and out, where the data are such."""
    from keras import ops

    def typed(*tensors: Any) -> dict[str, Any]:
        values = [
            ops.cast(value, "float32") if tensor.dtype == "uint8" else value
            for value, tensor in zip(tensors, inputs, strict=True)
        ]
        outputs = function(*values)
        if images and "reconstruction" in outputs:
            rounded = ops.round(ops.clip(outputs["reconstruction"], 0.0, 255.0))
            outputs = {**outputs, "reconstruction": ops.cast(rounded, "uint8")}
        return outputs

    return typed


def _outputs(endpoint: Endpoint) -> tuple[TensorInfo, ...]:
    """Trace the endpoint and return what it gives."""
    import tensorflow as tf

    function = tf.function(endpoint.traceable(), input_signature=endpoint.specs())
    outputs = function.get_concrete_function().structured_outputs
    batch = endpoint.signature.inputs[0].shape[0]
    scalars = [name for name, value in outputs.items() if not value.shape.rank]
    if scalars:
        raise ValueError(
            f"Every output of `{endpoint.name}` must have the batch as its first axis: a server "
            f"answers row by row. Received: {', '.join(scalars)} without one"
        )
    return tuple(
        TensorInfo(name, (batch, *value.shape[1:].as_list()), value.dtype.name)
        for name, value in sorted(outputs.items())
    )
