"""Bounds against TensorFlow Probability and a linear-Gaussian model whose evidence is known."""

import numpy as np
import pytest
import tensorflow_probability as tfp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from keras import ops
from scipy import special, stats

from keras_ae import probability
from keras_ae.probability import evidence_bound, importance_weighted_bound, log_mean_exp

quick = settings(deadline=None, derandomize=True, max_examples=40)
RNG = np.random.default_rng(0)

# x = weights @ z + offset + noise * normal, z from N(0, I): 2 latents, 4 features, 3 examples.
WEIGHTS, OFFSET, NOISE = RNG.normal(size=(4, 2)), RNG.normal(size=4), 0.5
X = RNG.normal(size=(3, 4))
EVIDENCE_COVARIANCE = WEIGHTS @ WEIGHTS.T + NOISE**2 * np.eye(4)
EVIDENCE = stats.multivariate_normal(OFFSET, EVIDENCE_COVARIANCE).logpdf(X)
TRUE_COVARIANCE = np.linalg.inv(np.eye(2) + WEIGHTS.T @ WEIGHTS / NOISE**2)
TRUE_MEAN = (X - OFFSET) @ WEIGHTS @ TRUE_COVARIANCE / NOISE**2
TRUE_TRIL = np.linalg.cholesky(TRUE_COVARIANCE)
# An approximate posterior q(z|x): another mean, independent latents.
MEAN, SCALE = TRUE_MEAN + 0.2 * RNG.normal(size=(3, 2)), np.exp(0.5 * RNG.normal(size=(3, 2)) - 1)


def log_likelihood(latent):
    mean = ops.matmul(ops.cast(latent, "float32"), np.float32(WEIGHTS.T)) + np.float32(OFFSET)
    return probability.normal_log_prob(X, mean, NOISE)


def log_weights(latents, log_posterior):
    """log p(x, z) - log q(z|x) for each of the latents, shape (num_samples, batch)."""

    def log_weight(latent):
        joint = log_likelihood(latent) + probability.standard_normal_log_prob(latent)
        return joint - log_posterior(latent)

    return np.asarray(ops.vectorized_map(log_weight, np.float32(latents)))


def approximate_posterior(latent):
    return probability.normal_log_prob(latent, MEAN, SCALE)


def test_evidence_of_the_linear_gaussian_model():
    evidence = probability.multivariate_normal_log_prob(
        X, OFFSET, np.linalg.cholesky(EVIDENCE_COVARIANCE)
    )
    np.testing.assert_allclose(evidence, EVIDENCE, rtol=1e-5)


@quick
@given(
    hnp.arrays("float64", (3, 2), elements=st.floats(-3, 3)),
    hnp.arrays("float64", (3, 2), elements=st.floats(0.01, 3)),
)
def test_evidence_is_bound_plus_divergence_from_the_true_posterior(mean, scale):
    # E over q of log p(x|z): the value at q's mean, less half the variance that q puts on x.
    spread = np.sum((scale[:, None] * WEIGHTS) ** 2, axis=(1, 2))
    expected = np.asarray(log_likelihood(mean)) - 0.5 * spread / NOISE**2
    bound = np.asarray(evidence_bound(expected, probability.kl_standard_normal(mean, scale)))
    tril = scale[:, :, None] * np.eye(2)
    gap = np.asarray(probability.kl_multivariate_normal(mean, tril, TRUE_MEAN, TRUE_TRIL))
    np.testing.assert_allclose(bound + gap, EVIDENCE, rtol=2e-5, atol=2e-4)
    assert np.all(bound <= EVIDENCE + 1e-4)


def test_sampled_bound_meets_the_identity():
    kl = np.asarray(probability.kl_standard_normal(MEAN, SCALE))
    latents = MEAN + SCALE * RNG.normal(size=(4000, 3, 2))
    likelihoods = ops.vectorized_map(log_likelihood, np.float32(latents))
    draws = np.asarray(evidence_bound(likelihoods, kl))
    tril = SCALE[:, :, None] * np.eye(2)
    gap = np.asarray(probability.kl_multivariate_normal(MEAN, tril, TRUE_MEAN, TRUE_TRIL))
    standard_error = draws.std(0) / np.sqrt(len(draws))
    assert np.all(np.abs(draws.mean(0) + gap - EVIDENCE) < 4 * standard_error)
    assert np.all(standard_error < 0.3 * gap)


