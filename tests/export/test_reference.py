"""The committed bundle: what a visitor can run without training anything."""

import numpy as np
import onnxruntime
import pytest

from keras_ae.export import load_artifact, verify
from keras_ae.export.bundle.manifest import read_manifest
from keras_ae.export.staging import read_arrays
from tests.environments import REFERENCE


@pytest.mark.slow
def test_it_is_proven_here():
    report = verify(REFERENCE)
    assert report.proven, str(report)
    assert {each.format for each in report.artifacts} == {"saved_model", "tflite", "onnx"}


def test_it_is_small():
    files = [path for path in REFERENCE.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 2_000_000
    assert read_manifest(REFERENCE)["training_data"] == "digits-subset"


def test_its_decoder_draws_digits_in_onnx_runtime():
    session = onnxruntime.InferenceSession(str(REFERENCE / "onnx" / "decode.onnx"))
    golden = read_arrays(REFERENCE / "golden.npz")["sample"]
    (images,) = session.run(["reconstruction"], {"latent": golden["inputs"]["latent"]})
    assert images.shape == (17, 28, 28, 1)
    error = np.mean((images - golden["inputs"]["x"]) ** 2)
    blank = np.mean((golden["inputs"]["x"].mean(axis=0) - golden["inputs"]["x"]) ** 2)
    assert error < 0.8 * blank


def test_its_score_tells_digits_from_noise():
    x = read_arrays(REFERENCE / "golden.npz")["sample"]["inputs"]["x"]
    noise = np.random.default_rng(0).random(x.shape, "float32")
    with load_artifact(REFERENCE, format="tflite") as artifact:
        assert artifact.score(x).max() < artifact.score(noise).min()
