"""Densities against TensorFlow Probability, Monte Carlo and quadrature, extremes included."""

import numpy as np
import pytest
import tensorflow_probability as tfp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from keras_ae import probability

tfd = tfp.distributions
quick = settings(deadline=None, derandomize=True, max_examples=40)
RNG = np.random.default_rng(0)
BATCH = 5
TRIL = np.linalg.cholesky(np.cov(RNG.normal(size=(4, 9))))
LOGITS = np.array([0.0, 1e-8, 1e-3, 0.1, 0.49, 0.5, 0.51, 3.0, 15.0, 30.0, 90.0, 100.0])
LOGITS = np.concatenate([-LOGITS[:0:-1], LOGITS])
SCALES = 10.0 ** np.arange(-6, 7)


def normal(*shape):
    return RNG.normal(size=(BATCH, *shape))


def positive(*shape):
    return np.exp(normal(*shape))


# name: (our function of x and the parameters, their distribution, parameters)
FAMILIES = {
    "normal": (probability.normal_log_prob, tfd.Normal, [normal(3, 2), positive(3, 2)]),
    "standard_normal": (
        lambda x, *_: probability.standard_normal_log_prob(x),
        tfd.Normal,
        [np.zeros((BATCH, 4)), np.ones((BATCH, 4))],
    ),
    "multivariate_normal": (
        probability.multivariate_normal_log_prob,
        tfd.MultivariateNormalTriL,
        [normal(4), TRIL * positive(1, 1)],
    ),
    "shared_covariance": (
        probability.multivariate_normal_log_prob,
        tfd.MultivariateNormalTriL,
        [normal(4), TRIL],
    ),
    "bernoulli": (
        probability.bernoulli_log_prob,
        lambda logits: tfd.Bernoulli(logits=logits, dtype="float64"),
        [3.0 * normal(3, 2)],
    ),
    "continuous_bernoulli": (
        probability.continuous_bernoulli_log_prob,
        lambda logits: tfd.ContinuousBernoulli(logits=logits, dtype="float64"),
        [3.0 * normal(3, 2)],
    ),
    "laplace": (probability.laplace_log_prob, tfd.Laplace, [normal(3, 2), positive(3, 2)]),
    "categorical": (
        probability.categorical_log_prob,
        lambda logits: tfd.OneHotCategorical(logits=logits, dtype="float64"),
        [normal(3, 6)],
    ),
}


@pytest.fixture(params=FAMILIES.values(), ids=FAMILIES)
def family(request):
    ours, theirs, parameters = request.param
    distribution = theirs(*parameters)
    dimensions = len(distribution.batch_shape) - 1
    return ours, tfd.Independent(distribution, dimensions), parameters


def test_agrees_with_tensorflow_probability(family):
    ours, theirs, parameters = family
    x = theirs.sample(seed=1).numpy()
    result = ours(x, *parameters)
    assert tuple(result.shape) == (BATCH,)
    assert "float32" in str(result.dtype)
    np.testing.assert_allclose(result, theirs.log_prob(x).numpy(), rtol=2e-5, atol=2e-5)


def test_monte_carlo_mean_is_minus_the_entropy(family):
    ours, theirs, parameters = family
    x = theirs.sample(20_000, seed=2).numpy()[:, 0]
    first = [p if p.shape == (4, 4) else p[:1] for p in parameters]
    draws = np.asarray(ours(x, *first))
    standard_error = draws.std() / np.sqrt(len(draws)) + 1e-5
    assert abs(draws.mean() + theirs.entropy().numpy()[0]) < 4 * standard_error < 0.1


def test_compiled_with_unknown_batch_size(family, compiled):
    ours, theirs, parameters = family
    x = theirs.sample(seed=1).numpy()
    batched = [np.broadcast_to(p, (BATCH, 4, 4)) if p.shape == (4, 4) else p for p in parameters]
    result = compiled(ours, x, *batched)
    np.testing.assert_allclose(result, ours(x, *parameters), rtol=1e-5, atol=1e-5)


@quick
@given(location=st.floats(-9, 9), scale=st.floats(0.1, 9), logits=st.floats(-100, 100))
def test_densities_integrate_to_one(location, scale, logits):
    grid = location + scale * np.linspace(-16.0, 16.0, 4001)[:, None]
    for log_prob in (probability.normal_log_prob, probability.laplace_log_prob):
        density = np.exp(log_prob(grid, location, scale))
        assert np.trapezoid(density, grid[:, 0]) == pytest.approx(1.0, abs=1e-4)
    unit = np.linspace(0.0, 1.0, 4001)[:, None]
    density = np.exp(probability.continuous_bernoulli_log_prob(unit, logits))
    assert np.trapezoid(density, unit[:, 0]) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("x", [0.0, 0.25, 1.0])
