"""A TFLite file as objects that can be looked at, changed and written again."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from keras_ae.export.formats.narrow_nodes import Node, places_only
from keras_ae.export.formats.tflite.contents import tflite_builtins

_ALIGNMENT = 16  # bytes, of the weights in a file: what the interpreter's kernels expect
# The first versions of DEQUANTIZE that take int8, float16, and a scale for each channel.
DEQUANTIZE_INT8, DEQUANTIZE_FLOAT16, DEQUANTIZE_CHANNELS = 2, 3, 5
# The layers: which input is the kernel, and which are constants of the layer.
KERNELS = {
    "FULLY_CONNECTED": (1, (1, 2)),
    "CONV_2D": (1, (1, 2)),
    "DEPTHWISE_CONV_2D": (1, (1, 2)),
    "TRANSPOSE_CONV": (1, (1, 3)),
}
_DIVIDES = {"SLICE", "SPLIT", "SPLIT_V", "STRIDED_SLICE", "UNPACK"}


class TFLiteGraph:
    """A TFLite model, unpacked.

    Args:
        content: Bytes of the file.

    Attributes:
        model: The schema's `ModelT`.
    """

    def __init__(self, content: bytes) -> None:
        from ai_edge_litert import schema_py_generated as schema

        self.schema: Any = schema
        self.model: Any = schema.ModelT.InitFromPackedBuf(bytearray(content), 0)

    def to_bytes(self) -> bytes:
        """Return the file; equal numbers are stored once, unused constants not at all."""
        import flatbuffers

        self._share_buffers()

        stored: dict[tuple[str, bytes], Any] = {}

        class Builder(flatbuffers.Builder):
            def CreateNumpyVector(self, x: Any) -> Any:  # noqa: N802
                # A layer of 3136 channels has as many scales, at its kernel and its bias.
                key = x.dtype.str, x.tobytes()
                if key not in stored:
                    stored[key] = super().CreateNumpyVector(x)
                return stored[key]

            def StartVector(self, size: int, count: int, alignment: int) -> Any:  # noqa: N802
                alignment = _ALIGNMENT if size == 1 else alignment
                return super().StartVector(size, count, alignment)

        builder = Builder(1024)
        builder.Finish(self.model.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())

    def operation(self, operator: Any) -> str:
        """Return an operator's type."""
        code = self.model.operatorCodes[operator.opcodeIndex]
        number = max(code.builtinCode, code.deprecatedBuiltinCode)
        return tflite_builtins().get(number, str(number))

    def constant(self, subgraph: Any, index: int) -> Any:
        """Return a tensor's stored float32 numbers; None for a tensor without."""
        if index < 0 or subgraph.tensors[index].type != self.schema.TensorType.FLOAT32:
            return None
        data = self.model.buffers[subgraph.tensors[index].buffer].data
        if data is None or not len(data):
            return None
        return np.frombuffer(bytes(data), "<f4")

    def layer_constants(self, subgraph: Any, operator: Any) -> list[int]:
        """Return the tensors of a layer's kernel and bias; empty for other operations."""
        kernel, places = KERNELS.get(self.operation(operator), (-1, ()))
        inputs = list(operator.inputs)
        if kernel < 0 or (numbers := self.constant(subgraph, inputs[kernel])) is None:
            return []
        if places_only(numbers):
            return []
        indices = [inputs[place] for place in places if place < len(inputs)]
        return [index for index in indices if self.constant(subgraph, index) is not None]

    def nodes(self, subgraph: Any) -> list[Node]:
        """Return a subgraph's operations, with numbers for its tensors."""
        return [self._node(subgraph, operator) for operator in subgraph.operators]

    def name(self, subgraph: Any, index: int) -> str:
        """Return a tensor's name."""
        name = subgraph.tensors[index].name
        return name.decode() if isinstance(name, bytes) else str(name)

    def add_buffer(self, data: bytes) -> int:
        """Return the place of new data in the file's table of buffers."""
        buffer = self.schema.BufferT()
        buffer.data = np.frombuffer(data, "uint8")
        self.model.buffers.append(buffer)
        return len(self.model.buffers) - 1

    def dequantize(self, subgraph: Any, index: int, version: int) -> None:
        """Put a DEQUANTIZE to float32 between a constant and all that read it."""
        wide, operator = self.schema.TensorT(), self.schema.OperatorT()
        wide.name = f"{self.name(subgraph, index)}_float32".encode()
        wide.shape, wide.type, wide.buffer = (
            subgraph.tensors[index].shape,
            self.schema.TensorType.FLOAT32,
            0,
        )
        place = len(subgraph.tensors)
        subgraph.tensors.append(wide)
        for reader in subgraph.operators:
            reader.inputs = [place if int(i) == index else int(i) for i in reader.inputs]
        operator.opcodeIndex = self._operator_code("DEQUANTIZE", version)
        operator.inputs, operator.outputs = [index], [place]
        subgraph.operators.insert(0, operator)

    def tables(self, subgraph: Any) -> list[Any]:
        """Return the GATHERs that look up rows of a stored table, such as an embedding's."""
        return [
            operator
            for operator in subgraph.operators
            if self.operation(operator) == "GATHER"
            and self.constant(subgraph, int(operator.inputs[0])) is not None
            and len(subgraph.tensors[int(operator.inputs[0])].shape) == 2
        ]

    def quantize_table(self, subgraph: Any, operator: Any) -> None:
        """Store a GATHER's table in int8 with one scale; a DEQUANTIZE follows it."""
        index, end = int(operator.inputs[0]), int(operator.outputs[0])
        numbers = self.constant(subgraph, index)
        scale = float(np.abs(numbers).max(initial=0.0)) / 127 or 1.0
        narrow = {}
        for place, name in ((index, "_int8"), (end, "_narrow")):
            tensor, parameters = self.schema.TensorT(), self.schema.QuantizationParametersT()
            parameters.scale = np.array([scale], "float32")
            parameters.zeroPoint = np.zeros(1, "int64")
            old = subgraph.tensors[place]
            tensor.name = f"{self.name(subgraph, place)}{name}".encode()
            tensor.shape, tensor.shapeSignature = old.shape, old.shapeSignature
            tensor.type, tensor.quantization, tensor.buffer = (
                self.schema.TensorType.INT8,
                parameters,
                0,
            )
            narrow[place] = len(subgraph.tensors)
            subgraph.tensors.append(tensor)
        stored = np.rint(numbers / np.float32(scale)).astype("int8")
        subgraph.tensors[narrow[index]].buffer = self.add_buffer(stored.tobytes())
        operator.inputs = [narrow[index], *(int(i) for i in operator.inputs[1:])]
        operator.outputs = [narrow[end]]
        wide = self.schema.OperatorT()
        wide.opcodeIndex = self._operator_code("DEQUANTIZE", DEQUANTIZE_INT8)
        wide.inputs, wide.outputs = [narrow[end]], [end]
        subgraph.operators.insert(subgraph.operators.index(operator) + 1, wide)
        if not self.readers(subgraph)[index]:
            subgraph.tensors[index].buffer = 0  # or the file would keep the wide table

    def readers(self, subgraph: Any) -> Counter[int]:
        """Count the uses of each tensor, as an operation's input or as the graph's output."""
        uses = Counter(int(i) for operator in subgraph.operators for i in operator.inputs)
        return uses + Counter(int(i) for i in subgraph.outputs)

    def rename_ends(self, subgraph: Any, side: str, names: dict[int, int]) -> None:
        """Put other tensors into a subgraph's inputs or outputs, and into its signature."""
        ends = [names.get(int(i), int(i)) for i in getattr(subgraph, side)]
        setattr(subgraph, side, ends)
        for signature in self.model.signatureDefs or []:
            if self.model.subgraphs[signature.subgraphIndex] is subgraph:
                for entry in getattr(signature, side):
                    entry.tensorIndex = names.get(entry.tensorIndex, entry.tensorIndex)

    def _operator_code(self, name: str, version: int) -> int:
        number = getattr(self.schema.BuiltinOperator, name)
        for index, code in enumerate(self.model.operatorCodes):
            if max(code.builtinCode, code.deprecatedBuiltinCode) == number:
                code.version = max(code.version, version)
                return index
        code = self.schema.OperatorCodeT()
        code.builtinCode, code.version = number, version
        code.deprecatedBuiltinCode = min(number, 127)
        self.model.operatorCodes.append(code)
        return len(self.model.operatorCodes) - 1

    def _share_buffers(self) -> None:
        first: dict[bytes, int] = {}
        used = {entry.buffer for entry in self.model.metadata or []}
        for subgraph in self.model.subgraphs:
            for tensor in subgraph.tensors:
                data = self.model.buffers[tensor.buffer].data
                if data is not None and len(data):
                    tensor.buffer = first.setdefault(bytes(data), tensor.buffer)
                used.add(tensor.buffer)
        for index, buffer in enumerate(self.model.buffers):
            if index not in used:
                buffer.data = None

    def _node(self, subgraph: Any, operator: Any) -> Node:
        operation = self.operation(operator)
        layer = self.layer_constants(subgraph, operator)
        indices = [int(i) for i in operator.inputs if i >= 0]
        constants = [i for i in indices if self.constant(subgraph, i) is not None]
        floats = {
            i: subgraph.tensors[i].type == self.schema.TensorType.FLOAT32
            for i in (*indices, *map(int, operator.outputs))
        }
        inputs = [i for i in indices if floats[i] and i not in constants]
        return Node(
            operation,
            () if operation == "SHAPE" else tuple(map(str, inputs)),
            tuple(str(i) for i in map(int, operator.outputs) if floats[i]),
            weighted=bool(layer),
            scaled=bool(constants) and not layer,
            divides=operation in _DIVIDES and self._channels_differ(subgraph, operator),
        )

    def _channels_differ(self, subgraph: Any, operator: Any) -> bool:
        source = operator.inputs[1 if self.operation(operator) == "SPLIT" else 0]
        shapes = [subgraph.tensors[int(i)].shape for i in (source, operator.outputs[0])]
        sizes = [int(shape[-1]) if shape is not None and len(shape) else 1 for shape in shapes]
        return sizes[0] != sizes[1]
