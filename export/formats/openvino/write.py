"""Convert a SavedModel's endpoints to OpenVINO, an .xml and a .bin each."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.export.formats import exact_functions as exact
from keras_ae.export.formats.convert import Conversion
from keras_ae.export.formats.openvino.graph import KERNELS
from keras_ae.export.formats.openvino.openvino_format import OpenVINOFormat
from keras_ae.export.formats.openvino.quantize import quantize_static, stored_constant
from keras_ae.export.formats.precisions import FLOAT16, INT8_STATIC
from keras_ae.export.formats.saved_model.rewrites import Rewrite, frozen_signature, load_source
from keras_ae.export.formats.weight import is_matrix
from keras_ae.export.staging import read_arrays

METADATA = "keras_ae"  # where a file's .xml has what it is
# Products of int8 matrices, which OpenVINO reads without an error and computes wrong.
FOR_OPENVINO: Mapping[str, Rewrite] = {"BatchMatMulV3": exact.integer_product}


def convert(tell: Callable[[str], None], conversion: Conversion) -> None:
    """Convert, in a child process.

    Args:
        tell: Called with the path of each file that is written.
        conversion: What to convert.
    """
    import openvino

    loaded = load_source(conversion.directory)
    samples = read_arrays(conversion.calibration) if conversion.calibration else {}
    for name, inputs in conversion.endpoints.items():
        for precision in conversion.precisions:
            model, outputs = to_float32(loaded.signatures[name], inputs)
            if precision == FLOAT16:
                store_float16(model)
            if precision == INT8_STATIC:
                model = quantize_static(model, samples[name])
            facts = {"endpoint": name, "inputs": list(inputs), "outputs": outputs}
            model.set_rt_info(json.dumps({**conversion.metadata, **facts}), METADATA)
            place = OpenVINOFormat().file_name(name, precision)
            file = Path(conversion.directory, place)
            file.parent.mkdir(exist_ok=True)
            openvino.save_model(model, file, compress_to_fp16=False)
            tell(place)


def to_float32(signature: Any, inputs: Sequence[str]) -> tuple[Any, list[str]]:
    """Return a signature of a loaded SavedModel as an `openvino.Model`, and its outputs' names.

    OpenVINO's reader of TensorFlow graphs is told what goes in and out: left alone it takes what
    nothing reads for an output, and calls one that is an input by the input's name.
    `openvino.convert_model` isn't called: it reports to its makers that it was.
    """
    from openvino.frontend import FrontEndManager

    made, _, outputs = frozen_signature(signature, inputs, FOR_OPENVINO)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "graph.pb")
        file.write_bytes(made.graph.as_graph_def().SerializeToString(deterministic=True))
        frontend = FrontEndManager().load_by_framework("tf")
        graph = frontend.load(str(file))
        graph.override_all_inputs([graph.get_place_by_tensor_name(t.name) for t in made.inputs])
        graph.override_all_outputs([graph.get_place_by_tensor_name(t.name) for t in made.outputs])
        model = frontend.convert(graph)
    for port, name in zip(model.inputs, inputs, strict=True):
        port.get_tensor().set_names({name})
    for port, name in zip(model.outputs, outputs, strict=True):
        tensor = port.get_tensor()
        tensor.set_names({*(set(inputs) & tensor.get_names()), name})
    return model, outputs


def store_float16(model: Any) -> None:
    """Store kernels and tables in 16 bits; they are float32 again before their use.

    Other constants, such as a `Normalization`'s mean and the decision's threshold, keep theirs.
    """
    from openvino import opset13

    for constant in list(_kernels(model)):
        narrow = opset13.constant(constant.data.astype("float16"), name=constant.friendly_name)
        wide = opset13.convert(narrow, "f32")
        for target in constant.output(0).get_target_inputs():
            target.replace_source_output(wide.output(0))


def _kernels(model: Any) -> Iterator[Any]:
    """Yield the stored float32 tensors that products multiply with or rows are taken from."""
    found = set()
    for operation in model.get_ordered_ops():
        kind = operation.get_type_name()
        for place in (0,) if kind == "Gather" else KERNELS.get(kind, ()):
            node = stored_constant(operation.input_value(place).get_node())
            if node is None or node.friendly_name in found:
                continue
            if node.data.dtype == np.float32 and is_matrix(node.data.shape):
                found.add(node.friendly_name)
                yield node
