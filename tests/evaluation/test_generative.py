"""Mutual information, KL by dimension, MMD and the Frechet distance, against closed forms."""

import functools
import math

import keras
import numpy as np
import pytest
from keras import ops
from scipy import integrate, linalg, special, stats

from keras_ae.evaluation import (
    frechet_distance,
    kernel_mmd,
    kl_per_dimension,
    mutual_information,
)
from keras_ae.layers import FullNormalPosterior, MixturePrior, NormalPosterior, StandardNormalPrior
from keras_ae.layers.posteriors import Posterior
from keras_ae.models import create_model
from keras_ae.probability import gaussian_kernel, mmd_unbiased


def normal(mean, scale):
    return NormalPosterior(mean.astype("float32"), np.full_like(mean, scale, "float32"))


@pytest.fixture(scope="module")
def random():
    return np.random.default_rng(0)


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_mutual_information_of_a_gaussian_channel(random, scale):
    """Latent = x + noise: capacity 1/2 log(1 + 1/noise**2) a dimension; q(latent) is normal."""
    found = mutual_information(normal(random.normal(size=(4000, 2)), scale), seed=1)
    assert found.mutual_information == pytest.approx(np.log1p(scale**-2), abs=0.06)
    aggregate = 1.0 + scale**2
    closed = 2 * 0.5 * (aggregate - 1.0 - math.log(aggregate))
    assert found.marginal_kl == pytest.approx(closed, abs=0.15)
    assert 0 < found.standard_error < 0.03


def test_the_kl_is_information_plus_marginal_kl(random):
    posterior = normal(random.normal(size=(3000, 3)), 0.7)
    found = mutual_information(posterior)
    kl = ops.convert_to_numpy(posterior.kl_to_standard_normal()).mean()
    assert found.mutual_information + found.marginal_kl == pytest.approx(kl, abs=0.1)


def test_the_information_ends_at_the_logarithm_of_the_examples():
    apart = mutual_information(normal(1000.0 * np.eye(64), 0.1))
    assert apart.limit == math.log(64)
    assert apart.mutual_information == pytest.approx(apart.limit, rel=1e-12)
    same = mutual_information(normal(np.zeros((64, 2)), 1.0))
    assert same.mutual_information == pytest.approx(0.0, abs=1e-6)
    assert same.marginal_kl == pytest.approx(0.0, abs=1e-6)


def test_one_posterior_in_three_ways(random):
    """Independent, by its Cholesky factor, and by `log_prob` alone."""

    class Other(Posterior):
        def __init__(self, of):
            super().__init__(of.mean)
            self.of = of

        scale = property(lambda self: self.of.scale)

        def transform(self, epsilon):
            return self.of.transform(epsilon)

        def log_prob(self, latent):
            return self.of.log_prob(latent)

        def kl_to_standard_normal(self):
            return self.of.kl_to_standard_normal()

        def to_tfp(self):
            return self.of.to_tfp()

    mean = random.normal(size=(200, 3)).astype("float32")
    scale = random.uniform(0.2, 1.5, size=(200, 3)).astype("float32")
    first = NormalPosterior(mean, scale)
    full = FullNormalPosterior(mean, np.einsum("ni,ij->nij", scale, np.eye(3, dtype="float32")))
    expected = mutual_information(first, seed=3)
    for other in (full, Other(first)):
        found = mutual_information(other, seed=3)
        assert found.mutual_information == pytest.approx(expected.mutual_information, rel=1e-4)
        assert found.marginal_kl == pytest.approx(expected.marginal_kl, rel=1e-4)


def test_correlated_posteriors_against_scipy(random):
    lower = np.tril(random.normal(size=(50, 3, 3))).astype("float32")
    lower[:, range(3), range(3)] = np.abs(lower[:, range(3), range(3)]) + 0.3
    posterior = FullNormalPosterior(random.normal(size=(50, 3)).astype("float32"), lower)
    latent = ops.convert_to_numpy(posterior.sample(seed=5))
    each = zip(posterior.mean, lower.astype("float64"), strict=True)
    log_q = np.stack(
        [stats.multivariate_normal.logpdf(latent, mean, root @ root.T) for mean, root in each], 1
    )
    aggregate = special.logsumexp(log_q, axis=1) - math.log(50)
    found = mutual_information(posterior, seed=5)
    assert found.mutual_information == pytest.approx((np.diag(log_q) - aggregate).mean(), rel=1e-4)


def test_kl_by_dimension_is_the_integral():
    means, scale = [[0.0, 1.0], [0.0, -3.0]], 0.5
    posterior = normal(np.array(means), scale)
    latent = np.linspace(-12.0, 12.0, 20001)

    def kl(mean):
        log_q = stats.norm.logpdf(latent, mean, scale)
        ratio = np.exp(log_q) * (log_q - stats.norm.logpdf(latent))
        return integrate.trapezoid(ratio, latent)

    expected = np.mean([[kl(mean) for mean in row] for row in means], axis=0)
    np.testing.assert_allclose(kl_per_dimension(posterior), expected, rtol=1e-5)
    whole = ops.convert_to_numpy(posterior.kl_to_standard_normal()).mean()
    assert kl_per_dimension(posterior, StandardNormalPrior()).sum() == pytest.approx(whole)


def test_kl_that_is_no_sum_is_refused():
    full = FullNormalPosterior(np.zeros((2, 2), "float32"), np.eye(2, dtype="float32")[None])
    with pytest.raises(ValueError, match="not a sum over latent dimensions"):
        kl_per_dimension(full)
    with pytest.raises(ValueError, match="MixturePrior is not a sum"):
        kl_per_dimension(normal(np.zeros((2, 2)), 1.0), MixturePrior(2))


