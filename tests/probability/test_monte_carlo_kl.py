"""The Monte Carlo divergence: it meets the closed forms, from samples and never from the mean."""

import keras
import numpy as np
import pytest
import tensorflow_probability as tfp

from keras_ae import probability
from keras_ae.probability import (
    kl_discrete,
    kl_multivariate_normal,
    kl_multivariate_standard_normal,
    kl_normal,
    kl_standard_normal,
    monte_carlo_kl,
)

tfd = tfp.distributions
RNG = np.random.default_rng(0)
MEAN1, MEAN2 = RNG.normal(size=(2, 5, 3))
SCALE1, SCALE2 = np.exp(0.5 * RNG.normal(size=(2, 5, 3)))
TRIL1, TRIL2 = np.linalg.cholesky(
    [[np.cov(RNG.normal(size=(3, 9))) for _ in range(5)] for _ in "12"]
)


def diagonal(mean, scale):
    return lambda x: probability.normal_log_prob(x, mean, scale)


def full(mean, scale_tril):
    return lambda x: probability.multivariate_normal_log_prob(x, mean, scale_tril)


def categorical(probabilities):
    return lambda x: probability.categorical_log_prob(x, np.log(probabilities))


NOISE = RNG.normal(size=(10_000, 5, 3))
CORRELATED = MEAN1 + np.einsum("bij,nbj->nbi", TRIL1, NOISE)
P, UNIFORM = np.array([[0.36, 0.48, 0.16]]), np.full((1, 3), 1 / 3)
CODES = np.eye(3)[RNG.choice(3, size=(10_000, 1), p=P[0])]
standard = probability.standard_normal_log_prob


ROWS = [
    (
        (diagonal(MEAN1, SCALE1), diagonal(MEAN2, SCALE2), MEAN1 + SCALE1 * NOISE),
        lambda: kl_normal(MEAN1, SCALE1, MEAN2, SCALE2),
    ),
    (
        (diagonal(MEAN1, SCALE1), standard, MEAN1 + SCALE1 * NOISE),
        lambda: kl_standard_normal(MEAN1, SCALE1),
    ),
    (
        (full(MEAN1, TRIL1), full(MEAN2, TRIL2), CORRELATED),
        lambda: kl_multivariate_normal(MEAN1, TRIL1, MEAN2, TRIL2),
    ),
    (
        (full(MEAN1, TRIL1), standard, CORRELATED),
        lambda: kl_multivariate_standard_normal(MEAN1, TRIL1),
    ),
    ((categorical(P), categorical(UNIFORM), CODES), lambda: kl_discrete(P, UNIFORM)),
]


@pytest.mark.parametrize(("arguments", "closed_form"), ROWS)
def test_meets_the_closed_form(arguments, closed_form):
    kl, standard_error = map(np.asarray, monte_carlo_kl(*arguments))
    exact = np.asarray(closed_form())
    assert np.all(np.abs(kl - exact) < 4 * standard_error)
    assert np.all(standard_error < 0.05 * (1.0 + exact))


def test_is_an_estimate_from_samples_not_from_the_mean():
    log_p = diagonal(MEAN1, SCALE1)
    exact = np.asarray(kl_standard_normal(MEAN1, SCALE1))
    at_the_mean = np.asarray(log_p(MEAN1)) - np.asarray(standard(MEAN1))
    assert np.all(np.abs(at_the_mean - exact) > 0.2)
    few = MEAN1 + SCALE1 * NOISE[:50]
    estimate = monte_carlo_kl(log_p, standard, few)
    ratios = np.stack([np.asarray(log_p(x)) - np.asarray(standard(x)) for x in few])
    np.testing.assert_allclose(estimate.kl, ratios.mean(0), rtol=1e-5, atol=1e-5)
    error = ratios.std(0, ddof=1) / np.sqrt(50)
    np.testing.assert_allclose(estimate.standard_error, error, rtol=1e-4)
    # Unbiased, so two draws can give less than zero, which no closed form can.
    assert monte_carlo_kl(standard, lambda x: standard(x - 0.1), [[[0.1]], [[0.2]]]).kl[0] < 0.0


def test_gradient_through_the_samples(gradients):
    noise = np.float32(SCALE1 * NOISE)

    def kl(mean):
        return monte_carlo_kl(diagonal(mean, SCALE1), standard, mean + noise).kl

    np.testing.assert_allclose(gradients(kl, MEAN1)[0], MEAN1, atol=0.1)


@pytest.mark.parametrize("shape", [(3,), (1, 5, 3), (0, 5, 3)])
def test_needs_two_draws(shape):
    with pytest.raises(ValueError, match=r"`samples` must have shape .* samples\.shape=\("):
        monte_carlo_kl(standard, standard, np.zeros(shape))


def test_agrees_where_no_closed_form_exists():
    mixture = tfd.MixtureSameFamily(
        tfd.Categorical(probs=np.array([0.3, 0.7])), tfd.Normal(np.array([-2.0, 1.0]), 0.5)
    )

    def log_prob(x):
        parts = [
            probability.normal_log_prob(x, mean, 0.5) + np.log(weight)
            for mean, weight in ((-2.0, 0.3), (1.0, 0.7))
        ]
        return keras.ops.logaddexp(*parts)

    samples = mixture.sample((20_000, 1, 1), seed=1).numpy()
    estimate = monte_carlo_kl(log_prob, standard, samples)
    grid = np.linspace(-8.0, 8.0, 4001)
    density = mixture.prob(grid).numpy()
    log_ratio = mixture.log_prob(grid).numpy() + 0.5 * grid**2 + 0.5 * np.log(2 * np.pi)
    exact = np.trapezoid(density * log_ratio, grid)
    assert abs(float(estimate.kl[0]) - exact) < 4 * float(estimate.standard_error[0]) < 0.1


def test_compiled_with_unknown_batch_size(compiled):
    def estimate(mean, scale):
        samples = keras.ops.stack([mean - scale, mean + scale, mean + 2.0 * scale])
        return list(monte_carlo_kl(diagonal(mean, scale), standard, samples))

    arguments = np.float32(MEAN1), np.float32(SCALE1)
    for result, exact in zip(compiled(estimate, *arguments), estimate(*arguments), strict=True):
        np.testing.assert_allclose(result, exact, rtol=1e-5, atol=1e-5)
