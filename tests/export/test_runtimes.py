"""What processes import, and what they say where a runtime is not installed."""

import pytest

from tests.export.absent import without
from tests.export.reader_examples import bundle
from tests.subprocesses import python

pytestmark = pytest.mark.slow  # real conversions

USE = """
import sys
import numpy as np
from keras_ae.export.load_artifact import load_artifact

def use(kind):
    with load_artifact({bundle!r}, format=kind) as artifact:
        expected = np.load({bundle!r} + "/golden.npz")
        latent = artifact.encode(expected["encode/x"])
        np.testing.assert_allclose(latent, expected["encode/latent"], 1e-4, 1e-5)
        image = artifact.decode(latent)
        assert image.shape == (17, 8, 8, 1)
"""
TENSORFLOW = {"tensorflow", "keras", "tf_keras", "tensorflow_probability"}
RUNTIMES = {"saved_model": "tensorflow", "tflite": "ai_edge_litert", "onnx": "onnxruntime"}


def use(script, **environment):
    """Run `script` in a process of its own; return what it prints."""
    return python("-c", USE.format(bundle=str(bundle())) + script, **environment)


@pytest.mark.parametrize("kind", RUNTIMES)
def test_only_the_runtime_of_the_format_is_imported(kind):
    others = {*TENSORFLOW, *RUNTIMES.values(), "onnx", "tf2onnx", "jax"}
    # TensorFlow's library is called, its package isn't imported.
    others -= {RUNTIMES[kind]} - {"tensorflow"}
    assert use(f"use({kind!r}); print({others!r} & set(sys.modules))") == "set()\n"


def test_onnx_and_tflite_files_run_where_tensorflow_and_keras_are_not_installed(tmp_path):
    use("use('onnx'); use('tflite')", PYTHONPATH=without(tmp_path, *TENSORFLOW))


def test_the_library_gets_along_with_tensorflow_imported_after_it():
    use("use('saved_model'); import ssl, tensorflow as tf; tf.zeros(3) + 1; use('saved_model')")


@pytest.mark.parametrize("kind", RUNTIMES)
def test_a_missing_runtime_is_an_error_that_names_the_package(kind, tmp_path):
    script = f"""
from keras_ae.export.errors import MissingDependencyError
artifact = None
try:
    artifact = load_artifact({str(bundle())!r}, format={kind!r})
    artifact.encode(np.zeros((1, 8, 8, 1)))
except MissingDependencyError as error:
    print(error)
"""
    package = RUNTIMES[kind].replace("_", "-")
    said = use(script, PYTHONPATH=without(tmp_path, RUNTIMES[kind]))
    assert said.startswith(f"`{package}` is needed to ")
    assert said.endswith(f"Install it with: pip install {package}\n")
