"""An ONNX model's graph, and the few changes that fewer bits need."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from keras_ae.export.formats.narrow_nodes import Node, places_only

KERNELS = {"Conv": 0, "ConvTranspose": 1, "Gemm": None, "MatMul": 1}  # and the output channels
_FIXED = {"Resize": (1, 2)}  # inputs that are float32 whatever the data is
_DIVIDES = {"Slice", "Split"}


class OnnxGraph:
    """An ONNX model that is changed.

    Args:
        model: `onnx.ModelProto`; it is copied.

    Attributes:
        model: The copy.
    """

    def __init__(self, model: Any) -> None:
        import onnx

        self.onnx: Any = onnx
        self.model: Any = onnx.ModelProto()
        self.model.CopyFrom(model)
        for place, node in enumerate(self.model.graph.node):
            node.name = node.name or f"{node.op_type}_{place}"

    @property
    def constants(self) -> dict[str, Any]:
        """The stored float32 tensors by name."""
        return {
            tensor.name: tensor
            for tensor in self.model.graph.initializer
            if tensor.data_type == self.onnx.TensorProto.FLOAT
        }

    def layers(self) -> list[Any]:
        """Return the operations that multiply by a stored kernel."""
        constants = self.constants
        return [node for node in self.model.graph.node if self._is_layer(node, constants)]

    def nodes(self) -> list[Node]:
        """Return the operations."""
        constants, floats, shapes = self.constants, self._float_tensors(), self._shapes()
        return [self._node(node, constants, floats, shapes) for node in self.model.graph.node]

    def fixed_batch(self) -> int | None:
        """Return the batch size, None where it is free."""
        size = self.model.graph.input[0].type.tensor_type.shape.dim[0]
        return int(size.dim_value) or None

    def merge_biases(self) -> None:
        """Make a layer's Add of a stored vector its bias: the quantizer keeps those in 32 bits."""
        constants, shapes = self.constants, self._shapes()
        graph = self.model.graph
        for node in self.layers():
            readers = [other for other in graph.node if node.output[0] in other.input]
            outputs = [output.name for output in graph.output]
            if len(readers) != 1 or readers[0].op_type != "Add" or node.output[0] in outputs:
                continue
            add = readers[0]
            bias = next((name for name in add.input if name in constants), None)
            if bias is None or len(node.input) > 2:
                continue
            vector = self._as_bias(node, constants, bias, shapes)
            if vector is None:
                continue
            name = self._store(f"{node.name}_bias", vector)
            if node.op_type == "MatMul":
                node.op_type = "Gemm"
            node.input.append(name)
            node.output[0] = add.output[0]
            graph.node.remove(add)
        self._drop_unused()

    def to_float16(self, narrow: Collection[int]) -> None:
        """Make operations compute in float16, with a Cast where they meet others."""
        proto, graph = self.onnx.TensorProto, self.model.graph
        constants, floats = self.constants, self._float_tensors()
        nodes = list(graph.node)
        made = {name for place in narrow for name in nodes[place].output if name in floats}
        ends = {output.name for output in graph.output}
        renamed = {name: f"{name}_float16" for name in made if name in ends}
        halves: dict[str, str] = {}
        placed: list[Any] = []
        casts: set[str] = set()

        def cast(source: str, target: str, kind: int) -> str:
            if target not in casts:
                casts.add(target)
                node = self.onnx.helper.make_node("Cast", [source], [target], target, to=kind)
                placed.append(node)
            return target

        for place, node in enumerate(nodes):
            for index, name in enumerate(node.input):
                fixed = index in _FIXED.get(node.op_type, ())
                if place in narrow and not fixed and name in constants:
                    if name not in halves:
                        numbers = self.onnx.numpy_helper.to_array(constants[name])
                        halves[name] = self._store(f"{name}_float16", numbers.astype("float16"))
                    node.input[index] = halves[name]
                elif place in narrow and not fixed and name in floats:
                    narrow_name = renamed.get(name, name)
                    if name not in made:
                        narrow_name = cast(name, f"{name}_float16", proto.FLOAT16)
                    node.input[index] = narrow_name
                elif place not in narrow and name in made and node.op_type != "Shape":
                    source = renamed.get(name, name)
                    node.input[index] = (
                        name if name in ends else cast(source, f"{name}_float32", proto.FLOAT)
                    )
            placed.append(node)
            if place in narrow:
                for index, name in enumerate(node.output):
                    if name in renamed:
                        node.output[index] = renamed[name]
                        cast(renamed[name], name, proto.FLOAT)
        del graph.value_info[:]
        placed = [_copy(node) for node in placed]
        del graph.node[:]
        graph.node.extend(placed)
        self._drop_unused()

    def store_int8(self, operation: str) -> None:
        """Store the kernels of layers of this type in int8, before a DequantizeLinear."""
        graph, constants = self.model.graph, self.constants
        for node in [node for node in self.layers() if node.op_type == operation]:
            name, axis = node.input[1], KERNELS[node.op_type]
            numbers = self.onnx.numpy_helper.to_array(constants[name])
            others = tuple(i for i in range(numbers.ndim) if i != axis)
            largest = np.abs(numbers).max(axis=others, keepdims=True)
            scale = np.where(largest > 0, largest / 127, 1).astype("float32")
            stored = np.rint(numbers / scale).astype("int8")
            inputs = [
                self._store(f"{name}_int8", stored),
                self._store(f"{name}_scale", scale.reshape(-1)),
                self._store(f"{name}_zero_point", np.zeros(scale.size, "int8")),
            ]
            wide = f"{name}_dequantized"
            node.input[1] = wide
            new = self.onnx.helper.make_node(
                "DequantizeLinear", inputs, [wide], f"{wide}_node", axis=axis
            )
            graph.node.insert(0, new)
        self._drop_unused()

    def store_tables(self, float16: bool) -> None:
        """Store what a Gather looks rows up in, such as an embedding, in float16 or int8.

        In int8 every column has a scale. The rows are float32 again behind the Gather.
        """
        graph, constants = self.model.graph, self.constants
        for node in [node for node in graph.node if node.op_type == "Gather"]:
            name = node.input[0]
            if name not in constants or len(constants[name].dims) != 2 or _axis(node):
                continue
            numbers = self.onnx.numpy_helper.to_array(constants[name])
            rows = f"{node.output[0]}_narrow"
            if float16:
                inputs, kind = [rows], "Cast"
                node.input[0] = self._store(f"{name}_table", numbers.astype("float16"))
                options = {"to": self.onnx.TensorProto.FLOAT}
            else:
                largest = np.abs(numbers).max(axis=0)
                scale = np.where(largest > 0, largest / 127, 1).astype("float32")
                node.input[0] = self._store(
                    f"{name}_table", np.rint(numbers / scale).astype("int8")
                )
                zero = self._store(f"{name}_table_zero_point", np.zeros(scale.size, "int8"))
                inputs, kind = (
                    [rows, self._store(f"{name}_table_scale", scale), zero],
                    "DequantizeLinear",
                )
                options = {"axis": -1}
            wide = self.onnx.helper.make_node(
                kind, inputs, [node.output[0]], f"{rows}_node", **options
            )
            node.output[0] = rows
            graph.node.insert(list(graph.node).index(node) + 1, wide)
        del graph.value_info[:]
        self._drop_unused()

    def _node(
        self, node: Any, constants: Collection[str], floats: Collection[str], shapes: Any
    ) -> Node:
        fixed = _FIXED.get(node.op_type, ())
        read = [name for place, name in enumerate(node.input) if place not in fixed]
        layer = self._is_layer(node, self.constants)
        sizes = [shapes.get(name, (None,))[-1:] for name in (node.input[:1] + node.output[:1])]
        return Node(
            node.op_type,
            tuple(name for name in read if name in floats and node.op_type != "Shape"),
            tuple(name for name in node.output if name in floats),
            weighted=layer,
            scaled=not layer and any(name in constants for name in read),
            divides=node.op_type in _DIVIDES and sizes[0] != sizes[-1],
        )

    def _is_layer(self, node: Any, constants: dict[str, Any]) -> bool:
        if node.op_type not in KERNELS or node.input[1] not in constants:
            return False
        return not places_only(self.onnx.numpy_helper.to_array(constants[node.input[1]]))

    def _as_bias(
        self, node: Any, constants: dict[str, Any], bias: str, shapes: dict[str, tuple[int, ...]]
    ) -> np.ndarray | None:
        numbers = self.onnx.numpy_helper.to_array(constants[bias])
        kernel = constants[node.input[1]].dims
        if node.op_type == "MatMul":
            flat = len(kernel) == 2 and len(shapes.get(node.input[0], ())) == 2
            return numbers if flat and numbers.shape == (kernel[1],) else None
        if node.op_type not in ("Conv", "ConvTranspose"):
            return None
        groups = next((each.i for each in node.attribute if each.name == "group"), 1)
        channels = kernel[KERNELS[node.op_type]]
        fits = numbers.shape == (1, channels, *[1] * (len(kernel) - 2))
        return numbers.reshape(-1) if fits and groups == 1 else None

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of tensors, where they are known; a free size is 0."""
        inferred = self.onnx.shape_inference.infer_shapes(self.model).graph
        return {
            each.name: tuple(size.dim_value for size in each.type.tensor_type.shape.dim)
            for each in (*inferred.value_info, *inferred.input, *inferred.output)
            if each.type.tensor_type.HasField("shape")
        }

    def _float_tensors(self) -> set[str]:
        """Return the float32 tensors that are not stored."""
        inferred = self.onnx.shape_inference.infer_shapes(self.model).graph
        float32 = self.onnx.TensorProto.FLOAT
        return {
            each.name
            for each in (*inferred.value_info, *inferred.input, *inferred.output)
            if each.type.tensor_type.elem_type == float32
        } - set(self.constants)

    def _store(self, name: str, numbers: np.ndarray) -> str:
        tensor = self.onnx.numpy_helper.from_array(np.ascontiguousarray(numbers), name)
        self.model.graph.initializer.append(tensor)
        return name

    def _drop_unused(self) -> None:
        used = {name for node in self.model.graph.node for name in node.input}
        kept = [_copy(each) for each in self.model.graph.initializer if each.name in used]
        del self.model.graph.initializer[:]
        self.model.graph.initializer.extend(kept)


def _axis(node: Any) -> int:
    return next((int(each.i) for each in node.attribute if each.name == "axis"), 0)


def _copy(message: Any) -> Any:
    copy = type(message)()
    copy.CopyFrom(message)
    return copy
