"""The reparameterization: its formula, its gradients, its noise, and the state of that noise."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

from keras_ae.layers import FullNormalPosterior, Sampling
from keras_ae.layers._seeded import Seeded
from tests.contract.rows import array
from tests.layers.gradients import gradients

RANDOM = np.random.default_rng(0)
MEAN, EPSILON = RANDOM.normal(size=(2, 2, 3)).astype("float32")
SCALE = RANDOM.uniform(0.5, 2.0, size=(2, 3)).astype("float32")
SCALE_TRIL = (np.tril(RANDOM.normal(size=(2, 3, 3)), -1) + SCALE[:, :, None] * np.eye(3)).astype(
    "float32"
)
BOTH = pytest.mark.parametrize(
    "scale", [{"scale": SCALE}, {"scale_tril": SCALE_TRIL}], ids=["diagonal", "full"]
)


def plain_model(seed=None):
    """A user's model: mean and scale in, latent out."""
    mean, scale = keras.Input((3,)), keras.Input((3,))
    return keras.Model([mean, scale], Sampling(seed)(mean, scale))


def central_differences(function, arguments, step=1e-2):
    """Gradients of the same function from its values alone."""
    results = []
    for place, argument in enumerate(arguments):
        result = np.zeros_like(argument)
        for index in np.ndindex(argument.shape):
            values = []
            for sign in (1, -1):
                moved = [one.copy() for one in arguments]
                moved[place][index] += sign * step
                values.append(float(function(*moved)))
            result[index] = (values[0] - values[1]) / (2 * step)
        results.append(result)
    return results


def test_latent_is_mean_plus_scale_times_epsilon():
    latent = Sampling()(MEAN, SCALE, epsilon=EPSILON)
    np.testing.assert_allclose(array(latent), MEAN + SCALE * EPSILON, rtol=1e-6)


def test_cholesky_factors_multiply_as_matrices():
    latent = Sampling()(MEAN, scale_tril=SCALE_TRIL, epsilon=EPSILON)
    expected = [m + factor @ e for m, factor, e in zip(MEAN, SCALE_TRIL, EPSILON, strict=True)]
    np.testing.assert_allclose(array(latent), expected, rtol=1e-5, atol=1e-6)


@BOTH
def test_inference_returns_the_mean(scale):
    sampling = Sampling(seed=0)
    np.testing.assert_array_equal(array(sampling(MEAN, **scale)), MEAN)
    np.testing.assert_array_equal(array(sampling(MEAN, **scale, training=False)), MEAN)
    np.testing.assert_array_equal(plain_model().predict([MEAN, SCALE], verbose=0), MEAN)


@BOTH
@pytest.mark.parametrize("training", [False, True])
def test_a_given_epsilon_is_used_in_training_and_inference(scale, training):
    latent = Sampling(seed=0)(MEAN, **scale, epsilon=EPSILON, training=training)
    np.testing.assert_array_equal(array(latent), array(Sampling()(MEAN, **scale, epsilon=EPSILON)))


def test_training_draws_new_noise_at_each_call_and_a_seed_repeats_it():
    def draws(sampling):
        return np.stack([array(sampling(MEAN, SCALE, training=True)) for _ in range(3)])

    first = draws(Sampling(seed=7))
    assert len(np.unique(first)) == first.size
    np.testing.assert_array_equal(first, draws(Sampling(seed=7)))
    assert (first != draws(Sampling(seed=8))).all()
    assert (draws(Sampling()) != draws(Sampling())).all()


@BOTH
def test_gradients_by_mean_and_scale_are_those_of_finite_differences(scale):
    ((name, scale),) = scale.items()

    def loss(mean, scale):  # the same seed, hence the same noise, at each evaluation
        return ops.sum(ops.sin(Sampling(seed=3)(mean, **{name: scale}, training=True)))

    by_mean, by_scale = gradients(loss, MEAN, scale)
    expected_by_mean, expected_by_scale = central_differences(loss, [MEAN, scale])
    assert np.abs(by_mean).min() > 1e-3
    np.testing.assert_allclose(by_mean, expected_by_mean, atol=1e-3)
    np.testing.assert_allclose(by_scale, expected_by_scale, atol=1e-3)


