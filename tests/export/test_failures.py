"""What can't be exported right is one clear error, and nothing at the destination."""

import importlib.util
import os
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_ae
from keras_ae.export import ParityError, UnsupportedModelError, export_model
from keras_ae.export.bundle.manifest import read_manifest
from keras_ae.export.children import Task, run_tasks
from keras_ae.export.errors import MissingDependencyError
from keras_ae.export.staging import GOLDEN
from tests.subprocesses import run

X = np.random.default_rng(0).normal(size=(64, 6)).astype("float32")


@pytest.fixture(scope="module")
def model():
    return keras_ae.create_model("vae", (6,), latent_dim=2, units=(8,), seed=0)


def left(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"formats": ("torch",)}, "`formats` must be a non-empty selection of saved_model"),
        ({"formats": ()}, "`formats` must be a non-empty selection"),
        ({"precisions": ("float8",)}, "`precisions` must be a non-empty selection of float32"),
        (
            {"formats": ("saved_model",), "precisions": ("float16",)},
            r"selection of float32\. Received",
        ),
        ({"formats": ("tflite",), "opset": 17}, "`opset` is read by onnx only"),
        ({"opset": 19}, "`opset` must be an integer >= 11 and <= 18"),
        ({"endpoints": ("denoise",)}, "`endpoints` must be a non-empty selection of"),
        ({"endpoints": ("encode",), "threshold": 1.0}, "`threshold` must be None unless"),
        ({"batch": 0}, "`batch` must be an integer >= 1"),
        ({"precisions": ("int8_static",)}, "`calibration_data` must be an array"),
        ({"calibration_data": X}, "`calibration_data` is read by int8_static only"),
        ({"labels": np.zeros(64)}, "`labels` is read by int8_dynamic, int8_static only"),
        ({"sample_data": X[:, :4]}, r"`sample_data` must be of shape \(examples, 6\)"),
        ({"sample_data": X[:0]}, "`sample_data` must be an array of numbers"),
        ({"sample_data": np.full_like(X, np.nan)}, "`sample_data` must be finite"),
        ({"metadata": {"license": 1}}, "`metadata` must be a dict of strings"),
    ],
)
def test_bad_arguments_are_named_before_any_work(model, tmp_path, options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        export_model(model, tmp_path / "bundle", **{"sample_data": X, "verbose": False, **options})
    assert left(tmp_path) == []


def test_what_is_no_model_is_refused(tmp_path):
    with pytest.raises(
        TypeError, match="`model` must be an autoencoder, a Keras model or layer, a pair"
    ):
        export_model("model.keras", tmp_path / "bundle", sample_data=X)


def test_another_directory_is_never_replaced(model, tmp_path):
    place = tmp_path / "results"
    place.mkdir()
    (place / "notes.txt").write_text("mine")
    for overwrite, message in ((False, "doesn't exist yet"), (True, "with a manifest.json")):
        with pytest.raises(ValueError, match=message):
            export_model(model, place, sample_data=X, overwrite=overwrite, verbose=False)
    assert left(place) == ["notes.txt"]


def test_a_missing_runtime_is_an_error_and_not_a_skip(model, tmp_path, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == "tf2onnx" else find(name)
    )
    with pytest.raises(MissingDependencyError, match="pip install tf2onnx"):
        export_model(model, tmp_path / "bundle", sample_data=X, verbose=False)
    assert left(tmp_path) == []


def test_an_encoder_that_draws_is_refused(tmp_path):
    class Draw(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.seed_generator = keras.random.SeedGenerator(0)

        def call(self, mean):
            return mean + keras.random.normal(tf.shape(mean), seed=self.seed_generator)

    inputs = keras.Input((6,))
    encoder = keras.Model(inputs, Draw()(keras.layers.Dense(2)(inputs)))
    decoder = keras.Sequential([keras.Input((2,)), keras.layers.Dense(6)])
    with pytest.raises(UnsupportedModelError, match="Draw"):
        export_model((encoder, decoder), tmp_path / "bundle", sample_data=X, verbose=False)
    assert left(tmp_path) == []


@pytest.mark.slow
def test_a_file_that_computes_something_else_is_never_published(model, tmp_path, monkeypatch):
    """A wrong constant in one format: every output that it touches is listed."""
    from keras_ae.export.bundle import build

    make = build.make_golden

    def off(*arguments):
        golden = make(*arguments)
        golden["sample"]["outputs"]["encode"]["latent"][0, 0] += 1e-3
        return golden

    monkeypatch.setattr(build, "make_golden", off)
    with pytest.raises(ParityError, match="encode/latent on sample data: max .* 0.001"):
        export_model(
            model,
            tmp_path / "bundle",
            formats=("tflite",),
            endpoints=("encode", "decode"),
            sample_data=X,
            verbose=False,
        )
    assert left(tmp_path) == []


GARBAGE = """
import sys
import keras, numpy as np, tensorflow as tf
keras.utils.set_random_seed(0)
model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(2)])
function = tf.function(lambda x: {"output": model(x)})
concrete = function.get_concrete_function(tf.TensorSpec((None, 6), name="x"))
converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], trackable_obj=model)
open(sys.argv[1], "wb").write(converter.convert())
x = np.random.default_rng(0).normal(size=(17, 6)).astype("float32")
np.savez(sys.argv[2], **{"sample/inputs/x": x, "sample/outputs/call/output": model(x)})
"""


@pytest.mark.slow
def test_garbage_from_a_wrong_trackable_is_found(tmp_path):
    """TensorFlow's converter says nothing about it; the proof refuses the file."""
    path, golden = tmp_path / "call.tflite", tmp_path / GOLDEN
    run([sys.executable, "-c", GARBAGE, str(path), str(golden)])
    artifact = {"path": path.name, "format": "tflite", "precision": "float32"}
    arguments = {
        "directory": str(tmp_path),
        "artifacts": [{**artifact, "endpoints": ["call"]}],
        "threshold": None,
        "batch": None,
        "rounded": [],
        "tolerances": {},
    }
    ((found,),) = run_tasks([Task("The proof", "keras_ae.export.proof.prove", arguments)], print)
    assert found["path"] == "call.tflite"
    assert "error" in found or not all(each["passed"] for each in found["errors"])


@pytest.mark.slow
def test_a_kill_during_an_export_leaves_the_old_bundle(model, tmp_path):
    place, file = tmp_path / "bundle", tmp_path / "model.keras"
    model.save(file)
    options = {"formats": ("onnx",), "endpoints": ("encode",), "sample_data": X, "verbose": False}
    export_model(model, place, **options)
    before = {path.name: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    program = (
        "import sys, keras, numpy, keras_ae\n"
        "from keras_ae.export import export_model\n"
        f"export_model(keras.models.load_model({str(file)!r}), {str(place)!r}, overwrite=True, "
        "sample_data=numpy.zeros((64, 6), 'float32'))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stderr=subprocess.PIPE, start_new_session=True
    )
    for line in process.stderr:
        if b"[4/" in line:
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stderr.close()
    time.sleep(0.1)
    assert read_manifest(place)["name"] == "bundle"
    after = {path.name: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    assert after == before
    assert export_model(model, place, overwrite=True, **options).proven
    assert left(tmp_path) == ["bundle", "model.keras"]


@pytest.mark.slow
def test_two_exports_in_two_processes_give_the_same_bytes(model, tmp_path):
    """In a fresh one, and in this one, which has made many things before."""
    model.save(tmp_path / "model.keras")
    program = (
        "import keras, numpy, keras_ae\n"
        "from keras_ae.export import export_model\n"
        "export_model(keras.models.load_model('model.keras'), 'first/bundle', ('tflite', 'onnx'), "
        "verbose=False, sample_data=numpy.load('x.npy'))\n"
    )
    np.save(tmp_path / "x.npy", X)
    run([sys.executable, "-c", program], cwd=tmp_path)
    export_model(
        keras.models.load_model(tmp_path / "model.keras"),
        tmp_path / "second" / "bundle",
        ("tflite", "onnx"),
        sample_data=X,
        verbose=False,
    )
    first, second = (
        {
            path.relative_to(tmp_path / name).as_posix(): path.read_bytes()
            for suffix in ("tflite", "onnx")
            for path in (tmp_path / name).rglob(f"*.{suffix}")
        }
        for name in ("first", "second")
    )
    assert len(first) == 15
    assert first == second