def test_importance_weighted_bound_rises_to_the_evidence():
    latents = MEAN + SCALE * RNG.normal(size=(4096, 3, 2))
    weights = log_weights(latents, approximate_posterior)
    means, errors = [], []
    for k in (1, 8, 64):
        bounds = importance_weighted_bound(weights.reshape(k, 4096 // k, 3))
        assert tuple(bounds.shape) == (4096 // k, 3)
        means.append(np.mean(bounds, axis=0))
        errors.append(np.std(bounds, axis=0) / np.sqrt(4096 / k))
    assert np.all(means[0] < means[1])
    assert np.all(means[1] < means[2])
    assert np.all(means[2] < EVIDENCE + 4 * errors[2])
    spread = np.sum((SCALE[:, None] * WEIGHTS) ** 2, axis=(1, 2))
    expected = np.asarray(log_likelihood(MEAN)) - 0.5 * spread / NOISE**2
    bound = evidence_bound(expected, probability.kl_standard_normal(MEAN, SCALE))
    assert np.all(np.abs(means[0] - bound) < 4 * errors[0])
    everything = np.asarray(importance_weighted_bound(weights))
    np.testing.assert_allclose(everything, EVIDENCE, atol=0.1)


def test_under_the_true_posterior_every_weight_is_the_evidence():
    latents = TRUE_MEAN + RNG.normal(size=(6, 3, 2)) @ TRUE_TRIL.T
    weights = log_weights(
        latents,
        lambda z: probability.multivariate_normal_log_prob(z, TRUE_MEAN, TRUE_TRIL),
    )
    np.testing.assert_allclose(weights, np.tile(EVIDENCE, (6, 1)), rtol=1e-5)
    np.testing.assert_allclose(importance_weighted_bound(weights), EVIDENCE, rtol=1e-5)
    np.testing.assert_allclose(importance_weighted_bound(weights.T, axis=1), EVIDENCE, rtol=1e-5)


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), None])
def test_log_mean_exp_agrees_with_tensorflow_probability(axis):
    x = 3.0 * RNG.normal(size=(5, 2, 4))
    theirs = tfp.math.reduce_logmeanexp(x, axis=axis).numpy()
    np.testing.assert_allclose(log_mean_exp(x, axis), theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("offset", [-1e6, -1e4, 0.0, 100.0, 1e4, 1e6])
def test_log_mean_exp_at_extremes(offset, gradients):
    x = offset + np.array([0.0, 1.0, -200.0, 0.5])
    exact = special.logsumexp(x) - np.log(4.0)
    assert float(log_mean_exp(x)) == pytest.approx(exact, rel=2e-7, abs=1e-6)
    (gradient,) = gradients(log_mean_exp, x)
    np.testing.assert_allclose(gradient, special.softmax(x), atol=1e-6)


def test_log_mean_exp_of_impossible_events():
    assert float(log_mean_exp([0.0, -np.inf])) == pytest.approx(-np.log(2.0))
    assert float(log_mean_exp([-np.inf, -np.inf])) == -np.inf
    assert float(log_mean_exp([0.0, np.inf])) == np.inf


# TensorFlow rounds numbers under 1.2e-38, which have fewer digits, to zero.
normal_numbers = st.floats(-1e4, 1e4, width=32, allow_subnormal=False)


@quick
@given(hnp.arrays("float32", (7,), elements=normal_numbers), st.floats(-50, 50))
def test_log_mean_exp_properties(x, shift):
    value, slack = float(log_mean_exp(x)), 2e-6 * float(np.abs(x).max()) + 1e-5
    assert x.mean() - slack <= value <= x.max() + slack
    assert float(log_mean_exp(np.full(7, x[0]))) == x[0]
    assert float(log_mean_exp(x + shift)) == pytest.approx(value + shift, abs=2 * slack)


def test_compiled_with_unknown_batch_size(compiled):
    def every(x, kl):
        return [evidence_bound(x, kl), importance_weighted_bound(x, 1), log_mean_exp(x, axis=-1)]

    bound, weighted, mean = compiled(every, np.float32(X), np.float32(X**2))
    np.testing.assert_allclose(bound, X - X**2, atol=1e-6)
    np.testing.assert_allclose(weighted, special.logsumexp(X, axis=1) - np.log(4), atol=1e-6)
    np.testing.assert_array_equal(mean, weighted)