def test_bernoulli_at_any_logits(x, gradients):
    column = LOGITS[:, None]
    exact = x * special.log_expit(LOGITS) + (1.0 - x) * special.log_expit(-LOGITS)
    # Relative: the probability of a surprise is as precise at logits of 30 as that of a coin.
    np.testing.assert_allclose(
        probability.bernoulli_log_prob(x, column), exact, rtol=1e-5, atol=1e-37
    )
    (gradient,) = gradients(lambda logits: probability.bernoulli_log_prob(x, logits), column)
    np.testing.assert_allclose(gradient[:, 0], x - special.expit(LOGITS), rtol=1e-5, atol=1e-7)


def test_continuous_bernoulli_at_any_logits(gradients):
    logits = np.where(LOGITS == 0.0, 1e-9, LOGITS)
    exact = np.log(logits / np.tanh(0.5 * logits))
    log_normalizer = probability.continuous_bernoulli_log_normalizer
    np.testing.assert_allclose(log_normalizer(LOGITS), exact, rtol=1e-6)
    mean = np.where(
        np.abs(logits) < 1e-2,
        0.5 + logits / 12,
        special.expit(logits) / np.tanh(0.5 * logits) - 1.0 / logits,
    )
    np.testing.assert_allclose(probability.continuous_bernoulli_mean(LOGITS), mean, rtol=1e-6)
    # An exponential family: its mean is the gradient of the log-partition.
    (gradient,) = gradients(log_normalizer, LOGITS)
    np.testing.assert_allclose(gradient, special.expit(logits) - mean, atol=1e-6)
    # ... and its variance that of its mean.
    variance = np.where(
        np.abs(logits) < 1e-2, 1 / 12, 1.0 / logits**2 - 0.25 / np.sinh(0.5 * logits) ** 2
    )
    (slope,) = gradients(probability.continuous_bernoulli_mean, LOGITS)
    np.testing.assert_allclose(slope, variance, rtol=1e-4)


def test_continuous_bernoulli_mean_is_the_mean():
    logits = np.array([-4.0, -0.3, 0.0, 0.7, 9.0])
    draws = tfd.ContinuousBernoulli(logits=logits, dtype="float64").sample(50_000, seed=3).numpy()
    error = np.asarray(probability.continuous_bernoulli_mean(logits)) - draws.mean(0)
    assert np.all(np.abs(error) < 4 * draws.std(0) / np.sqrt(len(draws)))
    assert probability.continuous_bernoulli_mean(9.0) < special.expit(9.0) - 0.1


@pytest.mark.parametrize("distance", [0.0, 1.0, 5.0])
def test_scales_from_a_millionth_to_a_million(distance):
    scale = SCALES[:, None]
    x = distance * scale
    normal, laplace = probability.normal_log_prob, probability.laplace_log_prob
    np.testing.assert_allclose(
        normal(x, 0.0, scale), stats.norm.logpdf(x, 0.0, scale)[:, 0], rtol=1e-5
    )
    np.testing.assert_allclose(
        laplace(x, 0.0, scale), stats.laplace.logpdf(x, 0.0, scale)[:, 0], rtol=1e-5, atol=1e-5
    )
    tril = TRIL * SCALES[:, None, None]
    points = np.tile(distance * SCALES[:, None], (1, 4))
    exact = tfd.MultivariateNormalTriL(np.zeros(4), tril).log_prob(points).numpy()
    result = probability.multivariate_normal_log_prob(points, np.zeros(4), tril)
    np.testing.assert_allclose(result, exact, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("x", [0.0, 1.0, 1e6])
def test_gradients_are_finite_at_extremes(x, gradients):
    scale = SCALES[:, None]
    point = np.full_like(scale, x)
    for log_prob in (probability.normal_log_prob, probability.laplace_log_prob):
        assert np.isfinite(gradients(log_prob, point, 0.0 * point, scale)).all()
    tril = TRIL * SCALES[:, None, None]
    points = np.full((len(SCALES), 4), x)
    for gradient in gradients(
        probability.multivariate_normal_log_prob, points, 0.0 * points, tril
    ):
        assert np.isfinite(gradient).all()


def test_categorical_at_extreme_logits(gradients):
    logits = np.array([[100.0, -100.0, 0.0], [-100.0, -100.0, 100.0], [1e-6, 0.0, 0.0]])
    for place in range(3):
        x = np.tile(np.eye(3)[place], (3, 1))
        result = probability.categorical_log_prob(x, logits)
        np.testing.assert_allclose(result, special.log_softmax(logits, -1)[:, place], rtol=1e-6)
        gradient = gradients(
            lambda given, x=x: probability.categorical_log_prob(x, given), logits
        )[0]
        np.testing.assert_allclose(gradient, x - special.softmax(logits, -1), atol=1e-6)


def test_one_number_an_example_for_any_rank_and_type():
    for shape in ((3,), (3, 2), (3, 4, 4, 1)):
        x = np.ones(shape, "uint8")
        result = np.asarray(probability.bernoulli_log_prob(x, np.zeros(shape)))
        assert result.dtype == "float32"
        np.testing.assert_allclose(result, np.full(3, -np.log(2.0) * x[0].size), rtol=1e-6)
