"""The operations of an ONNX file, and those that it must not hold."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from keras_ae.export.errors import ExportError
from keras_ae.export.formats.precisions import is_int8
from keras_ae.export.formats.runtimes import import_runtime

# Domains of operations that ONNX Runtime itself runs and its quantizer writes.
_QUANTIZED_DOMAIN = "com.microsoft."


def onnx_operations(path: str | os.PathLike[str]) -> Counter[str]:
    """Count the operations of a file, with their domain if it isn't ONNX's own."""
    return Counter(
        f"{node.domain}.{node.op_type}"
        if node.domain not in ("", "ai.onnx")
        else str(node.op_type)
        for nodes in onnx_node_lists(onnx_model(path))
        for node in nodes
    )


def forbidden_in_onnx(operation: str, precision: str) -> str | None:
    """Return why an ONNX file must not hold an operation; None where it may."""
    domain, _, name = operation.rpartition(".")
    if not domain:
        onnx = import_runtime("onnx", "onnx", "read ONNX files")
        return None if onnx.defs.has(name) else "ONNX has no such operation"
    if f"{domain}." == _QUANTIZED_DOMAIN and is_int8(precision):
        return None
    return f"it is of the domain {domain}, which other runtimes don't have"


def onnx_model(path: str | os.PathLike[str]) -> Any:
    """Return the file's `ModelProto`; weights beside the file aren't read."""
    onnx = import_runtime("onnx", "onnx", "read ONNX files")
    try:
        return onnx.load(os.fspath(path), load_external_data=False)
    except OSError:
        raise
    except Exception as error:
        raise ExportError(f"{path} is not an ONNX file: {error}") from error


def onnx_node_lists(model: Any) -> Iterator[Iterable[Any]]:
    """Yield the nodes of the graph, of the graphs in its nodes, and of the model's functions."""
    yield from _nested(model.graph.node)
    for function in model.functions:
        yield from _nested(function.node)


def _nested(nodes: Iterable[Any]) -> Iterator[Iterable[Any]]:
    yield nodes
    for node in nodes:
        for attribute in node.attribute:
            for graph in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                yield from _nested(graph.node)
