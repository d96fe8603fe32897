"""A bundle: every endpoint equals the model's method, in every format."""

import json
import math
import re

import numpy as np
import onnx
import onnx.reference
import pytest
import tensorflow as tf

from keras_ae.export import load_artifact
from keras_ae.export.formats.tflite.metadata import read_metadata
from tests.export.bundle_readme import run_readme

FORMATS = ("saved_model", "tflite", "onnx")
ENDPOINTS = {
    "encode", "decode", "reconstruct", "score", "posterior", "sample_posterior", "generate",
}  # fmt: skip


def manifest(bundle):
    return json.loads((bundle.directory / "manifest.json").read_text())


def test_the_report_says_what_is_proven(bundle):
    report = bundle.report
    assert report.proven
    assert report.directory == bundle.directory
    assert len(report.artifacts) == 1 + (len(ENDPOINTS) + 1) + len(ENDPOINTS)
    assert all(each.status == "proven" and each.size > 0 for each in report.artifacts)
    assert max(each.max_absolute for each in report.artifacts) < 1e-3
    assert "onnx/encode.onnx" in str(report)
    count = len(bundle.lines)
    assert bundle.lines[-1] == f"[{count}/{count}] bundle complete"


@pytest.mark.parametrize("format", FORMATS)
def test_endpoints_equal_the_methods(bundle, digits_vae, format):
    model, x = digits_vae.model, digits_vae.x[:5]
    latent = model.encode(x)
    epsilon = np.random.default_rng(1).standard_normal((5, 2)).astype("float32")
    posterior = model.posterior(x)
    close = {"rtol": 1e-4, "atol": 1e-5}
    with load_artifact(bundle.directory, format=format) as artifact:
        assert set(artifact.endpoints) == ENDPOINTS
        np.testing.assert_allclose(artifact.encode(x), latent, **close)
        np.testing.assert_allclose(artifact.decode(latent), model.decode(latent), **close)
        np.testing.assert_allclose(artifact.reconstruct(x), model.reconstruct(x), **close)
        np.testing.assert_allclose(artifact.posterior(x).mean, posterior.mean, **close)
        np.testing.assert_allclose(artifact.posterior(x).scale, posterior.scale, **close)
        sampled = artifact.sample_posterior(x, epsilon)
        np.testing.assert_allclose(sampled, posterior.transform(epsilon), **close)
        np.testing.assert_allclose(artifact.generate(epsilon), model.decode(epsilon), **close)
        score = artifact.score(x)
        np.testing.assert_allclose(score.score, model.anomaly_score(x), **close)
        np.testing.assert_array_equal(score.is_anomaly, score.score > bundle.threshold)
        assert score.is_anomaly.dtype == bool


def test_weights_are_stored_once(bundle, digits_vae):
    path = bundle.directory / "saved_model" / "1" / "variables" / "variables"
    stored = tf.train.load_checkpoint(str(path))
    shapes = stored.get_variable_to_shape_map()
    count = sum(math.prod(shape) for name, shape in shapes.items() if "OBJECT" not in name)
    assert count == digits_vae.model.count_params() - 1  # all but the schedule's beta


def test_no_artifact_draws_noise_or_needs_more_than_built_in_operations(bundle):
    for artifact in manifest(bundle)["artifacts"]:
        names = " ".join(artifact["operations"])
        assert artifact["operations"], artifact["path"]
        assert not re.search("Random|Normal|Uniform|Flex|Hash|Lookup|Custom", names), names


def test_the_manifest_describes_everything(bundle):
    record = manifest(bundle)
    assert {each["name"] for each in record["endpoints"]} == ENDPOINTS
    assert record["default"] == "reconstruct"
    assert record["threshold"] == bundle.threshold
    assert record["training_data"] == "scikit-learn digits"
    assert record["license"] == "CC BY 4.0"
    assert {"tensorflow", "keras", "onnx", "ai-edge-litert"} <= set(record["packages"])
    for artifact in record["artifacts"]:
        assert all(error["passed"] for error in artifact["errors"])
        assert {error["data"] for error in artifact["errors"]} == {"sample", "drawn"}
        assert all(error["batches"] == [1, 3, 17] for error in artifact["errors"])
        if artifact["format"] == "onnx":
            assert (artifact["opset"], artifact["ir_version"] > 0) == (18, True)
    on_disk = {
        path.relative_to(bundle.directory).as_posix()
        for path in bundle.directory.rglob("*")
        if path.is_file()
    }
    assert set(record["files"]) == on_disk - {"manifest.json"}


def test_constant_metadata_is_inside_the_files(bundle):
    model = onnx.load(str(bundle.directory / "onnx" / "score.onnx"))
    inside = {each.key: each.value for each in model.metadata_props}
    assert inside["keras_ae.endpoint"] == "score"
    tflite = read_metadata((bundle.directory / "tflite" / "score.tflite").read_bytes())
    for found in (inside, tflite):
        assert found["keras_ae.model"] == "VariationalAutoencoder"
        assert found["training_data"] == "scikit-learn digits"
        assert float(found["keras_ae.threshold"]) == bundle.threshold


def test_onnx_files_pass_the_checker_and_the_reference_implementation(bundle, digits_vae):
    x = digits_vae.x[:3]
    with load_artifact(bundle.directory, format="onnx") as artifact:
        for endpoint, output in (("encode", "latent"), ("score", "score")):
            model = onnx.load(str(bundle.directory / "onnx" / f"{endpoint}.onnx"))
            onnx.checker.check_model(model, full_check=True)
            sizes = model.graph.input[0].type.tensor_type.shape.dim
            assert sizes[0].dim_param == "batch"
            assert model.graph.output[0].type.tensor_type.shape.dim[0].dim_param == "batch"
            (found,) = onnx.reference.ReferenceEvaluator(model).run([output], {"x": x})
            expected = artifact.run(endpoint, x=x)[output]
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_the_readme_runs(bundle, digits_vae):
    expected = digits_vae.model.encode(digits_vae.x[:17])
    results = run_readme(bundle.directory)
    assert len(results) == 3
    for latent in results:
        np.testing.assert_allclose(latent, expected, rtol=1e-4, atol=1e-5)
