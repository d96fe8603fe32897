"""A SavedModel through the converters as they are, and through this package's, and its outputs."""

import os


def as_saved_model(folder, shape, opset, inputs):
    import tensorflow as tf

    loaded = tf.saved_model.load(folder)
    function = loaded.signatures["call"]
    return [function(x=tf.constant(x))["y"].numpy() for x in inputs]


def as_tflite(folder, shape, opset, inputs):
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=["call"])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    return run_tflite(converter.convert(), inputs)


def run_tflite(content, inputs):
    from ai_edge_litert.interpreter import Interpreter

    run = Interpreter(model_content=content).get_signature_runner("call")
    return [run(x=x)["y"] for x in inputs]


def as_our_tflite(folder, shape, opset, inputs):
    from keras_ae.export.formats.saved_model.rewrites import rewritten_saved_model
    from keras_ae.export.formats.tflite.write import FOR_TFLITE, to_float32

    to = os.path.join(folder, "rewritten")
    path = rewritten_saved_model(folder, {"call": ["x"]}, FOR_TFLITE, to)
    return run_tflite(to_float32(path, ["call"]), inputs)


def as_our_onnx(folder, shape, opset, inputs):
    import tensorflow as tf

    from keras_ae.export.formats.onnx.write import to_float32

    loaded = tf.saved_model.load(folder)
    return run_onnx(to_float32(loaded.signatures["call"], ["x"], opset), inputs)


def as_onnx(folder, shape, opset, inputs):
    import tensorflow as tf
    import tf2onnx

    loaded = tf.saved_model.load(folder)  # holds the variables
    function = loaded.signatures["call"]
    specs = [tf.TensorSpec(shape, "float32", name="x")]
    wrapped = tf.function(lambda x: function(x=x), input_signature=specs)
    model, _ = tf2onnx.convert.from_function(wrapped, input_signature=specs, opset=opset)
    return run_onnx(model, inputs)


def run_onnx(model, inputs):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return [session.run(None, {"x": x})[0] for x in inputs]


def as_openvino(folder, shape, opset, inputs):
    import openvino

    return run_openvino(openvino.Core().read_model(frozen_graph(folder)), inputs)


def frozen_graph(folder):
    """Write a SavedModel's graph with its variables as constants; return its path."""
    import tensorflow as tf

    from keras_ae.export.formats.saved_model.rewrites import frozen_signature

    loaded = tf.saved_model.load(folder)
    made, _, _ = frozen_signature(loaded.signatures["call"], ["x"], {})
    path = os.path.join(folder, "frozen.pb")
    with open(path, "wb") as file:
        file.write(made.graph.as_graph_def().SerializeToString())
    return path


def as_our_openvino(folder, shape, opset, inputs):
    import tensorflow as tf

    from keras_ae.export.formats.openvino.write import to_float32

    loaded = tf.saved_model.load(folder)
    return run_openvino(to_float32(loaded.signatures["call"], ["x"])[0], inputs)


def run_openvino(model, inputs):
    import openvino

    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.compile_model(model, "CPU", exact)
    return [compiled([x])[0] for x in inputs]


CONVERTERS = {"saved_model": as_saved_model, "tflite": as_tflite, "onnx": as_onnx}
CONVERTERS["openvino"] = as_openvino
OURS = {"tflite": as_our_tflite, "onnx": as_our_onnx, "openvino": as_our_openvino}
