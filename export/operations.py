"""What an artifact really holds, and what it must not hold."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from keras_ae import _checks
from keras_ae.export import _graph_operations
from keras_ae.export._operation_names import is_table, unwanted
from keras_ae.export.errors import ExportError
from keras_ae.export.readers.runtimes import import_runtime

# Domains of operations that ONNX Runtime itself runs and its quantizer writes.
_QUANTIZED_DOMAIN = "com.microsoft."
_PLAIN = "float32"


def read_operations(path: str | os.PathLike[str], format: str) -> dict[str, int]:
    """Return the operations of an artifact and how often each occurs, sorted by name.

    A SavedModel's are those of its graph and all its functions but the ones that only save and
    restore; a variable that isn't of floating-point numbers is named with its type. TFLite's are
    those of all subgraphs, with the custom name where there is one (`FlexErf`). ONNX's are those
    of all graphs, with the domain where it isn't ONNX's own (`com.microsoft.QGemm`).

    Args:
        path: Path of the SavedModel's folder (the one with `saved_model.pb`) or of the file.
        format: String: saved_model, tflite or onnx.

    Raises:
        ExportError: the file isn't of the format.
        MissingDependencyError: the package that reads the format is not installed.
    """
    read = _format(format)[0]
    try:
        counts = read(path)
    except (ValueError, IndexError) as error:
        raise ExportError(f"{os.fspath(path)} can't be read as {format}: {error}") from error
    return dict(sorted(counts.items()))


def forbidden_operations(
    operations: Iterable[str], format: str, precision: str = _PLAIN
) -> list[tuple[str, str]]:
    """Return each operation that an artifact must not hold, and why.

    Args:
        operations: Names, as `read_operations` returns them.
        format: String: saved_model, tflite or onnx.
        precision: String. Only int8 ONNX files may hold ONNX Runtime's own operations.

    Example:
        >>> forbidden_operations({"MatMul": 2, "StatelessRandomNormalV2": 1}, "saved_model")
        [('StatelessRandomNormalV2', 'it draws random numbers')]
    """
    more = _format(format)[1]
    judged = ((each, unwanted(each) or more(each, precision)) for each in operations)
    return [(each, why) for each, why in judged if why is not None]


def check_operations(
    path: str | os.PathLike[str], format: str, precision: str = _PLAIN
) -> dict[str, int]:
    """Return an artifact's operations if all of them may be there.

    Args:
        path: Path of the SavedModel's folder or of the file.
        format: String: saved_model, tflite or onnx.
        precision: String: float32, float16, int8_dynamic or int8_static.

    Raises:
        ExportError: the artifact holds an operation that it must not, or can't be read.
    """
    operations = read_operations(path, format)
    found = forbidden_operations(operations, format, precision)
    if found:
        reasons = "; ".join(f"{each} ({operations[each]}): {why}" for each, why in found)
        raise ExportError(
            f"{os.fspath(path)} holds operations that a {format} artifact must not: {reasons}"
        )
    return operations


def _saved_model_rule(operation: str, precision: str) -> str | None:
    del precision
    if operation in _SEEDS:
        return "a variable of this type is no weight: a seed's state is one"
    return None


def _tflite_rule(operation: str, precision: str) -> str | None:
    del precision
    if operation.startswith("Flex"):
        return "only interpreters with the Select TensorFlow operations run it"
    if operation in {"VAR_HANDLE", "READ_VARIABLE", "CALL_ONCE"}:
        return "it keeps a variable, which belongs to a seed or to training"
    if is_table(operation):
        return "it keeps a table, which few interpreters have"
    if operation not in _graph_operations.tflite_builtins().values():
        return "it is a custom operation, which no stock interpreter runs"
    return None


def _onnx_rule(operation: str, precision: str) -> str | None:
    domain, _, name = operation.rpartition(".")
    if not domain:
        onnx = import_runtime("onnx", "onnx", "read ONNX files")
        return None if onnx.defs.has(name) else "ONNX has no such operation"
    if f"{domain}." == _QUANTIZED_DOMAIN and precision.startswith("int8"):
        return None
    return f"it is of the domain {domain}, which other runtimes don't have"


# Weights of floats, and of 8 or 4 bits of `model.quantize`, may be in a SavedModel.
_SEEDS = ("VarHandleOp(int64)", "VarHandleOp(uint32)")
_Reader = Callable[[str | os.PathLike[str]], Any]
_Rule = Callable[[str, str], str | None]
_FORMATS: dict[str, tuple[_Reader, _Rule]] = {
    "saved_model": (_graph_operations.saved_model_operations, _saved_model_rule),
    "tflite": (_graph_operations.tflite_operations, _tflite_rule),
    "onnx": (_graph_operations.onnx_operations, _onnx_rule),
}


def _format(name: str) -> tuple[_Reader, _Rule]:
    if name not in _FORMATS:
        raise ValueError(
            f"`format` must be one of {', '.join(_FORMATS)}. Received: {_checks.shown(name)}"
        )
    return _FORMATS[name]
