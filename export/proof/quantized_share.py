"""How much of an int8 file is really int8."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from keras_ae import _checks
from keras_ae.export.formats import FORMATS
from keras_ae.export.formats.format import Format


@dataclass(frozen=True)
class QuantizedShare:
    """What part of a model's weights and of its heavy operations are int8.

    Args:
        weights: Float, share of the numbers of all stored kernels, tables and other matrices
            (biases are not counted: they are 32-bit integers in int8 files) that are stored in 8
            bits or fewer.
        ops: Float, share of the operations that multiply matrices or convolve which compute in
            8-bit integers.
    """

    weights: float
    ops: float


def quantized_share(path: str | Path, format: str) -> QuantizedShare:
    """Return what part of a file is int8; 0 where there is nothing to quantize.

    Products are the convolutions (transposed and depthwise ones too), matrix products, fully
    connected and recurrent layers. One of a TFLite file computes in 8 bits if its kernel is int8
    and goes to it directly: with int8 inputs, or with float inputs that it quantizes itself at
    each call (TFLite's hybrid operations, which dynamic int8 makes). Those of an ONNX file are
    counted as ONNX Runtime will run them, in the graph that it makes of the file: what stands
    between `DequantizeLinear` and `QuantizeLinear` and isn't fused into an integer operation,
    such as every `ConvTranspose`, computes in float.

    Args:
        path: Path of the file.
        format: String, a format that has such precisions.

    Raises:
        ValueError: `format` is another one.
    """
    products = list(_checked(format).products(path))
    return QuantizedShare(
        weights=narrow_weights(path, format, bits=8), ops=_share(sum(products), len(products))
    )


def narrow_weights(path: str | Path, format: str, bits: int) -> float:
    """Return the share of a file's weights that are stored in so many bits or fewer.

    Args:
        path: Path of the file.
        format: String, a format that has such precisions.
        bits: Integer, 8 for int8 files, 16 for float16 ones.

    Raises:
        ValueError: `format` is another one.
    """
    weights = {each.key: each for each in _checked(format).weights(path)}.values()
    narrow = sum(each.size for each in weights if each.bits <= bits)
    return _share(narrow, sum(each.size for each in weights))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _checked(format: str) -> Format:
    _checks.choice(
        "format", format, [name for name, f in FORMATS.items() if len(f.precisions) > 1]
    )
    return FORMATS[format]
