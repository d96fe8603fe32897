"""Run `.tflite` files in LiteRT."""

from __future__ import annotations

import os
import pathlib
import threading
from typing import Any

import numpy as np

from keras_ae.export.errors import ExportError
from keras_ae.export.formats.reader import (
    Quantization,
    Reader,
    ordered_signature,
    told_in_one_line,
)
from keras_ae.export.formats.runtimes import import_runtime
from keras_ae.export.signature import Signature, TensorInfo


class TFLiteReader(Reader):
    """A TFLite file in LiteRT's interpreter. Its endpoints are the file's signatures.

    Where the file takes or returns quantized integers q, callers see the real number
    scale * (q - zero_point). What a scale can't express is cut off at the ends of its range.

    Args:
        path: Path of the file.
        threads: Integer, threads of the interpreter; None is the runtime's own choice.

    Raises:
        MissingDependencyError: ai-edge-litert is not installed.
        ExportError: the file can't be read, isn't a TFLite model, or has no signature.
    """

    def __init__(self, path: str | os.PathLike[str], threads: int | None = None) -> None:
        path = pathlib.Path(path)
        runtime = import_runtime(
            "ai_edge_litert.interpreter", "ai-edge-litert", "run TFLite files"
        )
        signatures: dict[str, Signature] = {}
        quantization: Quantization = {}
        self._runners: dict[str, Any] = {}
        with told_in_one_line(path, "can't be opened in LiteRT"):
            interpreter = runtime.Interpreter(model_path=os.fspath(path), num_threads=threads)
            for name in interpreter.get_signature_list():
                self._runners[name] = runner = interpreter.get_signature_runner(name)
                inputs, outputs = runner.get_input_details(), runner.get_output_details()
                signatures[name] = _signature(name, inputs, outputs)
                if quantized := _quantized(inputs | outputs):
                    quantization[name] = quantized
        if not signatures:
            raise ExportError(f"{path} has no signature: its tensors can't be told apart by name")
        # A runner sets its inputs and reads its outputs in steps: one caller at a time.
        self._lock = threading.Lock()
        super().__init__(path, signatures, quantization)

    def _run(self, signature: Signature, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        quantized = self.quantization.get(signature.name, {})
        feeds = {
            name: _to_integers(array, **quantized[name]) if name in quantized else array
            for name, array in arrays.items()
        }
        with self._lock, told_in_one_line(self.path, "failed in LiteRT"):
            # The runtime plans its memory anew only where a batch size is not the last one.
            results = self._runners[signature.name](**feeds)
        return {
            tensor.name: _to_real(results[tensor.name], **quantized[tensor.name])
            if tensor.name in quantized
            else results[tensor.name]
            for tensor in signature.outputs
        }

    def _close(self) -> None:
        self._runners.clear()


def _signature(name: str, inputs: dict[str, Any], outputs: dict[str, Any]) -> Signature:
    return ordered_signature(
        name,
        [_tensor(*item) for item in inputs.items()],
        [_tensor(*item) for item in outputs.items()],
    )


def _tensor(name: str, details: dict[str, Any]) -> TensorInfo:
    shape = tuple(None if size < 0 else int(size) for size in details["shape_signature"])
    return TensorInfo(
        name, shape, "float32" if _is_quantized(details) else np.dtype(details["dtype"]).name
    )


def _is_quantized(details: dict[str, Any]) -> bool:
    return len(details["quantization_parameters"]["scales"]) > 0


def _quantized(tensors: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "scale": float(details["quantization_parameters"]["scales"][0]),
            "zero_point": int(details["quantization_parameters"]["zero_points"][0]),
            "dtype": np.dtype(details["dtype"]).name,
        }
        for name, details in tensors.items()
        if _is_quantized(details)
    }


def _to_integers(array: np.ndarray, scale: float, zero_point: int, dtype: str) -> np.ndarray:
    limits = np.iinfo(dtype)
    rounded = np.rint(array / np.float32(scale)) + np.float32(zero_point)
    return np.clip(rounded, limits.min, limits.max).astype(dtype)


def _to_real(array: np.ndarray, scale: float, zero_point: int, dtype: str) -> np.ndarray:
    del dtype
    return np.float32(scale) * (array.astype("float32") - np.float32(zero_point))
