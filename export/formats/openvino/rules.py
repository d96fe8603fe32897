"""What OpenVINO's reader of TensorFlow graphs or its CPU breaks on, found by measuring."""

from __future__ import annotations

from keras_ae.export.formats.common_rules import (
    COMMON_RULES,
    LOOSE,
    NO_AREA_RESIZE,
    NO_FLOAT64,
    NO_TABLES,
)
from keras_ae.export.formats.rule import Rule

OPENVINO_RULES = (
    *COMMON_RULES,
    NO_TABLES,
    NO_AREA_RESIZE,
    NO_FLOAT64,
    Rule(
        "ResizeBicubic|ScaleAndTranslate",
        "OpenVINO reads no bicubic or Lanczos resize of TensorFlow's",
        'use interpolation="bilinear" or "nearest"',
    ),
    Rule(
        "Erfinv|Lgamma|Digamma|Bitcast|DenseBincount"
        "|Cholesky|Matrix(Solve|TriangularSolve|Diag(Part)?(V[23])?)",
        "OpenVINO has no conversion of this operation",
        LOOSE,
    ),
)
