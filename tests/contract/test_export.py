"""Every endpoint of every kind of recipe, in every format, equals the model: batches of 1, 3, 17.

`export_model` itself compares each file in its own runtime and in a process of its own, and scans
its operations; here its answer is checked against the model's own methods.
"""

import json

import numpy as np
import pytest

from keras_ae import layers
from keras_ae.export import load_artifact
from keras_ae.export.export_model import export_model
from tests.contract.descriptors import RECIPES
from tests.contract.rows import each

FORMATS = ("saved_model", "tflite", "onnx")
# Recipes whose models have the endpoints of another, and no kind of layer that it lacks beside
# what only trains: the other is exported in every format, and these in one.
EXPORTED_AS = {
    "denoising-image": ("autoencoder-image", "onnx"),
    "sparse-image": ("autoencoder-image", "tflite"),
    "sparse-vector-l1": ("denoising-vector-gaussian", "onnx"),
    "stacked-image": ("stacked-vector-tied", "tflite"),
    "topk_sparse-vector-prefixes": ("topk_sparse-vector", "tflite"),
    "vae-vector-free_bits": ("table_vae-vector", "saved_model"),
    "iwae-image": ("vae-image", "saved_model"),
    "vae_gan-image": ("vae-image", "onnx"),
    "vae_gan-vector-perceptual": ("vae-image", "tflite"),
}

# A recipe that differs from another by its networks alone: what runs them, and they, are exported.
OTHER_NETWORKS = {"spatial_vae-image-resnet": "spatial_vae-image"}


def row_called(name):
    return next(row for row in RECIPES if row.id == name)


def kinds(model):
    """Return the classes of the layers that an export takes along."""
    training = (layers.Penalty, layers.Corruption)
    parts = [each for each in model._flatten_layers() if not isinstance(each, training)]
    return {type(each) for each in parts if each is not model}


def formats_of(row, model):
    """Return the formats in which a recipe is exported here."""
    if row.id not in EXPORTED_AS:
        return FORMATS
    name, one = EXPORTED_AS[row.id]
    other = row_called(name).new()
    assert list(model.functions()) == list(other.functions())
    assert kinds(model) <= kinds(other)
    return (one,)


def endpoints_of(row, model):
    """Return the endpoints that are exported here."""
    if row.id in OTHER_NETWORKS:
        other = row_called(OTHER_NETWORKS[row.id]).new()
        for part in ("bottleneck", "likelihood", "prior"):
            assert type(getattr(model, part)) is type(getattr(other, part))
        assert type(model) is type(other)
        assert list(model.functions()) == list(other.functions())
        return ["encode", "decode"]
    return list(model.functions())


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
    formats, endpoints = formats_of(row, model), endpoints_of(row, model)
    random = np.random.default_rng(0)
    for weight in model.trainable_weights:  # unlike the initial ones, biases too
        weight.assign(weight + random.normal(0, 0.1, weight.shape))
    options = {"formats": formats, "endpoints": endpoints, "verbose": False}
    report = export_model(model, tmp_path / "bundle", sample_data=x, **options)
    assert report.proven
    assert {each.format for each in report.artifacts} == set(formats)
    record = json.loads((tmp_path / "bundle" / "manifest.json").read_text())
    names = [each["name"] for each in record["endpoints"]]
    assert names == endpoints
    assert ("generate" in model.functions()) == (
        model.prior is not None and model.prior.noise_shape is not None
    )
    shape = (5, *model.bottleneck.code_shape)
    epsilon = np.random.default_rng(0).standard_normal(shape, "float32")
    inputs = {"x": x[:5], "epsilon": epsilon, "latent": model.encode(x[:5])}
    expected = {name: of for name, of in methods(model, x[:5], epsilon).items() if name in names}
    for name in formats:
        with load_artifact(tmp_path / "bundle", format=name) as artifact:
            assert set(artifact.endpoints) == set(names)
            for endpoint, outputs in expected.items():
                wanted = [each.name for each in artifact.signatures[endpoint].inputs]
                found = artifact.run(endpoint, **{each: inputs[each] for each in wanted})
                for output, value in outputs.items():
                    np.testing.assert_allclose(found[output], value, rtol=1e-4, atol=1e-5)
