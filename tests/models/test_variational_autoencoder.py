"""The variational autoencoder against truths that are known in closed form."""

import keras
import numpy as np
import pytest
from scipy.stats import norm

import keras_ae
from keras_ae import layers
from tests.models.linear_gaussian import X, bound_gap, evidence, linear_gaussian

RNG = np.random.default_rng(1)


def test_with_the_exact_posterior_every_weight_is_the_evidence():
    ours = linear_gaussian().log_likelihood(X, num_samples=1, seed=3)
    np.testing.assert_allclose(ours, evidence(X), atol=2e-4)


def test_many_importance_samples_reach_the_evidence_that_the_bound_misses():
    model = linear_gaussian(excess=1.6)
    bound = -model.evaluate(X, verbose=0, return_dict=True)["loss"]
    ours = model.log_likelihood(X, num_samples=3000, seed=0)
    assert bound < evidence(X).mean() - 0.3
    np.testing.assert_allclose(ours, evidence(X), atol=0.1)
    np.testing.assert_allclose(ours.mean(), evidence(X).mean(), atol=0.02)


def test_the_bound_misses_the_evidence_by_the_divergence_to_the_true_posterior():
    excess = 1.6
    model = linear_gaussian(excess)
    x = np.repeat(X, 100, axis=0)
    bound = -model.evaluate(x, batch_size=1000, verbose=0, return_dict=True)["loss"]
    np.testing.assert_allclose(evidence(X).mean() - bound, bound_gap(excess), atol=0.05)


def test_log_likelihood_doesnt_depend_on_chunks_but_on_the_seed():
    model = linear_gaussian(excess=1.6)
    first = model.log_likelihood(X, num_samples=2000, seed=5, batch_size=16)
    assert np.array_equal(first, model.log_likelihood(X, num_samples=2000, seed=5, batch_size=16))
    other = model.log_likelihood(X, num_samples=2000, seed=6, batch_size=16)
    assert not np.array_equal(first, other)
    np.testing.assert_allclose(first, other, atol=0.15)
    assert model.log_likelihood(X[:3], num_samples=2000, batch_size=7).shape == (3,)


@pytest.fixture(scope="module")
def bernoulli():
    keras.utils.set_random_seed(0)
    patterns = RNG.random((4, 8)) > 0.5
    x = (patterns[np.arange(600) % 4] ^ (RNG.random((600, 8)) < 0.05)).astype("float32")
    model = keras_ae.create_model(
        "vae", (8,), 2, units=(16,), likelihood=layers.BernoulliLikelihood(), seed=0
    )
    model.compile(keras.optimizers.Adam(1e-2))
    model.fit(np.tile(x, (20, 1)), batch_size=50, verbose=0)
    return model, x


def test_evaluate_is_an_independent_monte_carlo_bound(bernoulli):
    model, x = bernoulli
    encoder, decoder = model.encoder_model(), model.decoder_model()
    mean, scale = encoder.predict(x, verbose=0)
    latent = (mean + scale * RNG.normal(size=(30, *mean.shape))).astype("float32")
    flat = latent.reshape(-1, 2)
    probability = decoder.predict(flat, batch_size=6000, verbose=0).reshape(30, *x.shape)
    log_likelihood = np.sum(np.log(np.where(x == 1, probability, 1 - probability)), axis=2)
    log_ratio = norm.logpdf(latent, mean, scale).sum(2) - norm.logpdf(latent).sum(2)
    per_example = log_ratio - log_likelihood
    error = per_example.std(axis=0).mean() * np.sqrt((1 + 1 / 30) / len(x))
    ours = model.evaluate(x, verbose=0, return_dict=True)["loss"]
    assert abs(ours - per_example.mean()) < 3 * error


def test_evaluate_repeats_itself_and_is_sampled(bernoulli):
    model, x = bernoulli
    first = model.evaluate(x, verbose=0, return_dict=True)
    assert first == model.evaluate(x, verbose=0, return_dict=True)
    at_the_mean = model.anomaly_score(x).mean()
    assert first["loss"] > at_the_mean + 0.05  # at the mean it would look better than it is


def test_predict_is_deterministic_at_the_mean(bernoulli):
    model, x = bernoulli
    assert np.array_equal(model.predict(x, verbose=0), model.predict(x, verbose=0))
    np.testing.assert_allclose(model.predict(x, verbose=0), model.reconstruct(x), atol=1e-6)
    np.testing.assert_allclose(model.encode(x), model.posterior(x).mean)
    parameters = keras.ops.convert_to_numpy(model(x[:5]))
    np.testing.assert_allclose(1 / (1 + np.exp(-parameters)), model.reconstruct(x[:5]), atol=1e-6)


def test_anomaly_score_is_nll_plus_kl_at_the_mean(bernoulli):
    model, x = bernoulli
    probability = model.reconstruct(x)
    nll = -np.sum(np.log(np.where(x == 1, probability, 1 - probability)), axis=1)
    kl = keras.ops.convert_to_numpy(model.posterior(x).kl(model.bottleneck.prior))
    np.testing.assert_allclose(model.anomaly_score(x), nll + kl, rtol=1e-4)


def test_generate_decodes_draws_from_the_prior(bernoulli):
    model, _ = bernoulli
    first = model.generate(8000, seed=4)  # the two means then differ by 0.006 or so
    assert np.array_equal(first, model.generate(8000, seed=4))
    assert not np.array_equal(first, model.generate(8000, seed=5))
    latent = RNG.normal(size=(8000, 2)).astype("float32")
    np.testing.assert_allclose(first.mean(0), model.decode(latent).mean(0), atol=0.05)


def test_interpolate_goes_from_reconstruction_to_reconstruction(bernoulli):
    model, x = bernoulli
    path = model.interpolate(x[:3], x[3:6], steps=5)
    assert path.shape == (3, 5, 8)
    np.testing.assert_allclose(path[:, 0], model.reconstruct(x[:3]), atol=1e-6)
    np.testing.assert_allclose(path[:, -1], model.reconstruct(x[3:6]), atol=1e-6)
    middle = (model.encode(x[:3]) + model.encode(x[3:6])) / 2
    np.testing.assert_allclose(path[:, 2], model.decode(middle), atol=1e-6)


@pytest.mark.parametrize(
    "name", ["full_covariance_vae", pytest.param("mixture_vae", marks=pytest.mark.slow)]
)
def test_log_likelihood_bounds_of_other_posteriors_and_priors(name):
    keras.utils.set_random_seed(0)
    x = (RNG.random((64, 6)) > 0.5).astype("float32")
    model = keras_ae.create_model(
        name, (6,), 2, units=(8,), likelihood=layers.BernoulliLikelihood(), seed=0
    )
    model.compile("adam")
    many = np.repeat(x, 50, axis=0)
    one = -model.evaluate(many, batch_size=800, verbose=0, return_dict=True)["loss"]
    tight = model.log_likelihood(x, num_samples=2000).mean()
    assert one < tight < one + 3.0
    scores = model.anomaly_score(x)
    assert np.array_equal(scores, model.anomaly_score(x))