def test_mmd_is_the_packages_estimator_in_float64(random):
    x, y = random.normal(size=(700, 5)), random.normal(size=(600, 5)) + 0.5
    kernel = functools.partial(gaussian_kernel, bandwidth=1.5)
    expected = float(mmd_unbiased(x[:200], y[:150], kernel))
    assert kernel_mmd(x[:200], y[:150], bandwidth=1.5) == pytest.approx(expected, abs=1e-6)
    # In rows of 512, two of them.
    whole = np.exp(-((x[:, None] - y) ** 2).sum(-1) / 4.5).mean()
    within = [
        (np.exp(-((z[:, None] - z) ** 2).sum(-1) / 4.5).sum() - len(z)) / len(z) / (len(z) - 1)
        for z in (x, y)
    ]
    assert kernel_mmd(x, y, bandwidth=1.5) == pytest.approx(sum(within) - 2 * whole, abs=1e-9)


@pytest.mark.slow
def test_mmd_of_two_normals_in_closed_form(random):
    """E[k] of draws of N(0, I) and N(shift, I), bandwidth b: gaussian of variance b**2 + 2."""
    x, y = random.normal(size=(2, 1500, 2))
    y[:, 0] += 1.0
    closed = 2.0 * (1.0 / 3.0) * (1.0 - math.exp(-1.0 / 6.0))
    assert kernel_mmd(x, y, bandwidth=1.0) == pytest.approx(closed, abs=0.02)
    assert kernel_mmd(x[:750], x[750:], bandwidth=1.0) == pytest.approx(0.0, abs=0.004)
    # The median of |x - x'|, twice a chi-squared variable of 2 degrees: sqrt(4 log 2).
    median = kernel_mmd(x, y, bandwidth=math.sqrt(4 * math.log(2)))
    assert kernel_mmd(x, y) == pytest.approx(median, rel=0.05)


def test_frechet_distance_is_the_closed_form(random):
    x, y = random.normal(size=(500, 4)), random.normal(size=(300, 4)) @ random.normal(size=(4, 4))
    cov1, cov2 = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = linalg.sqrtm(cov1 @ cov2).real
    expected = np.square(x.mean(0) - y.mean(0)).sum() + np.trace(cov1 + cov2 - 2.0 * root)
    assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(x, x) == pytest.approx(0.0, abs=1e-9)
    assert frechet_distance(x, x + 2.0) == pytest.approx(16.0)
    # Commuting covariances: the distance of standard deviations.
    assert frechet_distance(x, 3.0 * (x - x.mean(0)) + x.mean(0)) == pytest.approx(
        4.0 * np.trace(cov1)
    )


def test_frechet_distance_of_fewer_examples_than_features(random):
    x, y = random.normal(size=(10, 30)), random.normal(size=(12, 30))
    root = linalg.sqrtm(np.cov(x, rowvar=False) @ np.cov(y, rowvar=False) + 1e-12 * np.eye(30))
    traces = x.var(0, ddof=1).sum() + y.var(0, ddof=1).sum() - 2.0 * np.trace(root).real
    expected = np.square(x.mean(0) - y.mean(0)).sum() + traces
    assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-3)


def test_a_feature_model_of_any_kind(random):
    x, y = random.uniform(size=(2, 20, 4)).astype("float32")
    weights = random.normal(size=(4, 3)).astype("float32")
    layer = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, use_bias=False)])
    layer.set_weights([weights])
    model = create_model("autoencoder", (4,), latent_dim=2, units=())
    as_function = functools.partial(np.dot, b=weights)
    for score, kinds in (
        (kernel_mmd, (as_function, lambda each: ops.matmul(each, weights))),
        (frechet_distance, (as_function, layer)),
    ):
        expected = score(x @ weights, y @ weights)
        for kind in kinds:
            assert score(x, y, kind) == pytest.approx(expected, rel=1e-4)
    expected = frechet_distance(model.encode(x), model.encode(y))
    assert frechet_distance(x, y, model) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (lambda: mutual_information("q"), "`posterior` must be a Posterior"),
        (lambda: mutual_information(normal(np.zeros((1, 2)), 1.0)), "at least 2 examples"),
        (lambda: mutual_information(normal(np.zeros((2, 2)), 1.0), "p"), "`prior` must be a Pri"),
        (lambda: mutual_information(normal(np.zeros((2, 2)), 1.0), seed=-1), "`seed` must be"),
        (
            lambda: mutual_information(normal(np.full((2, 2), np.nan), 1.0)),
            "`posterior.mean` must be finite",
        ),
        (lambda: kl_per_dimension("q"), "`posterior` must be a Posterior"),
        (lambda: kernel_mmd([[0.0]], [[1.0]]), "`x` must have shape .* at least 2 examples"),
        (lambda: kernel_mmd(np.eye(2), np.eye(3)), "`generated` must be as wide as `x`"),
        (lambda: kernel_mmd(np.eye(2), np.eye(2), bandwidth=0), "`bandwidth` must be a number >"),
        (lambda: kernel_mmd(np.zeros((3, 2)), np.eye(2)), "`bandwidth` must be given"),
        (lambda: kernel_mmd(np.eye(2), np.eye(2), "f"), "`feature_model` must be a function"),
        (lambda: kernel_mmd(np.eye(2), np.eye(2), len), "`feature_model` must return shape"),
        (lambda: frechet_distance(np.eye(2), np.eye(3)), "`generated` must be as wide as `x`"),
        (lambda: frechet_distance([[np.inf]] * 2, np.eye(2)), "`x` must be finite"),
    ],
)
def test_bad_arguments(compute, message):
    with pytest.raises((TypeError, ValueError), match=message):
        compute()
