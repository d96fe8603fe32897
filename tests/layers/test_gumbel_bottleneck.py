"""Categorical codes against enumeration, SciPy's distributions and TensorFlow Probability."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow_probability as tfp
from keras import ops
from scipy import stats
from scipy.special import softmax

import keras_ae
from keras_ae.layers import GumbelBottleneck
from tests.contract.rows import array
from tests.layers.gradients import gradients

PROBABILITIES = np.array([0.2, 0.3, 0.5])
LOGITS = np.log(PROBABILITIES).astype("float32")
VALUES = np.array([0.0, 1.0, 3.0], "float32")  # of each category, whose mean is differentiated
RANDOM = np.random.default_rng(0)


def new(latent_dim=1, categories=3, **arguments):
    """A built bottleneck whose logits are its features."""
    bottleneck = GumbelBottleneck(latent_dim, categories, **{"seed": 0, **arguments})
    width = latent_dim * categories
    bottleneck.build((None, width))
    bottleneck.head.kernel.assign(np.eye(width))
    return bottleneck


def rows(count):
    return np.tile(LOGITS, (count, 1))


@pytest.mark.parametrize("hard", [False, True])
def test_the_relaxed_gradient_is_the_exact_one_within_its_bias(hard):
    """The mean of VALUES by the logits, by enumeration p_k (v_k - mean).

    With s = 1 - exp(-g), the derivative of g's log-density, both gradients are means: the exact
    one of v[argmax] s, the relaxed one of (v . latent) s. So they differ by at most the range of v
    times the mean of (1 - max latent) |s|. Passed straight through, one-hot latents have the
    relaxed ones' gradient where v is linear.
    """
    count, temperature = 400_000, 0.05
    bottleneck = new(temperature=temperature, hard=hard)
    noise = array(bottleneck.noise((count, 3), 1))

    def mean(features):
        latent = bottleneck(features, training=True, epsilon=noise)
        return ops.sum(ops.matmul(latent, VALUES[:, None]))

    (each,) = gradients(mean, rows(count))
    error = each.std(axis=0) / np.sqrt(count)
    exact = PROBABILITIES * (VALUES - PROBABILITIES @ VALUES)
    gumbel = np.random.default_rng(2).gumbel(size=(100_000, 3))
    left = 1.0 - softmax((LOGITS + gumbel) / temperature, axis=1).max(axis=1)
    bias = np.ptp(VALUES) * (left[:, None] * np.abs(1.0 - np.exp(-gumbel))).mean(axis=0)
    assert (bias < 0.1).all()
    assert (error < 0.01).all()
    assert (np.abs(each.mean(axis=0) - exact) < bias + 4 * error).all()


def test_the_noise_is_gumbel_s():
    noise = array(new().noise((20_000,), 3))
    assert stats.kstest(noise, stats.gumbel_r.cdf).pvalue > 1e-3


def test_a_low_temperature_makes_one_hot_draws_of_the_categories():
    latent = array(new(temperature=1e-3)(rows(20_000), training=True))
    np.testing.assert_allclose(latent.sum(axis=1), 1.0, rtol=1e-5)
    assert (latent.max(axis=1) > 0.999).mean() > 0.98
    counts = np.bincount(latent.argmax(axis=1), minlength=3)
    assert stats.chisquare(counts, 20_000 * PROBABILITIES).pvalue > 1e-3
    warm = array(new(temperature=1e3)(rows(100), training=True))
    np.testing.assert_allclose(warm, 1 / 3, atol=0.01)


def test_evaluation_draws_one_hot_and_all_else_takes_the_likeliest():
    bottleneck = new()
    noise = array(bottleneck.noise((20_000, 3), 4))
    drawn = array(bottleneck(rows(20_000), training=False, epsilon=noise))
    assert set(np.unique(drawn)) == {0.0, 1.0}
    counts = drawn.sum(axis=0)
    assert counts.sum() == 20_000
    assert stats.chisquare(counts, 20_000 * PROBABILITIES).pvalue > 1e-3
    np.testing.assert_array_equal(array(bottleneck(rows(5))), np.tile([0.0, 0.0, 1.0], (5, 1)))


def test_the_kl_is_that_of_tensorflow_probability():
    logits = (4 * RANDOM.normal(size=(6, 4, 5))).astype("float32")
    bottleneck = new(4, 5)
    bottleneck(logits.reshape(6, 20), training=True)
    tfd = tfp.distributions
    exact = tfd.kl_divergence(tfd.Categorical(logits=logits), tfd.Categorical(np.zeros(5, "f4")))
    expected = exact.numpy().sum(axis=1)
    np.testing.assert_allclose(array(bottleneck.penalty.take()), expected, rtol=1e-4)
    np.testing.assert_allclose(array(bottleneck.score(logits.reshape(6, 20))[1]), expected, 1e-4)
    latent = array(bottleneck.draw(3, 0))
    np.testing.assert_allclose(array(bottleneck.prior.log_prob(latent)), -4 * np.log(5), 1e-5)
    by_variable = latent.reshape(3, 4, 5)
    np.testing.assert_allclose(
        bottleneck.prior.to_tfp().log_prob(by_variable).numpy(), -4 * np.log(5), rtol=1e-5
    )


def test_the_uniform_prior_draws_each_category_as_often():
    drawn = array(new(2, 3).draw(9_000, 5)).reshape(9_000, 2, 3)
    np.testing.assert_array_equal(drawn.sum(axis=2), 1.0)
    for counts in drawn.sum(axis=0):
        assert stats.chisquare(counts).pvalue > 1e-3


def model(x, **options):
    keras.utils.set_random_seed(0)
    made = keras_ae.create_model(
        "gumbel_vae", x.shape[1:], latent_dim=2, categories=3, units=(8,), seed=0, **options
    )
    for weight in made.trainable_weights:  # unlike the initial ones, so that categories count
        weight.assign(weight + np.random.default_rng(1).normal(0, 0.5, weight.shape))
    made.compile("adam")
    return made


def test_what_evaluate_says_is_the_bound_of_all_codes():
    """All 9 codes enumerated: the mean over the posterior, and the likelihood that it bounds."""
    patterns = RANDOM.random((4, 6)).round().astype("float32")
    made = model(patterns, likelihood=keras_ae.layers.BernoulliLikelihood())
    indices = np.array(list(itertools.product(range(3), repeat=2)), "int32")
    parameters = array(made.decoder(made.bottleneck.embed(indices)))
    log_likelihood = np.stack(
        [array(made.likelihood.log_prob(patterns, np.tile(each, (4, 1)))) for each in parameters]
    )
    logits = array(made.bottleneck.project(made.encoder(patterns))).reshape(4, 2, 3)
    q = softmax(logits, axis=-1)
    joint = q[:, 0, indices[:, 0]] * q[:, 1, indices[:, 1]]  # (pattern, code)
    kl = (joint * np.log(9 * joint)).sum(axis=1)
    nll = -(joint * log_likelihood.T)
    spread = np.sqrt((joint * log_likelihood.T**2).sum(axis=1) - nll.sum(axis=1) ** 2)
    copies = 1_000
    logs = made.evaluate(np.repeat(patterns, copies, axis=0), verbose=0, return_dict=True)
    assert logs["kl"] == pytest.approx(kl.mean(), rel=1e-3)
    error = np.sqrt((spread**2).mean() / (4 * copies))
    assert abs(logs["nll"] - nll.sum(axis=1).mean()) < 4 * error
    assert spread.mean() > 0.1
    evidence = np.log(np.exp(log_likelihood).mean(axis=0))
    assert (nll.sum(axis=1) + kl >= -evidence - 1e-4).all()
    assert made.is_bound


def test_indices_are_categories():
    x = RANDOM.random((5, 6)).astype("float32")
    made = model(x)
    indices = array(made.functions()["indices"](x)["indices"])
    np.testing.assert_array_equal(made.encode(x), np.eye(3)[indices].reshape(5, 6))
    assert made.generate(4, seed=0).shape == (4, 6)


@pytest.mark.slow  # compiles the training of a second model
def test_a_prior_that_is_fitted_replaces_the_uniform_one_and_is_saved(tmp_path):
    x = np.repeat(RANDOM.random((2, 6)), 32, axis=0).astype("float32")
    made = model(x)
    prior = keras_ae.layers.CodePrior(codes=3, width=8, blocks=1, heads=2, seed=0)
    keras_ae.fit_code_prior(made, x, prior, epochs=60, learning_rate=0.02, verbose=0)
    used = {tuple(each) for each in array(made.functions()["indices"](x)["indices"])}
    drawn = array(made.bottleneck.draw(200, 0)).reshape(200, 2, 3).argmax(axis=2)
    assert np.mean([tuple(each) in used for each in drawn]) > 0.9  # 2 of 9, uniformly
    made.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.generate(3, seed=0), made.generate(3, seed=0), rtol=1e-5)
    logs = [each.evaluate(x, verbose=0, return_dict=True) for each in (made, loaded)]
    assert logs[0]["kl"] == pytest.approx(logs[1]["kl"], rel=1e-5)
