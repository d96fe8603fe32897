"""One small autoencoder exported in every format, and what Keras computes with it.

Run as a script, in a process of its own: converters leak memory and leave state behind.
"""

import atexit
import functools
import pathlib
import shutil
import sys
import tempfile

import numpy as np

from tests.subprocesses import python

# Of each endpoint: its arguments and its outputs.
ENDPOINTS = {
    "encode": (["x"], ["latent"]),
    "posterior": (["x"], ["mean", "scale"]),
    "sample_posterior": (["x", "epsilon"], ["latent"]),
    "decode": (["latent"], ["reconstruction"]),
    "call": (["pixels"], ["levels", "dark"]),
}
SHAPES = {"x": (8, 8, 1), "epsilon": (2,), "latent": (2,), "pixels": (8, 8, 1)}
FORMATS = ["saved_model", "tflite", "onnx"]
STATIC_BATCH = 4


@functools.cache
def bundle():
    """Return the folder with every artifact, made at the first call."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="keras_ae_readers_"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    python("-m", "tests.export.reader_examples", folder)
    return folder


@functools.cache
def golden():
    """Return inputs and Keras' outputs: {endpoint: {tensor: array of 17 examples}}."""
    arrays = {endpoint: {} for endpoint in ENDPOINTS}
    with np.load(bundle() / "golden.npz") as file:
        for key in file.files:
            endpoint, tensor = key.split("/")
            arrays[endpoint][tensor] = file[key]
    return arrays


def feeds(endpoint, batch=17):
    """Return the first inputs of an endpoint by name."""
    return {name: golden()[endpoint][name][:batch] for name in ENDPOINTS[endpoint][0]}


def same_as_keras(endpoint, outputs, batch=17):
    """Assert that float32 outputs are Keras' and have their names and types."""
    assert set(outputs) == set(ENDPOINTS[endpoint][1])
    for name, output in outputs.items():
        expected = golden()[endpoint][name][:batch]
        assert output.dtype == expected.dtype
        np.testing.assert_allclose(output, expected, rtol=1e-4, atol=1e-5, err_msg=name)


def _write(folder):
    import keras

    saved_model = folder / "saved_model" / "1"
    encoder, decoder = _models()
    functions = _functions(encoder, decoder)
    _write_golden(functions, folder / "golden.npz")
    archive = keras.export.ExportArchive()
    archive.track(encoder)
    archive.track(decoder)
    for endpoint, (function, specs) in functions.items():
        archive.add_endpoint(endpoint, function, input_signature=specs)
    archive.add_endpoint("serving_default", *functions["encode"])
    archive.write_out(str(saved_model), verbose=False)
    _write_types(folder / "types" / "1")
    for name in ("tflite", "onnx", "static", "odd"):
        (folder / name).mkdir()
    for endpoint in functions:
        tflite = folder / "tflite" / endpoint
        tflite.with_suffix(".tflite").write_bytes(_tflite(saved_model, [endpoint]))
        model = _onnx(saved_model, endpoint)
        (folder / "onnx" / f"{endpoint}.onnx").write_bytes(model.SerializeToString())
        if endpoint in ("encode", "posterior", "decode"):
            integers = _tflite(saved_model, [endpoint], int8=True)
            tflite.with_suffix(".int8_static.tflite").write_bytes(integers)
    (folder / "tflite" / "model.tflite").write_bytes(_tflite(saved_model, list(functions)))
    _write_static(encoder, folder / "static")
    _write_half(folder / "odd" / "negate.float16.onnx")
    _write_nameless(folder / "odd" / "nameless.tflite")


def _models():
    import keras

    keras.utils.set_random_seed(1)
    layers = keras.layers
    x = keras.Input((8, 8, 1))
    features = layers.Flatten()(layers.Conv2D(4, 3, strides=2, activation="relu")(x))
    mean, scale = layers.Dense(2)(features), layers.Dense(2, activation="softplus")(features)
    latent = keras.Input((2,))
    image = layers.Reshape((4, 4, 4))(layers.Dense(64, activation="relu")(latent))
    image = layers.Conv2DTranspose(1, 3, 2, padding="same", activation="sigmoid")(image)
    return keras.Model(x, [mean, scale]), keras.Model(latent, image)


def _functions(encoder, decoder):
    import tensorflow as tf

    def posterior(x):
        x = tf.ensure_shape(x, (None, 8, 8, 1))
        mean, scale = encoder(x, training=False)
        return {"mean": mean, "scale": scale}

    def sample_posterior(x, epsilon):
        parameters = posterior(x)
        epsilon = tf.ensure_shape(epsilon, (None, 2))
        return {"latent": parameters["mean"] + parameters["scale"] * epsilon}

    def decode(latent):
        latent = tf.ensure_shape(latent, (None, 2))
        return {"reconstruction": decoder(latent, training=False)}

    def call(pixels):
        x = tf.cast(tf.ensure_shape(pixels, (None, 8, 8, 1)), "float32") / 255.0
        image = decoder(encoder(x, training=False)[0], training=False)
        dark = tf.reduce_mean(image, [1, 2, 3]) < 0.5
        return {"levels": tf.cast(tf.round(image * 255.0), "uint8"), "dark": dark}

    functions = {
        "encode": lambda x: {"latent": posterior(x)["mean"]},
        "posterior": posterior,
        "sample_posterior": sample_posterior,
        "decode": decode,
        "call": call,
    }
    specs = {
        name: tf.TensorSpec((None, *shape), "uint8" if name == "pixels" else "float32", name=name)
        for name, shape in SHAPES.items()
    }
    return {
        endpoint: (function, [specs[name] for name in ENDPOINTS[endpoint][0]])
        for endpoint, function in functions.items()
    }


