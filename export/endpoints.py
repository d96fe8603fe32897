"""What leaves a model: functions of named tensors, the same in every format."""

from __future__ import annotations

import contextlib
import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from keras_ae import _checks
from keras_ae.export._traced_graph import comes_from_floats, concrete_function, is_float
from keras_ae.export.errors import UnsupportedModelError, first_line
from keras_ae.export.samples import by_rows
from keras_ae.export.signature import Signature, TensorInfo
from keras_ae.export.tensor_names import named_outputs

# What a request without a name gets.
DEFAULTS = ("reconstruct", "call", "decode", "encode", "detect")
ROWS_AT_ONCE = 64  # examples, of a function that isn't compiled
_KERAS_NUMPY = "keras.src.backend.tensorflow.numpy"
Function = Callable[..., dict[str, Any]]  # named tensors to named tensors


@dataclass(frozen=True)
class Endpoint:
    """One function of a model with its named and typed tensors.

    Args:
        signature: `Signature`, its inputs in the order of the function's parameters.
        function: Callable from tensors to a dict of named tensors; it draws no noise.
        rounded: Tuple of the outputs of integers or truth values that come from floats, such as
            the place of a largest number: where two are all but equal, either place is right.
        kind: What it returns, "code", "data" or "score", which int8 is judged by; None of a
            function that doesn't say.
    """

    signature: Signature
    function: Function
    rounded: tuple[str, ...] = ()
    kind: str | None = None

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
            with _without_bitcasts():
                return self.function(*inputs)

        return checked

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Compute the endpoint with Keras: what every artifact must agree with."""
        import tensorflow as tf

        tensors = [tf.constant(inputs[tensor.name]) for tensor in self.signature.inputs]
        return {name: value.numpy() for name, value in self.function(*tensors).items()}


def make_endpoints(
    functions: Mapping[str, Function],
    tensors: Mapping[str, TensorInfo],
    names: Sequence[str] | None,
    threshold: float | None = None,
    types: Mapping[str, str] | None = None,
) -> dict[str, Endpoint]:
    """Choose endpoints of a model and find out what they return.

    Args:
        functions: The model's functions by name; what they take are names of `tensors`.
        tensors: What inputs there are, by name. A uint8 `x` of a model of floats makes a uint8
            `reconstruction`.
        names: The endpoints to export; None for all.
        threshold: Number above which a score is an anomaly, or None.
        types: Dict from input to the type that the functions take; the tensor's own by default.

    Returns:
        Dict from name to `Endpoint`.

    Raises:
        ValueError: The model has no such endpoint, or no score for the threshold.
        UnsupportedModelError: An endpoint can't be traced.
    """
    expected = f"a non-empty selection of what the model has: {', '.join(functions)}"
    chosen = list(functions) if names is None else names
    names = _checks.selection("endpoints", chosen, functions, expected)
    if threshold is not None:
        if "score" not in names:
            raise ValueError(
                "`threshold` must be None unless the endpoint score is exported. "
                f"Received: threshold={_checks.shown(threshold)}, endpoints={tuple(names)!r}"
            )
        limit = _checks.number("threshold", threshold)
        functions = {**functions, "score": _judged(functions["score"], limit)}
    types = {} if types is None else types
    images = "x" in tensors and tensors["x"].dtype == "uint8" and types.get("x") == "float32"
    endpoints = {}
    for name in dict.fromkeys(names):
        inputs = tuple(tensors[parameter] for parameter in taken_by(functions[name]))
        function = _in_data_types(functions[name], inputs, types, images)
        kind = kind_of(functions[name])
        endpoints[name] = _traced(Endpoint(Signature(name, inputs, ()), function, kind=kind))
    return endpoints


def taken_by(function: Callable[..., Any]) -> list[str]:
    """Return the names of what a function takes: its parameters', or its own list of them.

    Names of tensors need not be names that Python has for parameters, such as `class`.
    """
    names = getattr(function, "input_names", None)
    return list(inspect.signature(function).parameters if names is None else names)


def kind_of(function: Callable[..., Any]) -> str | None:
    """Return what a function returns, "code", "data" or "score", if it says so."""
    kind: str | None = getattr(function, "kind", None)
    return kind


def run_rows(function: Function, samples: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Run a function on the inputs that it takes, some rows at a time, without compiling it."""
    import tensorflow as tf

    inputs = {name: samples[name] for name in taken_by(function)}
    return by_rows(lambda part: function(*map(tf.constant, part.values())), inputs, ROWS_AT_ONCE)


