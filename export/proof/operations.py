"""What an artifact really holds, and what it must not hold."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from keras_ae import _checks
from keras_ae.export.errors import ExportError
from keras_ae.export.formats import FORMATS
from keras_ae.export.formats.operation_names import unwanted
from keras_ae.export.formats.precisions import FLOAT32


def read_operations(path: str | Path, format: str) -> dict[str, int]:
    """Return the operations of an artifact and how often each occurs, sorted by name.

    A SavedModel's are those of its graph and all its functions but the ones that only save and
    restore; a variable that isn't of floating-point numbers is named with its type. TFLite's are
    those of all subgraphs, with the custom name where there is one (`FlexErf`). ONNX's are those
    of all graphs, with the domain where it isn't ONNX's own (`com.microsoft.QGemm`).

    Args:
        path: Path of the folder or of the file.
        format: String, a format.

    Raises:
        ExportError: the file isn't of the format.
        MissingDependencyError: the package that reads the format is not installed.
    """
    _checks.choice("format", format, FORMATS)
    try:
        counts = FORMATS[format].operations(path)
    except (ValueError, IndexError) as error:
        raise ExportError(f"{os.fspath(path)} can't be read as {format}: {error}") from error
    return dict(sorted(counts.items()))


def forbidden_operations(
    operations: Iterable[str], format: str, precision: str = FLOAT32
) -> list[tuple[str, str]]:
    """Return each operation that an artifact must not hold, and why.

    Args:
        operations: Names, as `read_operations` returns them.
        format: String, a format.
        precision: String. Only int8 ONNX files may hold ONNX Runtime's own operations.

    Example:
        >>> forbidden_operations({"MatMul": 2, "StatelessRandomNormalV2": 1}, "saved_model")
        [('StatelessRandomNormalV2', 'it draws random numbers')]
    """
    _checks.choice("format", format, FORMATS)
    judge = FORMATS[format]
    judged = (
        (each, unwanted(each) or judge.forbids(each, precision))
        for each in operations
        if each not in judge.harmless
    )
    return [(each, why) for each, why in judged if why is not None]


def check_operations(path: str | Path, format: str, precision: str = FLOAT32) -> dict[str, int]:
    """Return an artifact's operations if all of them may be there.

    Args:
        path: Path of the SavedModel's folder or of the file.
        format: String, a format.
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
