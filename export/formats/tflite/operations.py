"""The operations of a TFLite file, and those that it must not hold."""

from __future__ import annotations

import os
import pathlib
from collections import Counter
from typing import Any

from keras_ae.export.errors import ExportError
from keras_ae.export.formats.operation_names import is_table
from keras_ae.export.formats.runtimes import import_runtime


def tflite_operations(path: str | os.PathLike[str]) -> Counter[str]:
    """Count the operations of all subgraphs: `CONV_2D` or, custom ones, `FlexErf`."""
    model, names = tflite_model(path), tflite_builtins()
    codes = [
        tflite_code(model.OperatorCodes(i), names) for i in range(model.OperatorCodesLength())
    ]
    graphs = [model.Subgraphs(i) for i in range(model.SubgraphsLength())]
    return Counter(
        codes[graph.Operators(i).OpcodeIndex()]
        for graph in graphs
        for i in range(graph.OperatorsLength())
    )


def forbidden_in_tflite(operation: str) -> str | None:
    """Return why a TFLite file must not hold an operation; None where it may."""
    if operation.startswith("Flex"):
        return "only interpreters with the Select TensorFlow operations run it"
    if operation in {"VAR_HANDLE", "READ_VARIABLE", "CALL_ONCE"}:
        return "it keeps a variable, which belongs to a seed or to training"
    if is_table(operation):
        return "it keeps a table, which few interpreters have"
    if operation not in tflite_builtins().values():
        return "it is a custom operation, which no stock interpreter runs"
    return None


def tflite_model(path: str | os.PathLike[str]) -> Any:
    """Return the file's flatbuffer as the schema's `Model`."""
    content = pathlib.Path(path).read_bytes()
    if content[4:8] != b"TFL3":
        raise ExportError(f"{path} is not a TFLite file: it lacks the identifier TFL3")
    return _tflite_schema().Model.GetRootAs(content)


def tflite_builtins() -> dict[int, str]:
    """Return the names of TFLite's own operations by their number."""
    operators = vars(_tflite_schema().BuiltinOperator)
    return {code: name for name, code in operators.items() if not name.startswith("_")}


def tflite_types() -> dict[int, str]:
    """Return the names of TFLite's tensor types by their number."""
    types = vars(_tflite_schema().TensorType)
    return {code: name for name, code in types.items() if not name.startswith("_")}


def tflite_code(code: Any, names: dict[int, str]) -> str:
    """Return the name of an entry of a file's operator table."""
    number = max(code.DeprecatedBuiltinCode(), code.BuiltinCode())
    if names.get(number) == "CUSTOM":
        return (code.CustomCode() or b"CUSTOM").decode()
    return names.get(number, f"BUILTIN_{number}")


def _tflite_schema() -> Any:
    module = "ai_edge_litert.schema_py_generated"
    return import_runtime(module, "ai-edge-litert", "read TFLite files")
