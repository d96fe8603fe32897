"""Models that the raw converters break on, and models that they convert right.

Run as a script, it converts cases the way that the export does, but without its checks, runs each
file in its own runtime and writes what happened: `python -m tests.export.layer_cases
RESULTS.json`.
"""

import functools
import json
import os
import sys
import tempfile
import warnings
from typing import NamedTuple

import keras
import numpy as np
from keras import layers, ops

from tests.export.raw_converters import CONVERTERS, OURS

SEQUENCE, IMAGE, VOLUME, TABLE = (5, 3), (8, 8, 4), (4, 4, 4, 2), (6,)


class Case(NamedTuple):
    """A layer, the formats that it breaks in or converts to, and what the refusal says."""

    shape: tuple
    make: object
    formats: tuple
    fix: str = ""
    batch: int | None = None
    opset: int = 18

    def model(self):
        keras.utils.set_random_seed(0)
        made = keras.Sequential([keras.Input(self.shape), self.make()])
        for weight in made.trainable_weights:
            weight.assign_add(0.1 * np.random.default_rng(0).random(weight.shape))
        return made


class Computed(layers.Layer):
    """A user's own layer, made of a function."""

    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function

    def call(self, x):
        return self.function(x)


class Drawn(layers.Layer):
    """A sampling layer as in most tutorials: it draws at inference too."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(0)

    def call(self, mean):
        return mean + keras.random.normal(ops.shape(mean), seed=self.seed_generator)


class Nested(keras.Model):
    """A model within a model, with a layer that breaks inside."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = keras.Sequential(
            [layers.Dense(4, name="first"), layers.Dense(3, activation=inverse, name="it")]
        )

    def build(self, shape):
        self.inner.build(shape)

    def call(self, x):
        return self.inner(x)


def gelu(x):
    return keras.activations.gelu(x, approximate=True)


def inverse(x):
    """An activation that tf2onnx has no conversion of, and that can't be written otherwise."""
    return ops.erfinv(ops.tanh(x))


def of(kind, *args, **kwargs):
    return functools.partial(kind, *args, name="it", **kwargs)


def integers(x):
    return ops.cast(ops.round(ops.abs(x)), "int32")


def hashed():
    return keras.Sequential([Computed(integers), layers.Hashing(3, name="it")])


def double(x):
    return ops.cast(ops.subtract(ops.cast(x, "float64"), 0.5), "float32")


def small(x):
    """What float32 rounds away."""
    total = ops.sum(ops.cast(x, "float64") * 1e-9 + 1.0, axis=-1, keepdims=True)
    return ops.cast((total - TABLE[0]) * 1e9, "float32")


def tf_rfft(x):
    import tensorflow as tf

    return tf.signal.rfft(x)


def enlarged(upsampling):
    return keras.Sequential([upsampling, layers.Conv2D(3, 3, padding="same", name="it")])


def behind_dense(kernel_size, **options):
    """Maps whose sizes a converter loses in a product of matrices."""

    transposed = of(layers.Conv2DTranspose, 3, kernel_size, **options)
    return lambda: keras.Sequential([layers.Dense(4), transposed()])


