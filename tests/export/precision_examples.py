"""One trained autoencoder in every precision, and what Keras computes with it.

Run as a script, in a process of its own: `FOLDER` trains and converts, `FOLDER again` converts
once more to another folder, as another process would.
"""

import atexit
import functools
import pathlib
import shutil
import sys
import tempfile

import numpy as np

from tests.subprocesses import python

ENDPOINTS = {
    "encode": ["x"],
    "posterior": ["x"],
    "sample_posterior": ["x", "epsilon"],
    "decode": ["latent"],
    "reconstruct": ["x"],
    "score": ["x"],
}
PRECISIONS = ["float16", "int8_dynamic", "int8_static"]
FILES = {"encode": ["encode"], "decode": ["decode"], "score": ["score"], "model": list(ENDPOINTS)}
ONNX = ["encode", "sample_posterior", "decode", "score"]
SOURCE = "saved_model"
KINDS = {
    **dict.fromkeys(("encode", "posterior", "sample_posterior"), "code"),
    **dict.fromkeys(("decode", "generate", "reconstruct"), "data"),
    "score": "score",
}


@functools.cache
def folder():
    """Return the folder with every artifact, made at the first call."""
    made = pathlib.Path(tempfile.mkdtemp(prefix="keras_ae_precisions_"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    python("-m", "tests.export.precision_examples", made)
    return made


@functools.cache
def converted_again():
    """Return a folder with what another process made of the same SavedModel."""
    python("-m", "tests.export.precision_examples", folder(), "again")
    return folder() / "again"


def path(endpoint, precision, suffix):
    """Return an artifact's path."""
    return folder() / f"{endpoint}.{precision}{suffix}"


@functools.cache
def arrays(name):
    """Return inputs and outputs of every endpoint: of "golden" or of "calibration"."""
    from keras_ae.export.staging import read_arrays

    return read_arrays(folder() / f"{name}.npz")


def _train(made):
    import keras

    from keras_ae import create_model
    from keras_ae.datasets import load_dataset
    from keras_ae.export.endpoints import make_endpoints
    from keras_ae.export.formats.saved_model.write import write_saved_model
    from keras_ae.export.signature import TensorInfo
    from keras_ae.export.staging import write_arrays

    keras.utils.set_random_seed(0)
    digits = load_dataset("digits")
    model = create_model("vae", (8, 8, 1), latent_dim=8, filters=(16, 32), seed=0)
    model.compile(keras.optimizers.Adam(3e-3), jit_compile=False)
    model.fit(digits.x_train, epochs=6, batch_size=128, verbose=0)
    shapes = {"x": (8, 8, 1), "latent": (8,), "epsilon": (8,)}
    tensors = {name: TensorInfo(name, (None, *shape), "float32") for name, shape in shapes.items()}
    threshold = float(np.quantile(model.anomaly_score(digits.x_test), 0.9))
    endpoints = make_endpoints(model.functions(), tensors, list(ENDPOINTS), threshold)
    write_saved_model(endpoints, [], made / SOURCE)
    random = np.random.default_rng(0)
    samples = {}
    for name, x in {"golden": digits.x_test[:200], "calibration": digits.x_train[:150]}.items():
        epsilon = random.normal(size=(len(x), 8)).astype("float32")
        samples = {"x": x, "epsilon": epsilon, "latent": model.encode(x)}
        inputs = {each: {name: samples[name] for name in ENDPOINTS[each]} for each in ENDPOINTS}
        outputs = {each: endpoints[each].run(inputs[each]) for each in ENDPOINTS}
        write_arrays(made / f"{name}.npz", {"inputs": inputs, "outputs": outputs})


def _convert(made, target, files, endpoints):
    import onnx
    import tensorflow as tf

    from keras_ae.export.formats.onnx import quantize
    from keras_ae.export.formats.onnx import write as to_onnx
    from keras_ae.export.formats.tflite import write as to_tflite
    from keras_ae.export.formats.tflite.quantize import make_precision
    from keras_ae.export.staging import read_arrays

    source = str(made / SOURCE)
    calibration = read_arrays(made / "calibration.npz")["inputs"]
    for name in files:
        keys = FILES[name]
        content = to_tflite.to_float32(source, keys)
        (target / f"{name}.float32.tflite").write_bytes(content)
        for precision in PRECISIONS:
            narrow = make_precision(source, content, keys, precision, calibration)
            (target / f"{name}.{precision}.tflite").write_bytes(narrow)
    if target == made:
        loaded = tf.saved_model.load(source)
        for name in endpoints:
            model = to_onnx.to_float32(loaded.signatures[name], ENDPOINTS[name], 18)
            onnx.save(model, made / f"{name}.float32.onnx")
    for name in endpoints:
        model = onnx.load(made / f"{name}.float32.onnx")
        narrow = {
            "float16": quantize.to_float16(model),
            "int8_dynamic": quantize.quantize_dynamic(model),
            "int8_static": quantize.quantize_static(model, calibration[name]),
        }
        for precision, each in narrow.items():
            onnx.checker.check_model(each, full_check=True)
            each.metadata_props.add(key="keras_ae.endpoint", value=name)
            content = each.SerializeToString(deterministic=True)
            (target / f"{name}.{precision}.onnx").write_bytes(content)


if __name__ == "__main__":
    first = pathlib.Path(sys.argv[1])
    if len(sys.argv) == 2:
        _train(first)
        _convert(first, first, FILES, ONNX)
    else:
        (first / "again").mkdir()
        _convert(first, first / "again", ["score"], ["score"])
