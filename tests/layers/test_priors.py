"""Priors against TensorFlow Probability and SciPy: densities, draws, divergences."""

import keras
import numpy as np
import pytest
import tensorflow_probability as tfp
from keras import ops
from scipy import stats

from keras_ae.layers.posteriors import FullNormalPosterior
from keras_ae.layers.priors import MixturePrior, Prior, StandardNormalPrior, TFPPrior
from tests.contract.rows import array
from tests.layers.prior_examples import DIM, latents, posterior

tfd = tfp.distributions
TENSORFLOW = keras.backend.backend() == "tensorflow"
MAKERS = {"standard_normal": StandardNormalPrior, "mixture": lambda: MixturePrior(4, seed=0)}
if TENSORFLOW:
    MAKERS["student_t"] = lambda: TFPPrior("StudentT", {"df": 5.0, "loc": [0, 1, 2], "scale": 2})


@pytest.fixture(params=MAKERS.values(), ids=MAKERS)
def prior(request):
    prior = request.param()
    prior.build((None, DIM))
    return prior


def test_log_prob_is_that_of_tensorflow_probability(prior):
    result = array(prior.log_prob(latents()))
    assert result.shape == (5,)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, prior.to_tfp().log_prob(latents()).numpy(), rtol=1e-5)
    np.testing.assert_array_equal(array(prior(latents())), result)
    assert tuple(prior.to_tfp().event_shape) == (DIM,)


def test_standard_normal_log_prob():
    expected = stats.norm.logpdf(latents()).sum(axis=1)
    np.testing.assert_allclose(array(StandardNormalPrior().log_prob(latents())), expected, 1e-6)


def test_a_seed_repeats_a_sample_and_a_generator_moves_on(prior):
    first = array(prior.sample(6, seed=1))
    assert first.shape == (6, DIM)
    assert first.dtype == np.float32
    np.testing.assert_array_equal(first, array(prior.sample(6, seed=1)))
    generator = keras.random.SeedGenerator(1)
    draws = [array(prior.sample(6, seed=generator)) for _ in range(2)]
    assert (draws[0] != draws[1]).all()


def test_samples_have_the_density(prior):
    # Means under the prior: of its draws, and of a proposal weighted by its density.
    drawn = array(prior.sample(40_000, seed=2))
    proposal = tfd.Sample(tfd.StudentT(3.0, 0.5, 2.5), DIM)
    x = proposal.sample(400_000, seed=3).numpy()
    weights = np.exp(array(prior.log_prob(x)) - proposal.log_prob(x).numpy())
    np.testing.assert_allclose(weights.mean(), 1.0, atol=0.03)
    for function in (np.tanh, lambda latent: np.tanh(latent) ** 2, np.sin):
        expected = (weights[:, None] * function(x)).mean(axis=0)
        np.testing.assert_allclose(function(drawn).mean(axis=0), expected, atol=0.03)


def test_standard_normal_noise_is_the_latent():
    prior = StandardNormalPrior()
    prior.build((None, DIM))
    assert prior.noise_shape == (DIM,)
    np.testing.assert_array_equal(array(prior.from_noise(latents())), latents())


def test_standard_normal_kl_is_exact():
    exact = tfd.kl_divergence(
        posterior().to_tfp(), tfd.MultivariateNormalDiag(np.zeros(DIM, "f4"))
    )
    prior = StandardNormalPrior()
    assert prior.has_closed_form_kl(posterior())
    np.testing.assert_allclose(array(prior.kl(posterior())), exact.numpy(), rtol=1e-5)
    np.testing.assert_allclose(array(posterior().kl(prior)), exact.numpy(), rtol=1e-5)
    per_dimension = array(prior.kl_per_dimension(posterior()))
    assert per_dimension.shape == (5, DIM)
    np.testing.assert_allclose(per_dimension.sum(axis=1), exact.numpy(), rtol=1e-5)


def test_full_covariance_kl_is_exact():
    tril = np.array([[[0.5, 0.0], [0.3, 2.0]]], "float32")
    full = FullNormalPosterior(np.ones((1, 2), "float32"), tril)
    exact = tfd.kl_divergence(full.to_tfp(), tfd.MultivariateNormalDiag(np.zeros(2, "f4")))
    np.testing.assert_allclose(array(StandardNormalPrior().kl(full)), exact.numpy(), rtol=1e-5)
    with pytest.raises(ValueError, match=r"FullNormalPosterior.*not a sum over latent dimensions"):
        StandardNormalPrior().kl_per_dimension(full)


def test_half_precision_latents_give_float32(prior):
    half = ops.cast(latents(), "bfloat16")
    result = prior.log_prob(half)
    assert keras.backend.standardize_dtype(result.dtype) == "float32"
    expected = prior.log_prob(ops.cast(half, "float32"))
    np.testing.assert_array_equal(array(result), array(expected))


def test_weights_are_not_rounded_in_a_half_precision_layer(prior):
    class Half(keras.layers.Layer):
        def __init__(self):
            super().__init__(dtype="mixed_bfloat16")
            self.prior = prior

        def call(self, latent):
            return self.prior.log_prob(latent)

    exact = ops.cast(ops.cast(latents(), "bfloat16"), "float32")
    np.testing.assert_allclose(array(Half()(exact)), array(prior.log_prob(exact)), rtol=1e-6)


def test_a_compiled_step_moves_every_weight_and_stays_finite(prior):
    model = keras.Sequential([keras.Input((DIM,)), keras.layers.Dense(DIM), prior])
    model.compile(keras.optimizers.Adam(0.1), loss=lambda _, log_prob: -ops.mean(log_prob))
    assert len(model.trainable_weights) == (5 if isinstance(prior, MixturePrior) else 2)
    for spread in (1.0, 1e4):
        before = [array(weight) for weight in model.trainable_weights]
        model.fit(latents(64, spread), np.zeros(64), verbose=0)
        for old, weight in zip(before, model.trainable_weights, strict=True):
            assert np.isfinite(array(weight)).all()
            assert (array(weight) != old).any()


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (lambda: MixturePrior().log_prob(latents()), ValueError, "MixturePrior must be built"),
        (lambda: StandardNormalPrior().sample(3), ValueError, "StandardNormalPrior must be built"),
        (lambda: MixturePrior().kl(posterior()), ValueError, "has no closed form.*latent=None"),
        (lambda: MixturePrior().kl_per_dimension(posterior()), ValueError, "use a NormalPost"),
        (Prior, TypeError, "abstract"),
    ],
)
def test_errors_say_what_was_expected(act, error, words):
    with pytest.raises(error, match=words):
        act()
