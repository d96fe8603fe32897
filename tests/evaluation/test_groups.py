"""`evaluate_model` gives each score that makes sense, and says why others are left out."""

import dataclasses
import json
import math

import keras
import numpy as np
import pytest

from keras_ae import evaluation
from keras_ae.datasets.shapes import shapes
from keras_ae.evaluation import _groups, evaluate_model
from keras_ae.layers import (
    DenseBottleneck,
    GaussianLikelihood,
    NormalBottleneck,
    dense_decoder,
    dense_encoder,
)
from keras_ae.models import DenoisingAutoencoder, VariationalAutoencoder, create_model

ALL = tuple(_groups.GROUPS)
JIT = keras.backend.backend() == "jax"


@pytest.fixture(scope="module")
def data():
    """Return 60 shapes and their factors, every other pixel."""
    data = shapes()
    some = np.random.default_rng(0).permutation(len(data.x_train))[:60]
    return data.x_train[some][:, ::2, ::2], data.factors_train[some]


@pytest.fixture(scope="module")
def vae(data):
    model = VariationalAutoencoder(
        dense_encoder((16, 16, 1), units=(16,), seed=0),
        NormalBottleneck(3, seed=0),
        dense_decoder((16, 16, 1), latent_dim=3, units=(16,), seed=0),
    )
    model.compile("adam", jit_compile=JIT)
    model.fit(data[0], epochs=2, verbose=0)
    return model


@pytest.fixture(scope="module")
def scores(vae, data):
    x, factors = data
    features = lambda images: np.reshape(images, (len(images), -1))[:, ::40]  # noqa: E731
    return evaluate_model(
        vae,
        x,
        num_samples=20,
        seed=1,
        include=ALL,
        labels=factors[:, 0],
        factors=factors[:, :2],
        categorical=(0,),
        feature_model=features,
    )


@pytest.mark.slow
def test_every_score_is_that_of_its_function(vae, data, scores):
    x, factors = data
    posterior, latent = vae.posterior(x, 128), vae.encode(x, 128)
    reconstruction, generated = vae.reconstruct(x, 128), vae.generate(60, 1, 128)
    features = [np.reshape(each, (60, -1))[:, ::40] for each in (x, generated)]
    compression = evaluation.rate_distortion(vae, x)
    expected = {
        "kl_per_dimension": tuple(evaluation.kl_per_dimension(posterior)),
        "sample_mmd": evaluation.kernel_mmd(x, generated),
        "feature_mmd": evaluation.kernel_mmd(*features),
        "feature_frechet_distance": evaluation.frechet_distance(*features),
        "psnr": evaluation.peak_signal_to_noise_ratio(x, reconstruction).mean(),
        "ssim": evaluation.structural_similarity(x, reconstruction).mean(),
        "linear_probe_accuracy": evaluation.linear_probe_accuracy(latent, factors[:, 0], 1),
        "kmeans_nmi": evaluation.kmeans_nmi(latent, factors[:, 0], 1),
        "mig": evaluation.mig(latent, factors[:, :2]),
        "sap": evaluation.sap(latent, factors[:, :2], categorical=(0,)),
    }
    for name, value in expected.items():
        assert getattr(scores, name) == pytest.approx(value, rel=1e-4, abs=1e-6), name
    found = evaluation.mutual_information(posterior, vae.bottleneck.prior, seed=1)
    information = scores.mutual_information
    assert information.mutual_information == pytest.approx(found.mutual_information, rel=1e-4)
    assert scores.dci == evaluation.dci(latent, factors[:, :2], seed=1)
    assert scores.compression.psnr == pytest.approx(compression.psnr, rel=1e-4)
    assert list(scores.left_out) == ["bits_per_dimension"]  # the shapes have grey edges
    assert scores.left_out["bits_per_dimension"].startswith("`x` must be 0 or 1")


def test_the_error_is_that_of_a_mean_over_examples(vae, data, scores):
    each = vae.log_likelihood(data[0], 20, seed=1, batch_size=128).astype("float64")
    assert scores.log_likelihood_error == pytest.approx(each.std(ddof=1) / math.sqrt(60), rel=1e-4)


def test_the_scores_are_plain_numbers(scores):
    result = json.loads(json.dumps(dataclasses.asdict(scores)))
    assert result["compression"]["jpeg"]["reached"] in (True, False)
    assert result["dci"].keys() == {"disentanglement", "completeness", "informativeness"}
    assert len(result["kl_per_dimension"]) == 3


