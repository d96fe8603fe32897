"""What each format's converter or runtime breaks on, found by measuring."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras_ae.export._operation_names import is_table, unwanted
from keras_ae.export._traced_graph import TracedOperation

EVERY_FORMAT = ("saved_model", "tflite", "onnx")


@dataclass(frozen=True)
class Rule:
    """An operation that doesn't survive in some formats.

    Args:
        formats: The formats.
        operations: Regular expression of the whole name of TensorFlow operations.
        why: String, what happens.
        fix: String, what to do.
        applies: Function of a `TracedOperation`, whether this one breaks.
    """

    formats: tuple[str, ...]
    operations: str
    why: str
    fix: str
    applies: Callable[[TracedOperation], bool] = bool

    def breaks(self, traced: TracedOperation) -> bool:
        """Whether the operation doesn't survive."""
        return bool(re.fullmatch(self.operations, traced.operation.type)) and self.applies(traced)


def _is_text(traced: TracedOperation) -> bool:
    """Whether an operation works on strings, or calls Python: of a table, its keys or values."""
    operation = traced.operation
    if is_table(operation.type):
        return any(each.dtype == "string" for each in (*operation.inputs, *operation.outputs))
    found = unwanted(operation.type) is not None
    return found and not _is_random(traced) and "Variable" not in operation.type


def _is_random(traced: TracedOperation) -> bool:
    return "random" in (unwanted(traced.operation.type) or "")


def _has_free_elements(traced: TracedOperation) -> bool:
    """Whether a list of tensors, such as the states of a recurrent layer, has a free size."""
    import tensorflow as tf

    shape = tf.get_static_value(traced.operation.inputs[0], partial=True)
    sizes = shape.tolist() if getattr(shape, "ndim", 0) else []
    return any(size is None or size < 0 for size in sizes)


def _dilated(traced: TracedOperation) -> bool:
    return any(rate != 1 for rate in traced.operation.get_attr("dilations"))


def _grouped(traced: TracedOperation) -> bool:
    data, kernel = (tensor.shape for tensor in traced.operation.inputs[:2])
    return data[_channels(traced.operation)] != kernel[-2]


def _of_unknown_channels(traced: TracedOperation) -> bool:
    """Whether TFLite loses the number of channels: behind a repetition along a free size.

    The shape that such data get is computed from their own, joined of parts.
    """
    data = traced.operation.inputs[2 if "Backprop" in traced.operation.type else 0]
    while data.op.type not in _MAKES_CHANNELS and data.op.inputs:
        if data.op.type == "Reshape" and data.op.inputs[1].op.type == "ConcatV2":
            return None in data.shape[1:-1]
        data = data.op.inputs[0]
    return False


def _channels(operation: Any) -> int:
    return -1 if operation.get_attr("data_format").endswith(b"C") else 1


def _of_odd_length(traced: TracedOperation) -> bool:
    import tensorflow as tf

    lengths = tf.get_static_value(traced.operation.inputs[1])
    return lengths is None or any(int(length).bit_count() != 1 for length in lengths)


def _beyond_its_kernel(traced: TracedOperation) -> bool:
    """Whether a transposed convolution's output has rows that no input reaches."""
    sizes, kernel, data = traced.operation.inputs
    if sizes.op.type == "ConcatV2" and data.shape[0] is None:
        return False  # of one axis: another way through the converter, which is right
    first = 1 if _channels(traced.operation) == -1 else 2
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


_MAKES_CHANNELS = {"Conv2D", "Conv3D", "MatMul", "Placeholder"}
_PREPARE = "prepare the data before it enters the model, and start the model after this layer"
_LOOSE = "compute it outside of the model, or write it with other operations"

