"""One object for every format and precision, whose endpoints are methods."""

import copy
import shutil

import numpy as np
import pytest

from keras_ae.export.errors import ExportError
from keras_ae.export.load_artifact import load_artifact
from tests.export.reader_examples import ENDPOINTS, FORMATS, bundle, feeds, golden, same_as_keras

pytestmark = pytest.mark.slow  # real conversions


@pytest.mark.parametrize("kind", FORMATS)
def test_every_endpoint_is_a_method(kind):
    with load_artifact(bundle(), format=kind, threads=1) as artifact:
        assert set(artifact.endpoints) == set(ENDPOINTS) == set(artifact.signatures)
        for endpoint, (names, _) in ENDPOINTS.items():
            method, inputs = getattr(artifact, endpoint), feeds(endpoint)
            same_as_keras(endpoint, artifact.run(endpoint, **inputs))
            outputs = [method(*inputs.values()), method(**dict(reversed(inputs.items())))]
            outputs.append(method(inputs[names[0]], **{name: inputs[name] for name in names[1:]}))
            for output in outputs:
                named = output._asdict() if isinstance(output, tuple) else {"latent": output}
                if endpoint == "decode":
                    named = {"reconstruction": output}
                same_as_keras(endpoint, named)


@pytest.mark.parametrize("kind", FORMATS)
def test_several_outputs_are_a_named_tuple(kind):
    with load_artifact(bundle(), format=kind) as artifact:
        posterior = artifact.posterior(feeds("posterior", 3)["x"])
        mean, scale = posterior
        assert posterior.mean is mean
        assert posterior.scale is scale
        assert type(posterior).__name__ == "Posterior"
        np.testing.assert_allclose(mean, golden()["posterior"]["mean"][:3], 1e-4, 1e-5)
        assert artifact.call(feeds("call")["pixels"]).dark.dtype == bool


@pytest.mark.parametrize(
    ("path", "endpoints"),
    [
        ("saved_model", ENDPOINTS),
        ("saved_model/1", ENDPOINTS),
        ("tflite/model.tflite", ENDPOINTS),
        ("tflite/encode.tflite", ["encode"]),
        ("onnx/encode.onnx", ["encode"]),
    ],
)
def test_a_lone_artifact_needs_no_format(path, endpoints):
    with load_artifact(str(bundle() / path)) as artifact:
        assert set(artifact.endpoints) == set(endpoints)
        same_as_keras("encode", {"latent": artifact.encode(feeds("encode")["x"])})


def test_a_bundle_of_one_format_needs_no_format(tmp_path):
    shutil.copytree(bundle() / "tflite", tmp_path / "tflite")
    with load_artifact(tmp_path) as artifact:
        assert set(artifact.endpoints) == set(ENDPOINTS)
    for file in (tmp_path / "tflite").glob("*.tflite"):
        if file.name != "model.tflite":
            file.unlink()
    with load_artifact(tmp_path) as artifact:
        same_as_keras("decode", artifact.run("decode", **feeds("decode")))


def test_int8_files_are_used_in_real_units():
    with load_artifact(bundle(), "tflite", precision="int8_static") as artifact:
        assert set(artifact.endpoints) == {"encode", "posterior", "decode"}
        latent = artifact.encode(feeds("encode")["x"])
        image = artifact.decode(latent)
    expected = golden()["encode"]["latent"]
    assert latent.dtype == image.dtype == "float32"
    assert np.abs(latent - expected).max() < 0.02 * np.ptp(expected)
    assert 0 <= image.min() < image.max() <= 1


def test_what_is_no_artifact_is_not_taken_for_one(tmp_path):
    (tmp_path / "saved_model").mkdir()
    (tmp_path / "saved_model" / "weights").write_bytes(b"1")
    for path in (tmp_path, tmp_path / "saved_model", tmp_path / "saved_model" / "weights"):
        with pytest.raises(ValueError, match="`path` must be a SavedModel, a .tflite file"):
            load_artifact(path)


def test_files_of_a_bundle_are_opened_when_they_are_used(tmp_path):
    shutil.copytree(bundle() / "onnx", tmp_path / "onnx")
    broken = tmp_path / "onnx" / "decode.onnx"
    broken.write_bytes(b"no model")
    artifact = load_artifact(tmp_path)
    artifact.encode(feeds("encode")["x"])
    with pytest.raises(ExportError, match=f"^{broken} "):
        artifact.decode(np.zeros((1, 2)))


def test_unknown_names_and_arguments_of_methods():
    artifact = load_artifact(bundle() / "tflite" / "model.tflite")
    known = "call, decode, encode, posterior, sample_posterior"
    assert sorted(artifact.endpoints) == known.split(", ")
    assert {"encode", "run"} <= set(dir(artifact))
    with pytest.raises(AttributeError, match=f"no endpoint 'generate'. It has: {known}"):
        artifact.generate(1)
    with pytest.raises(ValueError, match=f"one of {known}. Received: endpoint='generate'"):
        artifact.run("generate")
    x = feeds("encode")["x"]
    with pytest.raises(TypeError, match=r"sample_posterior\(x, epsilon\) was given 3 arrays"):
        artifact.sample_posterior(x, x, x)
    with pytest.raises(TypeError, match=r"encode\(x\) was given `x` twice"):
        artifact.encode(x, x=x)
    with pytest.raises(ValueError, match="`epsilon` is missing: `sample_posterior` takes x: "):
        artifact.sample_posterior(x)
    with pytest.raises(ValueError, match="`y` is not an input: `encode` takes x: "):
        artifact.encode(x, y=x)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_closed_artifact_is_not_used(kind):
    artifact = load_artifact(bundle(), format=kind)
    artifact.encode(feeds("encode")["x"])
    artifact.close()
    artifact.close()
    for endpoint in ("encode", "decode"):
        with pytest.raises(ExportError, match="closed"):
            artifact.run(endpoint, **feeds(endpoint))


def test_an_artifact_can_be_copied_and_shown():
    artifact = load_artifact(bundle(), format="onnx")
    assert copy.copy(artifact).endpoints == artifact.endpoints
    assert repr(artifact) == f"Artifact({', '.join(sorted(ENDPOINTS))})"


@pytest.mark.parametrize(
    ("path", "arguments", "message"),
    [
        ("", {}, "`format` must be one of saved_model, tflite, onnx, which .* format=None"),
        (
            "",
            {"format": "tf"},
            "must be one of saved_model, tflite, onnx, .*Received: format='tf'",
        ),
        ("onnx/encode.onnx", {"format": "tflite"}, "the format onnx. Received: format='tflite'"),
        ("", {"format": "onnx", "precision": "int8"}, "one of float32, .* precision='int8'"),
        ("", {"format": "tflite", "precision": "float16"}, "one of float32, int8_static, which"),
        ("", {"format": "saved_model", "precision": "float16"}, "must be one of float32, which"),
        ("onnx/encode.onnx", {"precision": "float16"}, "is no bundle"),
        ("golden.npz", {}, "must be a SavedModel, a .tflite file, an .onnx file.* or a bundle"),
        ("nowhere", {}, "must be a SavedModel, a .tflite file, an .onnx file.* or a bundle"),
        ("static", {"format": "onnx"}, "must be one of saved_model, which .* format='onnx'"),
        ("", {"format": "onnx", "threads": 0}, "`threads` must be an integer >= 1"),
    ],
)
def test_wrong_arguments_are_refused(path, arguments, message):
    with pytest.raises(ValueError, match=message):
        load_artifact(bundle() / path, **arguments)