def _write_golden(functions, path):
    random = np.random.default_rng(0)
    inputs = {name: random.normal(size=(17, *shape)) for name, shape in SHAPES.items()}
    inputs = {name: array.astype("float32") for name, array in inputs.items()}
    inputs["x"] = random.random((17, 8, 8, 1), dtype="float32")
    inputs["pixels"] = (inputs["x"] * 255).astype("uint8")
    arrays = {}
    for endpoint, (names, _) in ENDPOINTS.items():
        outputs = functions[endpoint][0](*(inputs[name] for name in names))
        arrays |= {f"{endpoint}/{name}": inputs[name] for name in names}
        arrays |= {f"{endpoint}/{name}": output.numpy() for name, output in outputs.items()}
    np.savez(path, **arrays)


def _write_types(folder):
    """A SavedModel that returns each type as it came, with one more."""
    import tensorflow as tf

    types = ["float32", "float64", "int32", "int64", "uint8", "int8", "bool"]
    signatures = {
        name: tf.function(
            lambda x: {"more": tf.math.logical_not(x) if x.dtype == tf.bool else x + 1},
            input_signature=[tf.TensorSpec((None, 2), name, name="x")],
        )
        for name in types
    }
    fail = tf.function(
        lambda x: {"more": tf.debugging.check_numerics(x, "`x` must be finite")},
        input_signature=[tf.TensorSpec((None,), "float32", name="x")],
    )
    tf.saved_model.save(tf.Module(), str(folder), signatures=signatures | {"finite": fail})


def _tflite(saved_model, endpoints, int8=False):
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(
        str(saved_model), signature_keys=endpoints
    )
    if int8:
        with np.load(saved_model.parents[1] / "golden.npz") as file:
            arrays = [file[f"{endpoints[0]}/{name}"] for name in ENDPOINTS[endpoints[0]][0]]
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: (
            (endpoints[0], {name: array[None] for name, array in zip(*pair, strict=True)})
            for pair in ((ENDPOINTS[endpoints[0]][0], row) for row in zip(*arrays, strict=True))
        )
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def _onnx(saved_model, endpoint):
    import tensorflow as tf
    import tf2onnx

    loaded = tf.saved_model.load(str(saved_model))  # the signatures keep no variables alive
    signature = loaded.signatures[endpoint]
    keywords = signature.structured_input_signature[1]
    specs = [keywords[name] for name in ENDPOINTS[endpoint][0]]
    function = tf.function(
        lambda *tensors: signature(
            **{spec.name: x for spec, x in zip(specs, tensors, strict=True)}
        )
    )
    model, _ = tf2onnx.convert.from_function(function, input_signature=specs, opset=18)
    model.metadata_props.add(key="keras_ae.endpoint", value=endpoint)
    return model


def _write_static(encoder, folder):
    """`encode` for four examples at a time, no more and no fewer."""
    import keras
    import tensorflow as tf

    spec = tf.TensorSpec((STATIC_BATCH, *SHAPES["x"]), "float32", name="x")
    archive = keras.export.ExportArchive()
    archive.track(encoder)
    archive.add_endpoint("encode", lambda x: {"latent": encoder(x)[0]}, input_signature=[spec])
    archive.write_out(str(folder / "saved_model"), verbose=False)
    model = _onnx(folder / "saved_model", "encode")
    del model.metadata_props[:]  # the reader takes the endpoint's name from the file's
    (folder / "encode.onnx").write_bytes(model.SerializeToString())
    (folder / "encode.tflite").write_bytes(_tflite(folder / "saved_model", ["encode"]))


def _write_nameless(path):
    """A TFLite file without signatures, as from a lone function."""
    import tensorflow as tf

    spec = tf.TensorSpec((1, 2), "float32")
    function = tf.function(lambda x: -x, input_signature=[spec]).get_concrete_function()
    path.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([function]).convert())


def _write_half(path):
    """An ONNX file whose input and output are float16."""
    from onnx import TensorProto, checker, helper

    half = TensorProto.FLOAT16
    graph = helper.make_graph(
        [helper.make_node("Neg", ["x"], ["negative"])],
        "negate",
        [helper.make_tensor_value_info("x", half, ["batch", 2])],
        [helper.make_tensor_value_info("negative", half, ["batch", 2])],
    )
    opsets = [helper.make_opsetid("", 18)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    checker.check_model(model)
    path.write_bytes(model.SerializeToString())


if __name__ == "__main__":
    _write(pathlib.Path(sys.argv[1]))
