"""What artifacts are made of: operations, versions, how much is int8; runs in a child."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from keras_ae.export.errors import ExportError
from keras_ae.export.formats import FLOAT16
from keras_ae.export.operations import check_operations
from keras_ae.export.quantized_share import narrow_weights, quantized_share


def run(
    tell: Callable[[str], None], directory: str, artifacts: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Inspect artifacts of one format.

    Args:
        tell: Called with a line for each artifact.
        directory: The bundle.
        artifacts: Dicts of path, format, precision and endpoints.

    Returns:
        Dict from path to {"operations", and of ONNX "opset" and "ir_version", of int8
        "quantized_share", of float16 "float16_share", the share of weights stored in 16 bits}.

    Raises:
        ExportError: An artifact holds an operation that it must not, or an int8 one no int8.
    """
    found = {}
    for artifact in artifacts:
        kind, precision = artifact["format"], artifact["precision"]
        path = Path(directory, artifact["path"])
        facts: dict[str, Any] = {"operations": check_operations(path, kind, precision)}
        if kind == "onnx":
            facts.update(_onnx_versions(path))
        if precision.startswith("int8"):
            share = quantized_share(path, kind)
            if not share.weights:
                raise ExportError(
                    f"{artifact['path']}: expected int8 weights. Received: none; converters leave "
                    "small kernels as they are (TFLite's int8_dynamic those under 1,024 numbers)"
                )
            facts["quantized_share"] = asdict(share)
        if precision == FLOAT16:
            facts["float16_share"] = narrow_weights(path, kind, bits=16)
        found[artifact["path"]] = facts
        tell(f"{artifact['path']}: inspected")
    return found


def _onnx_versions(path: Path) -> dict[str, int]:
    import onnx

    model = onnx.load(str(path))
    opset = next(each.version for each in model.opset_import if not each.domain)
    return {"opset": int(opset), "ir_version": int(model.ir_version)}
