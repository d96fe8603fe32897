"""Posteriors against TensorFlow Probability, closed forms and Monte Carlo."""

import numpy as np
import pytest
import tensorflow_probability as tfp
from keras import ops, random
from scipy import stats

from keras_ae.layers import FullNormalPosterior, MixturePrior, NormalPosterior, StandardNormalPrior
from tests.contract.rows import array

tfd = tfp.distributions
BATCH, DIM = 4, 3
RANDOM = np.random.default_rng(0)
MEAN, LATENT, EPSILON = RANDOM.normal(size=(3, BATCH, DIM)).astype("float32")
SCALE = RANDOM.uniform(0.2, 3.0, size=(BATCH, DIM)).astype("float32")
SCALE_TRIL = np.tril(RANDOM.normal(size=(BATCH, DIM, DIM)), -1).astype("float32")
SCALE_TRIL += SCALE[:, :, None] * np.eye(DIM, dtype="float32")
SECOND = {NormalPosterior: SCALE, FullNormalPosterior: SCALE_TRIL}
ORACLES = {
    NormalPosterior: tfd.MultivariateNormalDiag(MEAN, SCALE),
    FullNormalPosterior: tfd.MultivariateNormalTriL(MEAN, SCALE_TRIL),
}
STANDARD = tfd.MultivariateNormalDiag(np.zeros(DIM, "float32"))


@pytest.fixture(params=SECOND, ids=["normal", "full"])
def kind(request):
    return request.param


@pytest.fixture
def posterior(kind):
    return kind(ops.convert_to_tensor(MEAN), ops.convert_to_tensor(SECOND[kind]))


def many(kind, count):
    """The first example's posterior, `count` times."""
    return kind(
        *(ops.convert_to_tensor(given[:1].repeat(count, 0)) for given in (MEAN, SECOND[kind]))
    )


def test_log_prob_is_that_of_tensorflow_probability(kind, posterior):
    result = array(posterior.log_prob(LATENT))
    assert result.shape == (BATCH,)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, ORACLES[kind].log_prob(LATENT).numpy(), rtol=1e-5)


def test_full_log_prob_is_that_of_scipy():
    result = array(FullNormalPosterior(MEAN, SCALE_TRIL).log_prob(LATENT))
    for value, latent, mean, factor in zip(result, LATENT, MEAN, SCALE_TRIL, strict=True):
        expected = stats.multivariate_normal(mean, factor @ factor.T).logpdf(latent)
        assert value == pytest.approx(expected, rel=1e-4)


def test_scale_is_the_marginal_standard_deviation(kind, posterior):
    assert tuple(posterior.scale.shape) == (BATCH, DIM)
    np.testing.assert_allclose(array(posterior.scale), ORACLES[kind].stddev().numpy(), rtol=1e-5)


def test_log_var_is_the_logarithm_of_the_variance(kind, posterior):
    expected = np.log(ORACLES[kind].variance().numpy())
    np.testing.assert_allclose(array(posterior.log_var), expected, rtol=1e-4, atol=1e-5)


def test_to_tfp_is_the_same_distribution(kind, posterior):
    converted = posterior.to_tfp()
    assert tuple(converted.batch_shape) == (BATCH,)
    assert tuple(converted.event_shape) == (DIM,)
    np.testing.assert_allclose(
        converted.log_prob(LATENT).numpy(), ORACLES[kind].log_prob(LATENT).numpy(), rtol=1e-6
    )
    np.testing.assert_allclose(converted.covariance(), ORACLES[kind].covariance(), rtol=1e-6)


def test_a_sample_from_epsilon_is_the_reparameterization(kind, posterior):
    factor = SCALE_TRIL if kind is FullNormalPosterior else SCALE[:, :, None] * np.eye(DIM)
    expected = MEAN + np.einsum("bij,bj->bi", factor, EPSILON)
    np.testing.assert_allclose(array(posterior.sample(EPSILON)), expected, rtol=1e-5, atol=1e-6)


def test_a_seed_repeats_a_sample_and_a_generator_moves_on(posterior):
    first = array(posterior.sample(seed=1))
    np.testing.assert_array_equal(first, array(posterior.sample(seed=1)))
    generator = random.SeedGenerator(1)
    draws = [array(posterior.sample(seed=generator)) for _ in range(2)]
    assert (draws[0] != draws[1]).all()
    assert (array(posterior.sample()) != array(posterior.sample())).all()