def test_nothing_is_included_unless_asked_for(vae, data):
    scores = evaluate_model(vae, data[0], labels=data[1][:, 0])
    given = {f.name for f in dataclasses.fields(scores) if getattr(scores, f.name) is not None}
    assert given == {
        *("examples", "nll", "reconstruction_mse", "latent_dim", "kl", "elbo", "active_units"),
        *("kl_per_dimension", "left_out", "penalties"),
    }
    assert scores.penalties == {"kl": scores.kl}
    assert scores.left_out == {}


def test_binary_data_has_bits(vae, data):
    binary = (data[0] > 0.5).astype("float32")
    scores = evaluate_model(vae, binary, num_samples=5, include=["generative"])
    bits = -scores.log_likelihood / 256 / math.log(2)
    assert scores.bits_per_dimension == pytest.approx(bits)
    bound = evaluate_model(vae, binary, include=["generative"])
    assert bound.bits_per_dimension == pytest.approx(-bound.elbo / 256 / math.log(2))


def test_dequantized_data_have_bits_in_the_preprocessed_space():
    random = np.random.default_rng(0)
    x = random.integers(0, 16, size=(40, 5)) + random.uniform(size=(40, 5))
    model = create_model(
        "vae",
        (5,),
        latent_dim=2,
        units=(8,),
        likelihood=GaussianLikelihood(),
        preprocessor=keras.layers.Rescaling(1 / 16),
    )
    scores = evaluate_model(model, x, include=["generative"], level_width=1 / 16)
    bits = (-scores.elbo / 5 + math.log(16)) / math.log(2)
    assert scores.bits_per_dimension == pytest.approx(bits)


def test_a_table_and_a_model_without_a_prior():
    x = np.random.default_rng(0).normal(size=(30, 4)).astype("float32")
    model = create_model(
        "autoencoder", (4,), latent_dim=2, units=(8,), likelihood=GaussianLikelihood()
    )
    scores = evaluate_model(model, x, include=ALL, labels=np.linspace(0.0, 1.0, 30))
    assert scores.left_out["mutual_information"] == "the model has no prior"
    assert scores.left_out["psnr"].startswith("the data aren't images")
    assert scores.left_out["mig"] == "the data have no known factors"
    assert "integers or strings" in scores.left_out["kmeans_nmi"]
    assert "must be images" in scores.left_out["compression"]


def test_pairs_are_scored_on_clean_examples():
    x = np.random.default_rng(0).uniform(size=(20, 4)).astype("float32")
    model = DenoisingAutoencoder(
        dense_encoder((4,), units=(8,)), DenseBottleneck(2), dense_decoder((4,), 2, units=(8,))
    )
    nll = evaluate_model(model, x).nll
    assert nll == pytest.approx(model.anomaly_score(x).mean(), rel=1e-5)


@pytest.mark.slow
def test_large_data_are_sampled(vae, data, monkeypatch):
    monkeypatch.setattr(_groups, "MAX_EXAMPLES", 40)
    monkeypatch.setattr(_groups, "MAX_SLOW_EXAMPLES", 30)
    x, factors = data
    scores = evaluate_model(
        vae, x, include=["generative", "latent"], factors=factors[:, :2], labels=factors[:, 0]
    )
    assert scores.mutual_information.limit == pytest.approx(math.log(40))
    some = np.sort(np.random.default_rng(0).permutation(60)[:30])
    expected = evaluation.kernel_mmd(x[some], vae.generate(30, 0, 128))
    assert scores.sample_mmd == pytest.approx(expected, rel=1e-4, abs=1e-7)
    some = np.sort(np.random.default_rng(0).permutation(60)[:40])
    assert scores.mig == pytest.approx(evaluation.mig(vae.encode(x[some]), factors[some, :2]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"include": ["fid"]}, "`include` must be a sequence of some of generative, reconstructi"),
        ({"include": "latent"}, "Received: include='latent'"),
        ({"labels": np.zeros(3)}, r"`labels` must have shape \(60,\). Received: shape=\(3,\)"),
        ({"factors": np.zeros(60)}, r"`factors` must have shape \(60, factors\)"),
        ({"feature_model": "fid"}, "`feature_model` must be a function, a Keras model or None"),
        ({"feature_model": lambda x: 1.0}, r"`feature_model` must return shape \(2, ...\)"),
    ],
)
def test_bad_arguments(vae, data, options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        evaluate_model(vae, data[0], **options)
