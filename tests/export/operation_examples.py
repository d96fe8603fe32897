"""Small files of every kind, made by the raw converters.

Run as a script, in a process of its own: `python -m tests.export.operation_examples FOLDER`.
`counts.json` beside them holds what TensorFlow's own reader finds in the SavedModels.
"""

import collections
import json
import os
import sys

import keras
import numpy as np
from keras import layers

SHAPE = (8, 8, 4)


def make_networks():
    from tests.export.layer_cases import Drawn

    keras.utils.set_random_seed(0)
    convolutional = [
        layers.Conv2D(16, 3, strides=2, padding="same", activation="relu"),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Reshape((4, 4, 4)),
        layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="sigmoid"),
    ]
    return {
        "plain": keras.Sequential([keras.Input(SHAPE), *convolutional]),
        "sampling": keras.Sequential([keras.Input(SHAPE), layers.Flatten(), Drawn()]),
    }


def write(folder, name, model):
    """Write a SavedModel, a TFLite file with Select operations allowed, and an ONNX file."""
    import onnx
    import tensorflow as tf
    import tf2onnx

    spec = tf.TensorSpec((None, *SHAPE), "float32", name="x")
    archive = keras.export.ExportArchive()
    archive.add_endpoint("call", lambda x: {"y": model(x, training=False)}, input_signature=[spec])
    path = os.path.join(folder, name)
    archive.write_out(path, verbose=False)
    converter = tf.lite.TFLiteConverter.from_saved_model(path, signature_keys=["call"])
    ops = tf.lite.OpsSet
    converter.target_spec.supported_ops = [ops.TFLITE_BUILTINS, ops.SELECT_TF_OPS]
    with open(f"{path}.tflite", "wb") as file:
        file.write(converter.convert())
    loaded = tf.saved_model.load(path)
    function = loaded.signatures["call"]
    wrapped = tf.function(lambda x: function(x=x), input_signature=[spec])
    proto, _ = tf2onnx.convert.from_function(wrapped, input_signature=[spec], opset=18)
    onnx.save(proto, f"{path}.onnx")


def write_int8(folder):
    """Write `plain` in dynamic and static int8, in both formats."""
    import tensorflow as tf
    from onnxruntime import quantization

    path = os.path.join(folder, "plain")
    samples = np.random.default_rng(0).random((20, 1, *SHAPE), dtype="float32")
    for name in ("dynamic", "static"):
        converter = tf.lite.TFLiteConverter.from_saved_model(path, signature_keys=["call"])
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if name == "static":
            converter.representative_dataset = lambda: ({"x": x} for x in samples)
        with open(os.path.join(folder, f"{name}.tflite"), "wb") as file:
            file.write(converter.convert())

    class Reader(quantization.CalibrationDataReader):
        ahead = iter(samples)

        def get_next(self):
            x = next(self.ahead, None)
            return None if x is None else {"x": x}

    target = os.path.join(folder, "{}.onnx").format
    quantization.quantize_dynamic(target("plain"), target("dynamic"))
    unsigned = quantization.QuantType.QUInt8
    quantization.quantize_static(
        target("plain"), target("static"), Reader(), activation_type=unsigned
    )
    operators = quantization.QuantFormat.QOperator
    Reader.ahead = iter(samples)
    quantization.quantize_static(
        target("plain"),
        target("operators"),
        Reader(),
        quant_format=operators,
        activation_type=unsigned,
    )


def count(folder, name):
    """Return the operations by TensorFlow's own reader, without the functions that save."""
    from tensorflow.core.protobuf import saved_model_pb2

    with open(os.path.join(folder, name, "saved_model.pb"), "rb") as file:
        graph = saved_model_pb2.SavedModel.FromString(file.read()).meta_graphs[0].graph_def
    counts = collections.Counter(node.op for node in graph.node)
    for function in graph.library.function:
        if "_traced_" not in function.signature.name:
            counts.update(node.op for node in function.node_def)
    return counts


if __name__ == "__main__":
    folder = sys.argv[1]
    for name, model in make_networks().items():
        write(folder, name, model)
    write_int8(folder)
    with open(os.path.join(folder, "counts.json"), "w") as file:
        json.dump({name: count(folder, name) for name in ("plain", "sampling")}, file)
