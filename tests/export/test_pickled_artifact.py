"""An artifact can be pickled: a worker opens its files anew, without TensorFlow."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

from keras_ae.export import ExportError, load_artifact
from tests.distributed.tables import write_bundle
from tests.environments import REFERENCE, ROOT

X = np.ones((4, 3), "float32")


@pytest.fixture
def bundle(tmp_path):
    return write_bundle(tmp_path / "bundle")


def test_a_copy_computes_the_same_before_and_after_use(bundle):
    with load_artifact(bundle, "onnx", threads=1) as artifact:
        before = pickle.loads(pickle.dumps(artifact))
        score = artifact.detect(X).score
        after = pickle.loads(pickle.dumps(artifact))
    for copy in (before, after):
        assert copy.endpoints == artifact.endpoints
        np.testing.assert_array_equal(copy.detect(X).score, score)
        copy.close()
        with pytest.raises(ExportError, match="closed"):
            copy.detect(X)


def test_a_lone_file_s_copy_is_opened_when_it_is_used(bundle, tmp_path):
    artifact = load_artifact(bundle / "onnx" / "encode.onnx")
    content = pickle.dumps(artifact)
    (bundle / "onnx" / "encode.onnx").rename(tmp_path / "encode.onnx")
    copy = pickle.loads(content)
    with pytest.raises(ExportError, match="encode.onnx can't be opened"):
        copy.encode(X)
    (tmp_path / "encode.onnx").rename(bundle / "onnx" / "encode.onnx")
    np.testing.assert_array_equal(copy.encode(X), artifact.encode(X))


def test_one_file_of_several_endpoints_is_opened_once():
    path = REFERENCE / "tflite" / "model.tflite"
    copy = pickle.loads(pickle.dumps(load_artifact(path)))
    assert copy._reader("encode") is copy._reader("decode")


def test_outputs_come_in_the_stated_order(bundle):
    with load_artifact(bundle, "onnx") as artifact:
        assert artifact.detect(X)._fields == ("score", "decision", "is_anomaly")
        assert list(artifact.run("detect", x=X)) == ["score", "decision", "is_anomaly"]


def test_a_worker_imports_no_framework(bundle, tmp_path):
    """It gets the bytes, and has neither Keras nor TensorFlow loaded when it has run them."""
    (tmp_path / "pickled").write_bytes(pickle.dumps(load_artifact(bundle, "onnx", threads=1)))
    code = f"""
import pathlib, pickle, sys
artifact = pickle.loads(pathlib.Path({str(tmp_path / "pickled")!r}).read_bytes())
print(artifact.detect([[2.0, 2.0, 2.0]]).score[0])
print([name for name in ("keras", "tensorflow", "jax", "pyarrow") if name in sys.modules])
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.split("\n")[:2] == ["4.0", "[]"], done.stderr
