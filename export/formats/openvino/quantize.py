"""Make int8 OpenVINO models with NNCF."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_ae.export.formats.calibration import calibration_batches
from keras_ae.export.formats.narrow_nodes import Node, narrow_nodes, places_only
from keras_ae.export.formats.openvino.graph import KERNELS, SAME_NUMBERS

# What stands between layers and only carries their numbers on.
# fmt: off
_CARRIERS = {
    "Add", "AvgPool", "Clamp", "Concat", "Convert", "Interpolate", "MaxPool", "Pad", "PRelu",
    "Relu", "Reshape", "Slice", "Squeeze", "StridedSlice", "Transpose", "Unsqueeze",
}
# fmt: on
_DIVIDES = {"Gather", "Slice", "Split", "StridedSlice", "VariadicSplit"}


def quantize_static(model: Any, calibration: Mapping[str, np.ndarray]) -> Any:
    """Return a model whose layers are int8, with ranges from calibration data.

    The layers that may be narrow are those of the ONNX files, and a tensor's range is from its
    smallest to its largest number there too. NNCF's own defaults lose more: it quantizes the
    likelihood as well, and shifts biases by what a few hundred examples show.

    Args:
        model: `openvino.Model` in float32.
        calibration: Dict from the inputs' names to arrays.

    Returns:
        A new `openvino.Model`: int8 kernels with a scale a channel, of which 7 bits are used, as
        x86 processors without VNNI need; `FakeQuantize` on what the layers read.
    """
    os.environ["NNCF_CI"] = "1"  # it reports each use to its makers otherwise
    import nncf

    nncf.set_log_level(logging.ERROR)
    operations = [each for each in model.get_ordered_ops() if each.inputs() and each.outputs()]
    nodes = [_node(each) for each in operations]
    narrow = {place for place in narrow_nodes(nodes, _CARRIERS) if nodes[place].weighted}
    others = [
        each.get_friendly_name() for place, each in enumerate(operations) if place not in narrow
    ]
    size = model.inputs[0].get_partial_shape()[0]
    batches = list(
        calibration_batches(calibration, None if size.is_dynamic else size.get_length())
    )
    ends = nncf.quantization.range_estimator.RangeEstimatorParametersSet.MINMAX
    return nncf.quantize(
        model,
        nncf.Dataset(batches),
        target_device=nncf.TargetDevice.CPU,
        subset_size=len(batches),
        ignored_scope=nncf.IgnoredScope(names=others, validate=False),
        advanced_parameters=nncf.AdvancedQuantizationParameters(
            overflow_fix=nncf.quantization.advanced_parameters.OverflowFix.ENABLE,
            disable_bias_correction=True,
            activations_range_estimator_params=ends,
        ),
    )


def _node(operation: Any) -> Node:
    """Return an operation as far as it reads and makes floats."""
    kind = operation.get_type_name()
    sources = [each.get_source_output() for each in operation.inputs()]
    stored = [stored_constant(each.get_node()) for each in sources]
    kernels = [stored[i] for i in KERNELS.get(kind, ()) if i < len(stored)]
    layer = any(each is not None and not places_only(each.data) for each in kernels)
    read = [i for i, each in enumerate(sources) if _is_float(each)]
    return Node(
        kind,
        tuple(_name(sources[i]) for i in read if stored[i] is None),
        tuple(_name(each) for each in operation.outputs() if _is_float(each)),
        weighted=layer,
        scaled=not layer and any(stored[i] is not None for i in read),
        divides=kind in _DIVIDES and _channels(operation.output(0)) != _channels(sources[0]),
    )


def stored_constant(node: Any) -> Any:
    """Return the constant that a node has the numbers of, or None if it computes others."""
    while node.get_type_name() in SAME_NUMBERS:
        node = node.input_value(0).get_node()
    return node if node.get_type_name() == "Constant" else None


def _is_float(output: Any) -> bool:
    return bool(output.get_element_type().is_real())


def _name(output: Any) -> str:
    return f"{output.get_node().get_friendly_name()}:{output.get_index()}"


def _channels(output: Any) -> str:
    shape = output.get_partial_shape()
    return str(shape[-1]) if shape.rank.is_static and len(shape) else ""
