"""The mixture prior: its density, its noise, its sampled divergence, its training."""

import keras
import numpy as np
import pytest
import tensorflow_probability as tfp
from keras import ops
from scipy import stats

from keras_ae.layers.priors import MixturePrior
from tests.contract.rows import array
from tests.layers.prior_examples import DIM, latents, posterior

tfd = tfp.distributions


def mixture(means, scales, logits):
    means = np.asarray(means, "float32")
    prior = MixturePrior(components=len(means))
    prior.build((None, means.shape[-1]))
    prior.means.assign(means)
    prior.raw_scales.assign(np.log(np.expm1(np.asarray(scales, "float32"))))
    prior.logits.assign(np.asarray(logits, "float32"))
    return prior


def two_modes():
    """One latent dimension: a quarter of the mass near -2, the rest near 1."""
    return mixture([[-2.0], [1.0]], [[0.5], [0.25]], np.log([0.25, 0.75]))


def two_modes_cdf(x):
    return 0.25 * stats.norm.cdf(x, -2.0, 0.5) + 0.75 * stats.norm.cdf(x, 1.0, 0.25)


def test_mixture_log_prob_is_the_sum_over_components():
    means, scales = np.random.default_rng(2).uniform(0.2, 2.0, size=(2, 4, DIM))
    shares = np.array([0.1, 0.2, 0.3, 0.4])
    densities = stats.norm.pdf(latents()[:, None], means, scales).prod(axis=2)
    prior = mixture(means, scales, np.log(shares) + 5.0)
    expected = np.log((densities * shares).sum(axis=1))
    np.testing.assert_allclose(array(prior.log_prob(latents())), expected, rtol=1e-4)


def test_mixture_starts_as_documented():
    prior = MixturePrior(components=400, seed=3)
    prior.build((None, 5))
    np.testing.assert_allclose(array(prior.scales), 1.0, rtol=1e-6)
    np.testing.assert_allclose(array(prior.proportions), 1 / 400, rtol=1e-6)
    assert stats.kstest(array(prior.means).ravel(), "norm").pvalue > 1e-3
    twin = MixturePrior(components=400, seed=3)
    twin.build((None, 5))
    np.testing.assert_array_equal(array(prior.means), array(twin.means))


def test_mixture_makes_latents_from_any_noise():
    prior = two_modes()
    generator = np.random.default_rng(4)
    noise = np.stack([generator.normal(size=20_000), generator.random(20_000)], axis=1)
    assert stats.kstest(array(prior.from_noise(noise))[:, 0], two_modes_cdf).pvalue > 1e-3
    assert stats.kstest(array(prior.sample(20_000, seed=5))[:, 0], two_modes_cdf).pvalue > 1e-3


def test_mixture_noise_has_independent_normal_and_uniform_columns():
    prior = MixturePrior(components=2)
    prior.build((None, 2))
    noise = array(prior.draw_noise(20_000, seed=6))
    assert prior.noise_shape == (3,)
    assert stats.kstest(noise[:, 0], "norm").pvalue > 1e-3
    assert stats.kstest(noise[:, 2], "uniform").pvalue > 1e-3
    assert noise[:, 2].min() >= 0.0
    assert noise[:, 2].max() < 1.0
    assert np.abs(np.corrcoef(noise.T) - np.eye(3)).max() < 0.03


@pytest.mark.parametrize("components", [1, 2, 3, 50])
def test_mixture_always_chooses_one_component(components):
    logits = np.random.default_rng(7).normal(size=components)
    prior = mixture(np.arange(components)[:, None], np.full((components, 1), 1.0), logits)
    uniform = np.concatenate([np.linspace(0, 1, 999, endpoint=False), [1 - 2**-24]])
    noise = np.stack([np.zeros(1000), uniform], axis=1).astype("float32")
    chosen = array(prior.from_noise(noise))[:, 0]
    assert set(chosen) <= set(range(components))
    assert (np.diff(chosen) >= 0).all()
    assert chosen[-1] == components - 1
    shares = np.bincount(chosen.astype(int), minlength=components) / 1000
    np.testing.assert_allclose(shares, array(prior.proportions), atol=2e-3)


def test_rounding_leaves_no_draw_without_a_component():
    # In float32 the proportions can sum to less than the largest uniform number.
    prior = mixture(np.arange(1, 51)[:, None], np.full((50, 1), 1.0), np.zeros(50))
    for seed in range(20):
        prior.logits.assign(np.random.default_rng(seed).normal(size=50).astype("float32"))
        assert float(prior.from_noise(np.array([[0.0, 1 - 2**-24]], "float32"))[0, 0]) == 50.0


def test_a_component_without_mass_is_never_chosen():
    prior = mixture([[0.0], [1.0], [2.0]], [[1.0]] * 3, [-200.0, 0.0, -200.0])
    noise = np.array([[0.0, 0.0], [0.0, 0.5], [0.0, 0.999]])
    np.testing.assert_array_equal(array(prior.from_noise(noise)), np.ones((3, 1)))


def test_sampled_kl_is_unbiased():
    # One component makes the mixture a normal, whose KL is known.
    prior = mixture([[1.0, 0.0, -1.0]], [[0.5, 1.0, 2.0]], [3.0])
    assert not prior.has_closed_form_kl(posterior())
    many = posterior(size=40_000)
    estimates = array(prior.kl(many, many.sample(seed=8)))
    exact = tfd.kl_divergence(
        posterior(1).to_tfp(), tfd.MultivariateNormalDiag([1.0, 0.0, -1.0], [0.5, 1.0, 2.0])
    ).numpy()
    assert abs(estimates.mean() - exact[0]) < 5 * estimates.std() / np.sqrt(len(estimates))


def test_a_trained_mixture_finds_the_modes():
    x = np.concatenate([np.full((300, 1), -2.0), np.full((700, 1), 3.0)])
    x = (x + np.random.default_rng(9).normal(scale=0.1, size=x.shape)).astype("float32")
    prior = MixturePrior(components=2, seed=1)
    model = keras.Sequential([keras.Input((1,)), prior])
    loss = lambda _, log_prob: -ops.mean(log_prob)  # noqa: E731
    model.compile(keras.optimizers.Adam(0.05), loss, steps_per_execution=50)
    repeated = np.tile(x, (400, 1))
    model.fit(repeated, np.zeros(len(repeated)), batch_size=1000, shuffle=False, verbose=0)
    order = np.argsort(array(prior.means)[:, 0])
    np.testing.assert_allclose(array(prior.means)[order, 0], [-2.0, 3.0], atol=0.05)
    np.testing.assert_allclose(array(prior.scales)[order, 0], [0.1, 0.1], atol=0.02)
    np.testing.assert_allclose(array(prior.proportions)[order], [0.3, 0.7], atol=0.02)