def test_mean_gradient_is_that_of_the_expectation():
    # E[latent**2] = mean**2 + scale**2, so its gradients are 2 mean and 2 scale.
    mean, scale, count = 0.7, 1.5, 40_000

    def loss(mean, scale):
        return ops.mean(Sampling(seed=4)(mean, scale, training=True) ** 2) * count

    grids = np.full((2, count, 1), [[[mean]], [[scale]]], "float32")
    for each, expected in zip(gradients(loss, *grids), (2 * mean, 2 * scale), strict=True):
        standard_error = each.std() / np.sqrt(count)
        assert abs(each.mean() - expected) < 5 * standard_error


def test_draws_have_mean_and_scale():
    mean, scale = np.array([[-1.0, 2.0]], "float32"), np.array([[0.5, 3.0]], "float32")
    latent = array(
        Sampling(seed=5)(mean.repeat(20_000, 0), scale.repeat(20_000, 0), training=True)
    )
    for dimension in range(2):
        expected = stats.norm(mean[0, dimension], scale[0, dimension])
        assert stats.kstest(latent[:, dimension], expected.cdf).pvalue > 1e-3
    assert abs(np.corrcoef(latent.T)[0, 1]) < 0.03


def test_draws_have_the_covariance_of_the_cholesky_factor():
    count = 20_000
    mean, factor = MEAN[:1].repeat(count, 0), SCALE_TRIL[:1].repeat(count, 0)
    latent = array(Sampling(seed=6)(mean, scale_tril=factor, training=True))
    whitened = np.linalg.solve(SCALE_TRIL[0].astype("float64"), (latent - mean).T)
    np.testing.assert_allclose(np.cov(whitened), np.eye(3), atol=0.05)
    for row in whitened:
        assert stats.kstest(row, "norm").pvalue > 1e-3
    expected = SCALE_TRIL[0] @ SCALE_TRIL[0].T
    np.testing.assert_allclose(np.cov(latent.T), expected, atol=0.05 * expected.max())


def test_the_posterior_says_how_noise_becomes_a_latent():
    posterior = FullNormalPosterior(MEAN, SCALE_TRIL)
    latent = Sampling()(MEAN, posterior=posterior, epsilon=EPSILON)
    np.testing.assert_array_equal(array(latent), array(posterior.transform(EPSILON)))


def test_one_scale_is_given_and_of_the_mean_s_shape():
    for given in ({}, {"scale": SCALE, "scale_tril": SCALE_TRIL}):
        with pytest.raises(ValueError, match="One of `scale`, `scale_tril` and `posterior`"):
            Sampling()(MEAN, **given)
    with pytest.raises(ValueError, match="Cholesky factors are given as scale_tril="):
        Sampling()(MEAN, SCALE_TRIL)


def test_a_functional_model_takes_cholesky_factors():
    mean, factor = keras.Input((3,)), keras.Input((3, 3))
    model = keras.Model([mean, factor], Sampling(seed=0)(mean, scale_tril=factor))
    model = keras.Model.from_config(model.get_config())
    latent = model([MEAN, SCALE_TRIL], training=True)
    assert not np.array_equal(array(latent), MEAN)


class NoisyScale(Seeded, keras.layers.Layer):
    """A layer with noise and a weight of its own."""

    def __init__(self, seed=None):
        super().__init__()
        self._init_seed(seed)
        self.factor = self.add_weight(shape=(), initializer="ones", name="factor")

    def call(self, x):
        noise = keras.random.normal(ops.shape(x), seed=self.seed_generator)
        return self.factor * (x + noise)


def test_weights_beside_the_noise_are_saved_too(tmp_path):
    model = keras.Sequential([keras.Input((3,)), NoisyScale(seed=1)])
    model.layers[0].factor.assign(2.5)
    model(MEAN)
    model.save_weights(tmp_path / "noisy.weights.h5")
    expected = array(model(MEAN))
    other = keras.Sequential([keras.Input((3,)), NoisyScale(seed=2)])
    other.load_weights(tmp_path / "noisy.weights.h5")
    assert float(other.layers[0].factor) == 2.5
    np.testing.assert_array_equal(array(other(MEAN)), expected)


def test_epsilon_is_an_input_of_a_functional_model():
    inputs = [keras.Input((3,), name=name) for name in ("mean", "scale", "epsilon")]
    mean, scale, epsilon = inputs
    model = keras.Model(inputs, Sampling()(mean, scale, epsilon=epsilon))
    latent = model.predict([MEAN, SCALE, EPSILON], verbose=0)
    np.testing.assert_allclose(latent, MEAN + SCALE * EPSILON, rtol=1e-6)
    assert model.output_shape == (None, 3)