def test_samples_have_the_density(kind):
    # Under its own density, twice the drop of log_prob from the mode is chi-squared.
    posterior = many(kind, 20_000)
    drawn = posterior.sample(seed=2)
    drop = posterior.log_prob(posterior.mean) - posterior.log_prob(drawn)
    assert stats.kstest(2 * array(drop), stats.chi2(DIM).cdf).pvalue > 1e-3
    covariance = ORACLES[kind].covariance().numpy()[0]
    allowed = 6 * covariance.diagonal().max() / np.sqrt(20_000)
    np.testing.assert_allclose(np.cov(array(drawn).T), covariance, atol=allowed)


def test_kl_to_standard_normal_is_that_of_tensorflow_probability(kind, posterior):
    expected = tfd.kl_divergence(ORACLES[kind], STANDARD).numpy()
    result = array(posterior.kl_to_standard_normal())
    assert result.shape == (BATCH,)
    np.testing.assert_allclose(result, expected, rtol=1e-5)
    np.testing.assert_array_equal(array(posterior.kl(StandardNormalPrior())), result)


def test_kl_is_the_mean_of_the_log_ratio(kind):
    posterior = many(kind, 40_000)
    latent = posterior.sample(seed=3)
    ratio = array(posterior.log_prob(latent)) - STANDARD.log_prob(array(latent)).numpy()
    exact = float(posterior.kl_to_standard_normal()[0])
    assert abs(ratio.mean() - exact) < 5 * ratio.std() / np.sqrt(len(ratio))
    at_the_mean = posterior.log_prob(posterior.mean) - STANDARD.log_prob(MEAN[0]).numpy()
    assert abs(float(at_the_mean[0]) - exact) > 20 * ratio.std() / np.sqrt(len(ratio))


def test_kl_is_the_sum_over_dimensions():
    posterior = NormalPosterior(MEAN, SCALE)
    shares = array(posterior.kl_to_standard_normal_per_dimension())
    expected = tfd.kl_divergence(tfd.Normal(MEAN, SCALE), tfd.Normal(0.0, 1.0)).numpy()
    np.testing.assert_allclose(shares, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(shares.sum(1), array(posterior.kl_to_standard_normal()), rtol=1e-5)


def test_kl_of_a_diagonal_factor_is_the_diagonal_kl():
    diagonal = SCALE[:, :, None] * np.eye(DIM, dtype="float32")
    full = FullNormalPosterior(MEAN, diagonal).kl_to_standard_normal()
    expected = NormalPosterior(MEAN, SCALE).kl_to_standard_normal()
    np.testing.assert_allclose(array(full), array(expected), rtol=1e-5)


def test_kl_of_the_prior_itself_is_zero():
    zeros, ones = np.zeros((1, DIM), "float32"), np.ones((1, DIM), "float32")
    assert float(NormalPosterior(zeros, ones).kl_to_standard_normal()[0]) == 0.0
    identity = np.eye(DIM, dtype="float32")[None]
    assert float(FullNormalPosterior(zeros, identity).kl_to_standard_normal()[0]) == 0.0


def test_a_kl_without_closed_form_is_estimated_at_the_given_latent(kind, posterior):
    prior = MixturePrior(components=2, seed=0)
    prior.build((None, DIM))
    expected = ORACLES[kind].log_prob(LATENT).numpy() - prior.to_tfp().log_prob(LATENT).numpy()
    np.testing.assert_allclose(array(posterior.kl(prior, LATENT)), expected, rtol=1e-4, atol=1e-4)


def test_a_kl_without_closed_form_and_latent_draws_one(posterior):
    prior = MixturePrior(components=2, seed=0)
    prior.build((None, DIM))
    drawn = [array(posterior.kl(prior)) for _ in range(2)]
    assert (drawn[0] != drawn[1]).all()


def test_only_independent_latents_have_a_kl_per_dimension():
    posterior = FullNormalPosterior(MEAN, SCALE_TRIL)
    with pytest.raises(ValueError, match="FullNormalPosterior to a StandardNormalPrior"):
        StandardNormalPrior().kl_per_dimension(posterior)
