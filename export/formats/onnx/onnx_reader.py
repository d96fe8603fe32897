"""Run `.onnx` files in ONNX Runtime."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import numpy as np

from keras_ae.export.errors import ExportError
from keras_ae.export.formats.reader import Reader, ordered_signature, told_in_one_line
from keras_ae.export.formats.runtimes import import_runtime
from keras_ae.export.signature import Signature, TensorInfo

_TYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float32",  # converted both ways: callers see one type of numbers
    "tensor(double)": "float64",
    "tensor(int8)": "int8",
    "tensor(uint8)": "uint8",
    "tensor(int16)": "int16",
    "tensor(uint16)": "uint16",
    "tensor(int32)": "int32",
    "tensor(uint32)": "uint32",
    "tensor(int64)": "int64",
    "tensor(uint64)": "uint64",
    "tensor(bool)": "bool",
}


class OnnxReader(Reader):
    """An ONNX file in ONNX Runtime, on the CPU. It holds one endpoint.

    The endpoint's name is the file's metadata entry `keras_ae.endpoint`; in other files, what is
    before the first dot of the file's name.

    Args:
        path: Path of the file.
        threads: Integer, threads within an operation; None is the runtime's own choice.

    Raises:
        MissingDependencyError: onnxruntime is not installed.
        ExportError: the file can't be read or isn't a model that the runtime takes.
    """

    def __init__(self, path: str | os.PathLike[str], threads: int | None = None) -> None:
        path = pathlib.Path(path)
        runtime = import_runtime("onnxruntime", "onnxruntime", "run ONNX files")
        options = runtime.SessionOptions()
        options.log_severity_level = 4  # errors come as exceptions, not on the screen too
        if threads is not None:
            options.intra_op_num_threads = threads
            options.inter_op_num_threads = 1
        with told_in_one_line(path, "can't be opened in ONNX Runtime"):
            self._session = runtime.InferenceSession(
                os.fspath(path), options, providers=["CPUExecutionProvider"]
            )
            inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
            metadata = self._session.get_modelmeta().custom_metadata_map
            name = metadata.get("keras_ae.endpoint") or path.name.split(".")[0]
            signature = ordered_signature(
                name, [_tensor(each) for each in inputs], [_tensor(each) for each in outputs]
            )
        self._halves = {x.name for x in inputs if x.type == "tensor(float16)"}
        super().__init__(path, {name: signature})

    def _run(self, signature: Signature, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        feeds = {
            name: array.astype("float16") if name in self._halves else array
            for name, array in arrays.items()
        }
        names = [tensor.name for tensor in signature.outputs]
        with told_in_one_line(self.path, "failed in ONNX Runtime"):
            results = self._session.run(names, feeds)
        return {
            tensor.name: result.astype(tensor.dtype, copy=False)
            for tensor, result in zip(signature.outputs, results, strict=True)
        }

    def _close(self) -> None:
        del self._session


def _tensor(argument: Any) -> TensorInfo:
    if argument.type not in _TYPES:
        raise ExportError(f"`{argument.name}` has the type {argument.type}, not a number's")
    shape = tuple(size if isinstance(size, int) else None for size in argument.shape)
    return TensorInfo(argument.name, shape, _TYPES[argument.type])
