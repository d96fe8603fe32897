"""What TensorFlow's converter to TFLite or LiteRT breaks on, found by measuring."""

from __future__ import annotations

from keras_ae.export._traced_graph import TracedOperation
from keras_ae.export.formats.common_rules import (
    COMMON_RULES,
    LOOSE,
    NO_AREA_RESIZE,
    NO_FLOAT64,
    NO_GROUPED_CONV_3D,
    NO_TABLES,
)
from keras_ae.export.formats.rule import Rule

_MAKES_CHANNELS = {"Conv2D", "Conv3D", "MatMul", "Placeholder"}


def _has_free_elements(traced: TracedOperation) -> bool:
    """Whether a list of tensors, such as the states of a recurrent layer, has a free size."""
    import tensorflow as tf

    shape = tf.get_static_value(traced.operation.inputs[0], partial=True)
    sizes = shape.tolist() if getattr(shape, "ndim", 0) else []
    return any(size is None or size < 0 for size in sizes)


def _dilated(traced: TracedOperation) -> bool:
    return any(rate != 1 for rate in traced.operation.get_attr("dilations"))


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


def _of_odd_length(traced: TracedOperation) -> bool:
    import tensorflow as tf

    lengths = tf.get_static_value(traced.operation.inputs[1])
    return lengths is None or any(int(length).bit_count() != 1 for length in lengths)


TFLITE_RULES = (
    *COMMON_RULES,
    NO_TABLES,
    NO_AREA_RESIZE,
    NO_GROUPED_CONV_3D,
    NO_FLOAT64,
    Rule(
        "ResizeBicubic|ScaleAndTranslate",
        "TFLite has no bicubic or Lanczos resize",
        'use interpolation="bilinear" or "nearest"',
    ),
    Rule(
        "Conv[23]D|DepthwiseConv2dNative|Conv2DBackpropInput|Conv3DBackpropInputV2",
        "a layer before it, such as UpSampling2D, loses the number of channels where height and "
        "width are free, and TFLite needs it",
        "give `keras.Input` every size, or enlarge by Conv2DTranspose",
        _of_unknown_channels,
    ),
    Rule(
        "TensorListReserve",
        "TFLite has no list of states of a free batch size, which a recurrent layer's loop needs",
        "use unroll=True, or export with batch=1",
        _has_free_elements,
    ),
    Rule(
        "Conv2DBackpropInput",
        "TFLite has no dilated transposed convolution",
        "use dilation_rate=1, or UpSampling and a dilated Conv",
        _dilated,
    ),
    Rule(
        "SpaceToBatchND",
        "TFLite has no dilated convolution of three axes",
        "use dilation_rate=1",
        lambda traced: len(traced.operation.inputs[0].shape) > 4,
    ),
    Rule(
        "(Max|Avg)Pool3D",
        "TFLite has no pooling over three axes",
        "use Conv3D with strides, or GlobalAveragePooling3D",
    ),
    Rule(
        "RFFT2?D?",
        "TFLite transforms only lengths that are powers of two",
        "use such a length",
        _of_odd_length,
    ),
    Rule(
        "Erf|Erfinv|Lgamma|Digamma|Roll"
        "|Cholesky|Matrix(TriangularSolve|Inverse|Solve|DiagPart.*)|Bitcast|DenseBincount"
        "|Complex|I?FFT[23]?D?|IRFFT[23]?D?",
        "TFLite has this operation only among the Select TensorFlow operations",
        LOOSE,
    ),
)
