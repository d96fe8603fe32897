"""What survives in no format, and what doesn't in several of them."""

from __future__ import annotations

from typing import Any

from keras_ae.export._traced_graph import TracedOperation
from keras_ae.export.formats.operation_names import is_table, unwanted
from keras_ae.export.formats.rule import Rule


def _is_text(traced: TracedOperation) -> bool:
    """Whether an operation works on strings, or calls Python: of a table, its keys or values."""
    operation = traced.operation
    if is_table(operation.type):
        return any(each.dtype == "string" for each in (*operation.inputs, *operation.outputs))
    found = unwanted(operation.type) is not None
    return found and not _is_random(traced) and "Variable" not in operation.type


def _is_random(traced: TracedOperation) -> bool:
    return "random" in (unwanted(traced.operation.type) or "")


def _grouped(traced: TracedOperation) -> bool:
    data, kernel = (tensor.shape for tensor in traced.operation.inputs[:2])
    return data[channel_axis(traced.operation)] != kernel[-2]


def channel_axis(operation: Any) -> int:
    """Return the axis of the channels in a convolution's data."""
    return -1 if operation.get_attr("data_format").endswith(b"C") else 1


_PREPARE = "prepare the data before it enters the model, and start the model after this layer"
LOOSE = "compute it outside of the model, or write it with other operations"

# In every format.
COMMON_RULES = (
    Rule(
        ".*",
        "it draws random numbers at inference",
        "give the noise to the model as an input (epsilon), or return the mean when `training` "
        "is false",
        _is_random,
    ),
    Rule(
        "Assign.*VariableOp|ResourceScatter.*",
        "it changes a variable at inference",
        "change it only when `training` is true",
    ),
    Rule(
        ".*",
        "it needs strings or Python at inference",
        _PREPARE,
        _is_text,
    ),
)

# In those whose files have no tables.
NO_TABLES = Rule(
    ".*",
    "it looks numbers up in a table, which files of this format lack",
    _PREPARE,
    lambda traced: is_table(traced.operation.type) and not _is_text(traced),
)

NO_AREA_RESIZE = Rule(
    "ResizeArea",
    "it doesn't survive the conversion",
    "resize by bilinear or nearest interpolation",
)

NO_GROUPED_CONV_3D = Rule(
    "Conv3D",
    "there is no grouped convolution of three axes",
    "use groups=1",
    _grouped,
)

NO_FLOAT64 = Rule(
    "(?!Cast|Identity|Const|EnsureShape|Shape|NoOp).*",
    "it isn't computed in float64 there",
    "cast to float32 at once, with what float32 would round away subtracted before the model",
    lambda traced: any(each.dtype == "float64" for each in traced.operation.inputs),
)
