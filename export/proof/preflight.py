"""Refuse, before anything is converted, what would not survive a conversion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from keras_ae.export._traced_graph import TracedOperation, trace
from keras_ae.export.endpoints import Endpoint
from keras_ae.export.errors import UnsupportedModelError
from keras_ae.export.formats import FORMATS
from keras_ae.export.formats.format import Format
from keras_ae.export.formats.rule import Rule

LARGEST_FLOAT16 = 65504.0


def check_model(
    models: Sequence[Any],
    formats: Sequence[str],
    endpoints: Mapping[str, Endpoint],
    options: Mapping[str, Any] | None = None,
) -> None:
    """Refuse endpoints of models that a format's converter or runtime breaks on.

    The functions are traced as they will be saved, and each operation that an output depends on
    is held against what was measured to break. What a layer does only in training is not there: a
    sampling layer that returns its mean at inference passes, one that draws doesn't.

    Args:
        models: Sequence of the Keras models that the endpoints call.
        formats: Sequence of strings.
        endpoints: Dict from name to `Endpoint`.
        options: Dict of formats' own options, such as opset; None for the defaults.

    Raises:
        UnsupportedModelError: something doesn't survive. All of it is listed, each with the
            layer, the format and the fix.
        TypeError: An option is of the wrong type.
    """
    problems: dict[str, list[str]] = {}
    chosen = [FORMATS[name] for name in formats]
    for each in chosen:
        if message := each.wrong_option(options or {}):
            problems[message] = []
    for endpoint in endpoints.values():
        problems.update({message: [endpoint.name] for message in _types(endpoint, formats)})
    rules = _rules(chosen)
    for name, endpoint in endpoints.items():
        for traced in trace(endpoint.traceable(), endpoint.specs(), models):
            for message in _problems(traced, rules, models):
                names = problems.setdefault(message, [])
                if name not in names:
                    names.append(name)
    if problems:
        lines = [
            f"- {message}" + (f" (Endpoints: {', '.join(names)})" if names else "")
            for message, names in problems.items()
        ]
        raise UnsupportedModelError(
            f"{len(lines)} thing(s) can't be exported:\n" + "\n".join(lines)
        )


def check_float16(model: Any) -> None:
    """Refuse weights that float16 would clamp: beyond 65504 in size.

    Args:
        model: Keras model.

    Raises:
        UnsupportedModelError: names each weight and its largest absolute value.
    """
    import numpy as np

    large = []
    for weight in model.weights:
        values = np.asarray(weight.value, dtype="float32") if _is_float(weight) else np.zeros(1)
        largest = float(np.max(np.abs(values), initial=0.0))
        if not largest <= LARGEST_FLOAT16:
            large.append(f"- `{weight.path}`: {largest:.6g}")
    if large:
        raise UnsupportedModelError(
            f"float16 holds no number above {LARGEST_FLOAT16:.0f}, and would clamp these weights. "
            "Export float32, or scale the data that they belong to:\n" + "\n".join(large)
        )


def _is_float(weight: Any) -> bool:
    import keras

    return bool(keras.backend.is_float_dtype(weight.dtype))


def _types(endpoint: Endpoint, formats: Sequence[str]) -> Iterator[str]:
    """Yield a line for each tensor of a type that a format can't take or return."""
    for tensor in (*endpoint.signature.inputs, *endpoint.signature.outputs):
        if lacking := [name for name in formats if tensor.dtype in FORMATS[name].lacks]:
            yield (
                f"`{tensor.name}` of `{endpoint.name}` is {tensor.dtype}, which "
                f"{', '.join(lacking)} can't take or return. To fix it, use another type, such as "
                "the real and the imaginary part of a complex number, or other formats"
            )


def _rules(formats: Sequence[Format]) -> dict[Rule, list[str]]:
    """Return what breaks, each with the formats that it breaks in."""
    broken: dict[Rule, list[str]] = {}
    for each in formats:
        for rule in each.rules:
            broken.setdefault(rule, []).append(each.name)
    return broken


def _problems(
    traced: TracedOperation, rules: Mapping[Rule, Sequence[str]], models: Sequence[Any]
) -> list[str]:
    layer = traced.layer
    if layer is None and len(models) == 1:
        layer = models[0]
    what = "what is outside of the layers"
    if layer is not None:
        what = f"layer `{layer.name}` ({type(layer).__name__})"
    problems = []
    for rule, formats in rules.items():
        if rule.breaks(traced):
            problems.append(
                f"{what} can't be exported to "
                f"{', '.join(formats)}: {rule.why} (operation {traced.operation.type}). "
                f"To fix it, {rule.fix}."
            )
    return problems
