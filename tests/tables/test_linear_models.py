"""Models whose rows are normal: bounds and conditionals are known."""

import keras
import numpy as np
import pytest
from scipy import stats

from keras_ae import layers
from keras_ae.models import create_model
from keras_ae.tables import MIWAE, NotMIWAE
from keras_ae.tables._imputation import conditionals

OFFSET, LOADING, SCALE = (0.3, -0.2), (1.5, 0.8), 0.6


def linear_model(bound):
    """Return a model whose rows are normal: a linear map of one latent, and noise."""
    options = bound.options([layers.GaussianLikelihood(SCALE)], [2])
    model = create_model("table_vae", (2,), 1, **options, units=(), seed=0)
    model.decoder.layers[-1].set_weights([np.array([LOADING]), np.array(OFFSET)])
    # Latents are drawn widely, whatever a backend's first weights are: drawn too narrowly, their
    # weights have no variance that ends.
    *_, kernel, bias = model.bottleneck.trainable_weights
    kernel.assign(np.zeros((4, 1)))
    bias.assign([np.log(np.expm1(1.5))])  # a scale of 1.5, by softplus
    return model


def test_weighted_latents_give_the_exact_conditional_mean_and_variance():
    """Of a linear model, whose rows are normal: one number given the other is known."""
    model = linear_model(MIWAE(3))
    x = np.array([[1.1, np.nan]], "float32")
    found = next(conditionals(model, x, 40_000, keras.random.SeedGenerator(0)))
    covariance = np.outer(LOADING, LOADING) + SCALE**2 * np.eye(2)
    slope = covariance[0, 1] / covariance[0, 0]
    mean = OFFSET[1] + slope * (x[0, 0] - OFFSET[0])
    variance = covariance[1, 1] - slope * covariance[0, 1]
    weights, drawn = found.weights[:, 0], found.drawn[:, 0, 1]
    assert abs((weights * found.means[:, 0, 1]).sum() - mean) < 0.02
    assert abs((weights * drawn).sum() - mean) < 0.03
    assert abs((weights * (drawn - mean) ** 2).sum() - variance) < 0.05


def test_the_bound_of_what_is_there_is_the_exact_marginal():
    """MIWAE's bound with many latents is the log-density of the cells that aren't missing."""
    model = linear_model(MIWAE(3))
    x = np.array([[1.1, np.nan], [np.nan, -0.7], [0.4, 1.3], [np.nan, np.nan]], "float32")
    covariance = np.outer(LOADING, LOADING) + SCALE**2 * np.eye(2)
    deviation = np.sqrt(np.diag(covariance))
    exact = [
        stats.norm.logpdf(1.1, OFFSET[0], deviation[0]),
        stats.norm.logpdf(-0.7, OFFSET[1], deviation[1]),
        stats.multivariate_normal.logpdf([0.4, 1.3], OFFSET, covariance),
        0.0,
    ]
    found = model.log_likelihood(x, num_samples=20_000)
    np.testing.assert_allclose(found, exact, atol=0.03)


@pytest.mark.slow
def test_the_bound_of_missing_not_at_random_is_the_exact_joint():
    """not-MIWAE's: the log-density of what is there, and that the rest is missing."""
    model = linear_model(NotMIWAE(3))
    slope, offset = np.array([1.2, -0.7], "float32"), np.array([0.4, 0.1], "float32")
    model.likelihood.slope.assign(slope)
    model.likelihood.offset.assign(offset)
    x = np.array([[1.1, np.nan]], "float32")
    covariance = np.outer(LOADING, LOADING) + SCALE**2 * np.eye(2)
    ratio = covariance[0, 1] / covariance[0, 0]
    mean = OFFSET[1] + ratio * (1.1 - OFFSET[0])
    deviation = np.sqrt(covariance[1, 1] - ratio * covariance[0, 1])
    values = np.linspace(mean - 10 * deviation, mean + 10 * deviation, 20_001)
    chance = 1 / (1 + np.exp(-(slope[1] * values + offset[1])))
    missing = np.trapezoid(chance * stats.norm.pdf(values, mean, deviation), values)
    present = 1 / (1 + np.exp(slope[0] * 1.1 + offset[0]))
    exact = stats.norm.logpdf(1.1, OFFSET[0], np.sqrt(covariance[0, 0]))
    exact += np.log(present) + np.log(missing)
    found = model.log_likelihood(x, num_samples=20_000)
    np.testing.assert_allclose(found, exact, atol=0.03)