RULES = (
    Rule(
        EVERY_FORMAT,
        ".*",
        "it draws random numbers at inference",
        "give the noise to the model as an input (epsilon), or return the mean when `training` "
        "is false",
        _is_random,
    ),
    Rule(
        EVERY_FORMAT,
        "Assign.*VariableOp|ResourceScatter.*",
        "it changes a variable at inference",
        "change it only when `training` is true",
    ),
    Rule(
        EVERY_FORMAT,
        ".*",
        "it needs strings or Python at inference",
        _PREPARE,
        _is_text,
    ),
    Rule(
        ("tflite", "onnx"),
        ".*",
        "it looks numbers up in a table, which only a SavedModel keeps",
        _PREPARE,
        lambda traced: is_table(traced.operation.type) and not _is_text(traced),
    ),
    Rule(
        ("onnx",),
        "Erfinv|Lgamma|Digamma|Bucketize|Cholesky|Matrix(TriangularSolve|Inverse|Solve)"
        "|ScaleAndTranslate|Bitcast|Complex|IR?FFT[23]?D?|FFT[23]?D?|RFFT[23]D",
        "tf2onnx has no conversion of this operation",
        _LOOSE,
    ),
    Rule(
        ("onnx",),
        "RFFT",
        "tf2onnx converts only the absolute values of such a transform, of a fixed length",
        "take `abs` of it at once, or compute it outside of the model",
        _more_than_absolute,
    ),
    Rule(
        ("onnx",),
        "Conv2DBackpropInput|Conv3DBackpropInputV2",
        "its output is larger than its kernel reaches, which becomes a negative padding that "
        "ONNX Runtime rejects",
        "use a kernel_size of at least the strides and leave output_padding at None",
        _beyond_its_kernel,
    ),
    Rule(
        ("onnx",),
        "ResizeBicubic",
        "ONNX Runtime's bicubic weights differ, but where the size doubles",
        'use interpolation="bilinear" or "nearest"',
        _off_the_table,
    ),
    Rule(
        ("tflite",),
        "(?!Cast|Identity|Const|EnsureShape|Shape|NoOp).*",
        "TFLite computes nothing in float64",
        "cast to float32 at once, with what float32 would round away subtracted before the model",
        lambda traced: any(each.dtype == "float64" for each in traced.operation.inputs),
    ),
    Rule(
        ("tflite",),
        "ResizeBicubic|ScaleAndTranslate",
        "TFLite has no bicubic or Lanczos resize",
        'use interpolation="bilinear" or "nearest"',
    ),
    Rule(
        ("tflite", "onnx"),
        "ResizeArea",
        "it doesn't survive the conversion",
        "resize by bilinear or nearest interpolation",
    ),
    Rule(
        ("tflite",),
        "Conv[23]D|DepthwiseConv2dNative|Conv2DBackpropInput|Conv3DBackpropInputV2",
        "a layer before it, such as UpSampling2D, loses the number of channels where height and "
        "width are free, and TFLite needs it",
        "give `keras.Input` every size, or enlarge by Conv2DTranspose",
        _of_unknown_channels,
    ),
    Rule(
        ("tflite",),
        "TensorListReserve",
        "TFLite has no list of states of a free batch size, which a recurrent layer's loop needs",
        "use unroll=True, or export with batch=1",
        _has_free_elements,
    ),
    Rule(
        ("tflite",),
        "Conv2DBackpropInput",
        "TFLite has no dilated transposed convolution",
        "use dilation_rate=1, or UpSampling and a dilated Conv",
        _dilated,
    ),
    Rule(
        ("tflite",),
        "SpaceToBatchND",
        "TFLite has no dilated convolution of three axes",
        "use dilation_rate=1",
        lambda traced: len(traced.operation.inputs[0].shape) > 4,
    ),
    Rule(
        ("tflite", "onnx"),
        "Conv3D",
        "neither TFLite nor tf2onnx has a grouped convolution of three axes",
        "use groups=1",
        _grouped,
    ),
    Rule(
        ("tflite",),
        "(Max|Avg)Pool3D",
        "TFLite has no pooling over three axes",
        "use Conv3D with strides, or GlobalAveragePooling3D",
    ),
    Rule(
        ("tflite",),
        "RFFT2?D?",
        "TFLite transforms only lengths that are powers of two",
        "use such a length",
        _of_odd_length,
    ),
    Rule(
        ("tflite",),
        "Erf|Erfinv|Lgamma|Digamma|Roll"
        "|Cholesky|Matrix(TriangularSolve|Inverse|Solve|DiagPart.*)|Bitcast|DenseBincount"
        "|Complex|I?FFT[23]?D?|IRFFT[23]?D?",
        "TFLite has this operation only among the Select TensorFlow operations",
        _LOOSE,
    ),
)