def quantized():
    """A model of Keras' own 8 bits: products of integers."""
    model = keras.Sequential([keras.Input(TABLE), layers.Dense(8, "relu"), layers.Dense(3)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that an input has nothing to quantize
        model.quantize("int8")
    return model


def encoder():
    return keras.Sequential([layers.Dense(4, name="it_1"), Drawn(name="it")])


TFLITE, ONNX, BOTH = ("tflite",), ("onnx",), ("tflite", "onnx")
OPENVINO = ("openvino",)
EVERY, ALL_BUT_TFLITE, ALL_BUT_ONNX = (*BOTH, *OPENVINO), (*ONNX, *OPENVINO), (*TFLITE, *OPENVINO)
BICUBIC = {"interpolation": "bicubic"}
SMALL = {"kernel_size": 2, "strides": 3, "padding": "same"}
SLOPES = "with other operations"

BROKEN = {
    "erfinv": Case(TABLE, of(Computed, inverse), ALL_BUT_TFLITE, SLOPES),
    "nested erfinv": Case(TABLE, Nested, ONNX, SLOPES),
    "spectrum": Case((8,), of(Computed, lambda x: ops.rfft(x)[0]), ONNX, "take `abs` of it"),
    "inverse spectrum": Case(
        (5,), of(Computed, lambda x: ops.irfft((x, x), 8)), BOTH, "other operations"
    ),
    "erf": Case(TABLE, of(Computed, ops.erf), TFLITE, SLOPES),
    "lstm": Case(SEQUENCE, of(layers.LSTM, 4), TFLITE, "unroll=True, or export with batch=1"),
    "gru": Case(SEQUENCE, of(layers.GRU, 4, return_sequences=True), TFLITE, "unroll=True"),
    "rnn": Case(SEQUENCE, of(layers.SimpleRNN, 4), TFLITE, "unroll=True"),
    "bidirectional": Case(
        SEQUENCE, lambda: layers.Bidirectional(layers.LSTM(4, name="it")), TFLITE, "unroll=True"
    ),
    "bicubic": Case(IMAGE, of(layers.UpSampling2D, 2, **BICUBIC), ALL_BUT_ONNX, "bilinear"),
    "bicubic resize": Case(IMAGE, of(layers.Resizing, 12, 12, **BICUBIC), BOTH, "bilinear"),
    "lanczos": Case(IMAGE, of(layers.Resizing, 5, 5, interpolation="lanczos3"), EVERY),
    "dilated": Case(
        IMAGE, of(layers.Conv2DTranspose, 3, 3, dilation_rate=2), TFLITE, "dilation_rate=1"
    ),
    "dilated 3d": Case(
        VOLUME, of(layers.Conv3D, 3, 3, dilation_rate=2, padding="same"), TFLITE, "dilation_rate=1"
    ),
    "grouped 3d": Case(VOLUME, of(layers.Conv3D, 4, 3, groups=2), BOTH, "groups=1"),
    "free nearest": Case(
        (None, None, 4), lambda: enlarged(layers.UpSampling2D(2)), TFLITE, "Conv2DTranspose"
    ),
    "double": Case(TABLE, of(Computed, double), TFLITE, "cast to float32 at once"),
    "small in float64": Case(TABLE, of(Computed, small), OPENVINO, "cast to float32 at once"),
    "pool 3d": Case(VOLUME, of(layers.MaxPooling3D), TFLITE, "strides"),
    "small kernel": Case(IMAGE, of(layers.Conv2DTranspose, 3, **SMALL), ONNX, "kernel_size"),
    "padded output": Case(
        IMAGE, of(layers.Conv2DTranspose, 3, 3, strides=2, output_padding=1), ONNX, "None"
    ),
    "hashing": Case(TABLE, hashed, EVERY, "before it enters the model"),
    "sampling": Case(TABLE, encoder, ("saved_model", *EVERY), "as an input (epsilon)"),
    "opset 19": Case(TABLE, of(layers.Dense, 3), ONNX, "<= 18", opset=19),
    "opset 10": Case(
        IMAGE, of(layers.UpSampling2D, interpolation="bilinear"), ONNX, ">= 11", opset=10
    ),
}

WORKING = {
    "approximate gelu": Case(TABLE, of(layers.Dense, 3, activation=gelu), EVERY),
    "exact gelu to tflite": Case(TABLE, of(layers.Activation, "gelu"), TFLITE),
    "lstm to onnx": Case(SEQUENCE, of(layers.LSTM, 4), ALL_BUT_TFLITE),
    "unrolled": Case(SEQUENCE, of(layers.GRU, 4, unroll=True), EVERY),
    "one at a time": Case(SEQUENCE, lambda: layers.Bidirectional(layers.LSTM(4)), BOTH, batch=1),
    "doubled to onnx": Case(IMAGE, of(layers.UpSampling2D, 2, **BICUBIC), ONNX),
    "dilated to onnx": Case(IMAGE, of(layers.Conv2DTranspose, 3, 3, dilation_rate=2), ONNX),
    "doubled by 3": Case(
        IMAGE, of(layers.Conv2DTranspose, 3, 3, strides=2, padding="same"), EVERY
    ),
    "small kernel 1d": Case((8, 4), of(layers.Conv1DTranspose, 3, **SMALL), BOTH),
    "group norm": Case(IMAGE, of(layers.GroupNormalization, 2), EVERY),
    "layer norm": Case(IMAGE, of(layers.LayerNormalization), BOTH),
    "separable": Case(IMAGE, of(layers.SeparableConv2D, 3, 3, dilation_rate=2), EVERY),
    "volume": Case(VOLUME, of(layers.Conv3DTranspose, 3, 3, strides=2), EVERY),
    "grouped 3d to openvino": Case(VOLUME, of(layers.Conv3D, 4, 3, groups=2), OPENVINO),
    "resizing": Case(IMAGE, of(layers.Resizing, 13, 11), BOTH),
    "dropout": Case(TABLE, of(layers.GaussianDropout, 0.5), BOTH),
    "quantized to onnx": Case(TABLE, quantized, ONNX),
    "spectrum's size": Case((8,), of(Computed, lambda x: abs(tf_rfft(x))), ONNX),
    "opset 11": Case(IMAGE, of(layers.UpSampling2D, interpolation="bilinear"), ONNX, opset=11),
}

# What the raw converters break on, and what is written otherwise before they see it.
REWRITTEN = {
    "gelu": Case(TABLE, of(layers.Activation, "gelu"), ONNX),
    "celu": Case(TABLE, of(layers.Activation, "celu"), ONNX),
    "log1p": Case(TABLE, of(Computed, lambda x: ops.log1p(ops.abs(x))), ONNX),
    "log1p near -1": Case(TABLE, of(Computed, lambda x: ops.log1p(ops.tanh(x))), ONNX),
    "expm1": Case(TABLE, of(Computed, ops.expm1), ONNX),
    "grouped": Case(IMAGE, of(layers.Conv2D, 4, 3, groups=2), ONNX),
    "grouped separable": Case(IMAGE, of(layers.Conv2D, 8, 3, groups=4), ONNX),
    "grouped gelu": Case(IMAGE, of(layers.Conv2D, 4, 3, groups=2, activation="gelu"), ONNX),
    "transposed": Case(IMAGE, behind_dense(3, strides=2, padding="same"), ONNX),
    "uneven transposed": Case(IMAGE, behind_dense(4, strides=3, padding="same"), ONNX),
    "sinh": Case(TABLE, of(Computed, ops.sinh), TFLITE),
    "cosh": Case(TABLE, of(Computed, ops.cosh), TFLITE),
    "tan": Case(TABLE, of(Computed, lambda x: ops.tan(ops.tanh(x))), TFLITE),
    "asin": Case(TABLE, of(Computed, lambda x: ops.arcsin(ops.tanh(x))), TFLITE),
    "acos": Case(TABLE, of(Computed, lambda x: ops.arccos(ops.tanh(x))), TFLITE),
    "atan": Case(TABLE, of(Computed, ops.arctan), TFLITE),
    "asinh": Case(TABLE, of(Computed, ops.arcsinh), TFLITE),
    "acosh": Case(TABLE, of(Computed, lambda x: ops.arccosh(1 + ops.abs(x))), TFLITE),
    "atanh": Case(TABLE, of(Computed, lambda x: ops.arctanh(ops.tanh(x / 2))), TFLITE),
    "quantized": Case(TABLE, quantized, ALL_BUT_ONNX),
}

CASES = {**BROKEN, **WORKING, **REWRITTEN}


def what_happens(case):
    """Return for each format of a case: right, or in words what went wrong."""
    import tensorflow as tf

    model, shape = case.model(), (case.batch, *case.shape)
    batches = 2 * ([case.batch] if case.batch else [1, 3])  # the same twice: noise shows
    sizes = [8 if size is None else size for size in case.shape]
    inputs = [np.random.default_rng(n).standard_normal((n, *sizes)) for n in batches]
    inputs = [x.astype("float32") for x in inputs]
    with tempfile.TemporaryDirectory() as folder:
        archive = keras.export.ExportArchive()
        archive.add_endpoint(
            "call",
            lambda x: {"y": model(tf.ensure_shape(x, shape), training=False)},
            input_signature=[tf.TensorSpec(shape, "float32", name="x")],
        )
        archive.write_out(folder, verbose=False)
        half = [np.asarray(model(x, training=False)) for x in inputs[: len(inputs) // 2]]
        expected = half + half
        results = {}
        for name in case.formats:
            try:
                outputs = CONVERTERS[name](folder, shape, case.opset, inputs)
            except Exception as error:  # noqa: BLE001 - converters raise what they like
                results[name] = f"{type(error).__name__}: {str(error)[:200]}"
            else:
                results[name] = "right" if near(outputs, expected) else "wrong numbers"
            if case in REWRITTEN.values():
                outputs = OURS[name](folder, shape, case.opset, inputs)
                results[f"our {name}"] = "right" if near(outputs, expected) else "wrong numbers"
    return results


def near(outputs, expected):
    return all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-4, atol=1e-5)
        for a, b in zip(outputs, expected, strict=True)
    )


if __name__ == "__main__":
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    happened = {name: what_happens(case) for name, case in CASES.items()}
    with open(sys.argv[1], "w") as file:
        json.dump(happened, file)
