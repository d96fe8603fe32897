"""What tf2onnx or ONNX Runtime breaks on, found by measuring."""

from __future__ import annotations

from keras_ae.export._traced_graph import TracedOperation
from keras_ae.export.formats.common_rules import (
    COMMON_RULES,
    LOOSE,
    NO_AREA_RESIZE,
    NO_GROUPED_CONV_3D,
    NO_TABLES,
    channel_axis,
)
from keras_ae.export.formats.rule import Rule


def _beyond_its_kernel(traced: TracedOperation) -> bool:
    """Whether a transposed convolution's output has rows that no input reaches."""
    sizes, kernel, data = traced.operation.inputs
    if sizes.op.type == "ConcatV2" and data.shape[0] is None:
        return False  # of one axis: another way through the converter, which is right
    first = 1 if channel_axis(traced.operation) == -1 else 2
    axes = range(first, first + len(kernel.shape) - 2)
    strides, rates = (traced.operation.get_attr(name) for name in ("strides", "dilations"))
    outputs = traced.operation.outputs[0].shape
    return any(
        None not in (data.shape[axis], outputs[axis])
        and strides[axis] * (data.shape[axis] - 1) + rates[axis] * (kernel.shape[i] - 1) + 1
        < outputs[axis]
        for i, axis in enumerate(axes)
    )


def _off_the_table(traced: TracedOperation) -> bool:
    """Whether a bicubic resize is more than a doubling, once or several times.

    TensorFlow looks its weights up at steps of 1/1024, which only these hit.
    """
    old, new = traced.operation.inputs[0].shape[1:3], traced.operation.outputs[0].shape[1:3]
    ratios = (b / a if a and b else 0.0 for a, b in zip(old, new, strict=True))
    return any(ratio not in (1.0, 2.0, 4.0, 8.0) for ratio in ratios)


def _more_than_absolute(traced: TracedOperation) -> bool:
    """Whether a Fourier transform is read by anything but the absolute value, or of any length."""
    import tensorflow as tf

    transform = traced.operation.outputs[0]
    readers = {reader.type for reader in transform.consumers()}
    return readers != {"ComplexAbs"} or tf.get_static_value(traced.operation.inputs[1]) is None


ONNX_RULES = (
    *COMMON_RULES,
    NO_TABLES,
    NO_AREA_RESIZE,
    NO_GROUPED_CONV_3D,
    Rule(
        "Erfinv|Lgamma|Digamma|Bucketize|Cholesky|Matrix(TriangularSolve|Inverse|Solve)"
        "|ScaleAndTranslate|Bitcast|Complex|IR?FFT[23]?D?|FFT[23]?D?|RFFT[23]D",
        "tf2onnx has no conversion of this operation",
        LOOSE,
    ),
    Rule(
        "RFFT",
        "tf2onnx converts only the absolute values of such a transform, of a fixed length",
        "take `abs` of it at once, or compute it outside of the model",
        _more_than_absolute,
    ),
    Rule(
        "Conv2DBackpropInput|Conv3DBackpropInputV2",
        "its output is larger than its kernel reaches, which becomes a negative padding that "
        "ONNX Runtime rejects",
        "use a kernel_size of at least the strides and leave output_padding at None",
        _beyond_its_kernel,
    ),
    Rule(
        "ResizeBicubic",
        "ONNX Runtime's bicubic weights differ, but where the size doubles",
        'use interpolation="bilinear" or "nearest"',
        _off_the_table,
    ),
)
