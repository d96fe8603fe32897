"""Every endpoint of every recipe, in every format, equals the model: batches of 1, 3 and 17.

`export_model` itself compares each file in its own runtime and in a process of its own, and scans
its operations; here its answer is checked against the model's own methods.
"""

import json
import sys

import numpy as np
import pytest

from keras_ae.export import load_artifact
from keras_ae.export.export_model import export_model
from tests.contract.descriptors import RECIPES
from tests.contract.rows import each
from tests.export.subprocesses import run

FORMATS = ("saved_model", "tflite", "onnx")


def methods(model, x, epsilon):
    """Return what the model's own methods say, by endpoint."""
    latent = model.encode(x)
    expected = {
        "encode": {"latent": latent},
        "decode": {"reconstruction": model.decode(latent)},
        "reconstruct": {"reconstruction": model.reconstruct(x)},
    }
    if "posterior" in model.functions():
        posterior = model.posterior(x)
        expected["posterior"] = {"mean": posterior.mean, "scale": posterior.scale}
        expected["sample_posterior"] = {"latent": posterior.transform(epsilon)}
    if "score" in model.functions() and model.bottleneck.score_noise is None:
        expected["score"] = {"score": model.anomaly_score(x)}
    return expected


@pytest.mark.slow  # many seconds each; tests/export has a bundle among the default tests
@each(RECIPES)
def test_every_endpoint_in_every_format(row, tmp_path):
    model, x = row.new(), row.data(64)
    random = np.random.default_rng(0)
    for weight in model.trainable_weights:  # unlike the initial ones, biases too
        weight.assign(weight + random.normal(0, 0.1, weight.shape))
    report = export_model(model, tmp_path / "bundle", sample_data=x, verbose=False)
    assert report.proven
    assert {each.format for each in report.artifacts} == set(FORMATS)
    record = json.loads((tmp_path / "bundle" / "manifest.json").read_text())
    names = [each["name"] for each in record["endpoints"]]
    assert names == list(model.functions())
    assert ("generate" in names) == (
        model.prior is not None and model.prior.noise_shape is not None
    )
    shape = (5, *model.bottleneck.code_shape)
    epsilon = np.random.default_rng(0).standard_normal(shape, "float32")
    inputs = {"x": x[:5], "epsilon": epsilon, "latent": model.encode(x[:5])}
    for name in FORMATS:
        with load_artifact(tmp_path / "bundle", format=name) as artifact:
            assert set(artifact.endpoints) == set(names)
            for endpoint, outputs in methods(model, x[:5], epsilon).items():
                wanted = [each.name for each in artifact.signatures[endpoint].inputs]
                found = artifact.run(endpoint, **{each: inputs[each] for each in wanted})
                for output, value in outputs.items():
                    np.testing.assert_allclose(found[output], value, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_another_backend_is_refused():
    program = (
        "import numpy, keras_ae\n"
        "from keras_ae.export import ExportError, export_model\n"
        "model = keras_ae.create_model('autoencoder', (4,), latent_dim=2)\n"
        "try:\n"
        "    export_model(model, 'bundle', sample_data=numpy.zeros((4, 4)))\n"
        "except ExportError as error:\n"
        "    print(error)\n"
    )
    said = run([sys.executable, "-c", program], KERAS_BACKEND="jax")
    assert "An export runs on the TensorFlow backend. Received: the backend jax" in said
