"""Convert a SavedModel's endpoints to ONNX, a file each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from keras_ae.export.formats import exact_functions as exact
from keras_ae.export.formats.convert import Conversion
from keras_ae.export.formats.onnx import quantize
from keras_ae.export.formats.onnx.onnx_format import OnnxFormat
from keras_ae.export.formats.precisions import FLOAT16, FLOAT32, INT8_DYNAMIC
from keras_ae.export.formats.saved_model.rewrites import Rewrite, frozen_signature, load_source
from keras_ae.export.staging import read_arrays

# What tf2onnx lacks, written with what it has.
FOR_ONNX: Mapping[str, Rewrite] = {
    "Erfc": exact.erfc,
    "Expm1": exact.expm1,
    "Log1p": exact.log1p,
}
BATCH = "batch"  # the name of the free axis


def convert(tell: Callable[[str], None], conversion: Conversion) -> None:
    """Convert, in a child process: tf2onnx counts names globally, so bytes repeat only there.

    Args:
        tell: Called with the path of each file that is written.
        conversion: What to convert; its option `opset` is the version of ONNX's operations.
    """
    import onnx

    loaded = load_source(conversion.directory)
    samples = read_arrays(conversion.calibration) if conversion.calibration else {}
    metadata = conversion.metadata
    for name, inputs in conversion.endpoints.items():
        float_model = to_float32(loaded.signatures[name], inputs, conversion.options["opset"])
        onnx.checker.check_model(float_model, full_check=True)
        for precision in conversion.precisions:
            model = _make_precision(float_model, precision, samples.get(name, {}))
            del model.metadata_props[:]
            onnx.helper.set_model_props(model, {**metadata, "keras_ae.endpoint": name})
            model.producer_name, model.producer_version = "keras_ae", metadata["keras_ae.version"]
            file = Path(conversion.directory, OnnxFormat().file_name(name, precision))
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(model.SerializeToString(deterministic=True))
            tell(file.relative_to(conversion.directory).as_posix())


def to_float32(signature: Any, inputs: Sequence[str], opset: int) -> Any:
    """Return a signature of a loaded SavedModel as a float32 `onnx.ModelProto`.

    tf2onnx numbers free dimensions: the batch axis becomes `batch` everywhere, another one is
    called by its tensor and place.
    """
    import tf2onnx

    # What isn't a variable (the statistics of a Normalization) would become inputs otherwise.
    made, _, outputs = frozen_signature(signature, inputs, FOR_ONNX)
    tensors = [each.name for each in (*made.inputs, *made.outputs)]
    names = [*inputs, *outputs]
    model, _ = tf2onnx.convert.from_graph_def(
        made.graph.as_graph_def(),
        input_names=tensors[: len(inputs)],
        output_names=tensors[len(inputs) :],
        opset=opset,
        tensors_to_rename=dict(zip(tensors, names, strict=True)),
    )
    del model.graph.value_info[:]
    for tensor in (*model.graph.input, *model.graph.output):
        for place, size in enumerate(tensor.type.tensor_type.shape.dim):
            if not size.dim_value:
                size.dim_param = f"{tensor.name}_{place}" if place else BATCH
    _align_transposed_convolutions(model.graph)
    _rename_constants(model.graph)
    return model


def _align_transposed_convolutions(graph: Any) -> None:
    """Say where a transposed convolution is cropped, as TensorFlow does: less at the start.

    Where tf2onnx doesn't know the size of the input (behind a Dense layer on maps) it writes the
    size of the output alone, and ONNX then crops more at the start: all is moved by one.
    """
    import onnx

    for node in graph.node:
        given = {attribute.name for attribute in node.attribute}
        cropped = node.op_type == "ConvTranspose" and "output_shape" in given
        if cropped and not given & {"pads", "auto_pad"}:
            node.attribute.append(onnx.helper.make_attribute("auto_pad", "SAME_UPPER"))


def _rename_constants(graph: Any) -> None:
    """Name and order the constants by their first use.

    TensorFlow merges equal constants and keeps the name of any of them, another one in each run.
    """
    held = {constant.name: constant for constant in graph.initializer}
    inner = {
        name
        for node in graph.node
        for attribute in node.attribute
        for inside in (attribute.g, *attribute.graphs)
        for each in inside.node
        for name in each.input
    }
    names: dict[str, str] = {}
    for node in graph.node:
        for place, name in enumerate(node.input):
            if name in held and name not in inner:
                node.input[place] = names.setdefault(name, f"{node.name}/input_{place}")
    used = [held.pop(name) for name in names]
    for constant in used:
        constant.name = names[constant.name]
    rest = sorted(held.values(), key=lambda constant: constant.name)
    ordered = [type(each).FromString(each.SerializeToString()) for each in (*used, *rest)]
    del graph.initializer[:]
    graph.initializer.extend(ordered)


def _make_precision(float_model: Any, precision: str, calibration: dict[str, Any]) -> Any:
    import onnx

    model = onnx.ModelProto()
    model.CopyFrom(float_model)
    if precision == FLOAT32:
        return model
    if precision == FLOAT16:
        return quantize.to_float16(model)
    if precision == INT8_DYNAMIC:
        return quantize.quantize_dynamic(model)
    return quantize.quantize_static(model, calibration)