def returning(function: Callable[..., Any], name: str, tensors: Mapping[str, Any]) -> Function:
    """Return a user's function with all that it returns in a dict by name."""

    def named(*given: Any) -> dict[str, Any]:
        return named_outputs(function(*given), None, "output", tensors)

    named.input_names = taken_by(function)  # type: ignore[attr-defined]
    named.__name__ = name
    return named


def default_endpoint(names: Sequence[str]) -> str:
    """Return the endpoint that a request without a name gets: reconstruct, where there is one."""
    return next((name for name in DEFAULTS if name in names), names[0])


def _judged(score: Function, threshold: float) -> Function:
    """Return the score with the decision beside it: is_anomaly = score > threshold."""

    def judged(*tensors: Any) -> dict[str, Any]:
        outputs = score(*tensors)
        return {**outputs, "is_anomaly": outputs["score"] > threshold}

    judged.input_names = taken_by(score)  # type: ignore[attr-defined]
    judged.kind = kind_of(score)  # type: ignore[attr-defined]
    return judged


def _in_data_types(
    function: Function, inputs: Sequence[TensorInfo], types: Mapping[str, str], images: bool
) -> Function:
    """Return the function with uint8 images in and out, where a model of floats gets those."""
    from keras import ops

    wanted = [types.get(tensor.name, tensor.dtype) for tensor in inputs]

    def typed(*tensors: Any) -> dict[str, Any]:
        values = [
            value if tensor.dtype == dtype else ops.cast(value, dtype)
            for value, tensor, dtype in zip(tensors, inputs, wanted, strict=True)
        ]
        outputs = function(*values)
        if images and "reconstruction" in outputs:
            rounded = ops.round(ops.clip(outputs["reconstruction"], 0.0, 255.0))
            outputs = {**outputs, "reconstruction": ops.cast(rounded, "uint8")}
        # An output that is an input as it came needs an operation that makes it.
        return {
            name: ops.copy(output) if any(output is each for each in tensors) else output
            for name, output in outputs.items()
        }

    return typed


@contextlib.contextmanager
def _without_bitcasts() -> Iterator[None]:
    """Let Keras tell the sign of a zero by arithmetic while a function is traced.

    Its `argmax` and `argmin` take -0.0 for less than 0.0, by the bits of a float, which neither
    TFLite nor ONNX can look at. 1 / -0.0 is minus infinity.
    """
    keras_numpy: Any = importlib.import_module(_KERAS_NUMPY)
    original = keras_numpy.signbit

    def signbit(x: Any) -> Any:
        import tensorflow as tf

        x = tf.convert_to_tensor(x)
        if not x.dtype.is_floating:
            return original(x)
        return tf.logical_or(x < 0, tf.logical_and(tf.equal(x, 0.0), 1.0 / x < 0))

    keras_numpy.signbit = signbit
    try:
        yield
    finally:
        keras_numpy.signbit = original


def _traced(endpoint: Endpoint) -> Endpoint:
    """Trace the endpoint; return it with what it gives."""
    try:
        concrete = concrete_function(endpoint.traceable(), endpoint.specs())
    except Exception as error:
        # What a layer can't do in a graph, or with sizes that are free, it says in its own way.
        inputs = "; ".join(tensor.text for tensor in endpoint.signature.inputs)
        raise UnsupportedModelError(
            f"`{endpoint.name}` of {inputs} can't be made a graph, which every format needs. To "
            "fix it, write the layer that fails with keras.ops, or give `keras.Input` every size. "
            f"Keras says: {first_line(error)}"
        ) from error
    outputs = concrete.structured_outputs
    batch = endpoint.signature.inputs[0].shape[0]
    scalars = [name for name, value in outputs.items() if not value.shape.rank]
    if scalars:
        raise ValueError(
            f"Every output of `{endpoint.name}` must have the batch as its first axis: a server "
            f"answers row by row. Received: {', '.join(scalars)} without one"
        )
    infos = tuple(
        TensorInfo(
            name,
            tuple(value.shape.as_list() if batch else (None, *value.shape[1:].as_list())),
            value.dtype.name,
        )
        for name, value in sorted(outputs.items())
    )
    whole = [name for name, value in outputs.items() if not is_float(value)]
    rounded = tuple(name for name in sorted(whole) if comes_from_floats(outputs[name]))
    signature = replace(endpoint.signature, outputs=infos)
    return replace(endpoint, signature=signature, rounded=rounded)
