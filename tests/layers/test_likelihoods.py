"""Likelihoods against TensorFlow Probability: densities, draws, extremes."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow_probability as tfp
from keras import ops
from scipy import stats

from keras_ae.layers.likelihoods import (
    BernoulliLikelihood,
    ContinuousBernoulliLikelihood,
    FixedScale,
    GaussianLikelihood,
    LaplaceLikelihood,
    Likelihood,
    PredictedScale,
    Scale,
    SharedScale,
)
from tests.contract.rows import array
from tests.layers.gradients import gradients

tfd = tfp.distributions
TENSORFLOW = keras.backend.backend() == "tensorflow"
SHAPE = (4, 3, 2)  # of the data, batch first
UNIT, REAL = (0.0, 1.0), None


def halves(parameters):
    location, raw = np.split(parameters, 2, axis=-1)
    return location, np.log1p(np.exp(raw)) + 1e-3


@dataclass(frozen=True)
class Case:
    make: Any
    oracle: Any  # NumPy parameters -> tfp.distributions object, made without our code
    per_output: int = 1
    support: Any = REAL

    def parameters(self, batch=SHAPE[0]):
        shape = (*SHAPE[1:-1], SHAPE[-1] * self.per_output)
        values = 2.0 * np.random.default_rng(0).normal(size=(SHAPE[0], *shape))
        return np.resize(values.astype("float32"), (batch, *shape))

    def likelihood(self):
        likelihood = self.make()
        likelihood.build(self.parameters().shape)
        return likelihood


CASES = {
    "bernoulli": Case(
        BernoulliLikelihood, lambda p: tfd.Bernoulli(logits=p, dtype="float32"), support=UNIT
    ),
    "continuous_bernoulli": Case(
        ContinuousBernoulliLikelihood, lambda p: tfd.ContinuousBernoulli(logits=p), support=UNIT
    ),
    "gaussian": Case(lambda: GaussianLikelihood(0.7), lambda p: tfd.Normal(p, 0.7)),
    "gaussian_shared": Case(
        lambda: GaussianLikelihood(SharedScale(initial=0.3)), lambda p: tfd.Normal(p, 0.3)
    ),
    "gaussian_predicted": Case(
        lambda: GaussianLikelihood(PredictedScale()), lambda p: tfd.Normal(*halves(p)), 2
    ),
    "laplace": Case(lambda: LaplaceLikelihood(0.7), lambda p: tfd.Laplace(p, 0.7)),
    "laplace_shared": Case(
        lambda: LaplaceLikelihood(scale=SharedScale(2.5)), lambda p: tfd.Laplace(p, 2.5)
    ),
    "laplace_predicted": Case(
        lambda: LaplaceLikelihood(PredictedScale()), lambda p: tfd.Laplace(*halves(p)), 2
    ),
}


@pytest.fixture(params=CASES.values(), ids=CASES)
def case(request):
    return request.param


def test_log_prob_and_mean_are_those_of_tensorflow_probability(case):
    parameters = case.parameters()
    oracle = case.oracle(parameters)
    x = oracle.sample(seed=1).numpy()
    result = array(case.likelihood().log_prob(x, parameters))
    assert result.shape == (SHAPE[0],)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, oracle.log_prob(x).numpy().sum(axis=(1, 2)), rtol=2e-5)
    mean = array(case.likelihood().mean(parameters))
    np.testing.assert_allclose(mean, oracle.mean().numpy(), rtol=1e-4)


def test_each_number_s_log_prob_is_that_of_tensorflow_probability(case):
    parameters = case.parameters()
    oracle = case.oracle(parameters)
    x = oracle.sample(seed=1).numpy()
    each = array(case.likelihood().log_prob_each(x, parameters))
    np.testing.assert_allclose(each, oracle.log_prob(x).numpy(), rtol=2e-5, atol=1e-6)


def test_to_tfp_is_the_same_distribution(case):
    likelihood, parameters = case.likelihood(), case.parameters()
    distribution = likelihood.to_tfp(parameters)
    assert tuple(distribution.event_shape) == SHAPE[1:]
    x = case.oracle(parameters).sample(seed=2).numpy()
    expected = array(likelihood.log_prob(x, parameters))
    np.testing.assert_allclose(distribution.log_prob(x).numpy(), expected, rtol=2e-5)


def test_samples_have_the_distribution(case):
    size = 4_000
    parameters = case.parameters(batch=size)
    oracle = case.oracle(parameters)
    drawn = array(case.likelihood().sample(parameters, seed=3))
    assert drawn.shape == (size, *SHAPE[1:])
    assert drawn.dtype == np.float32
    standardized = (drawn - oracle.mean().numpy()) / np.sqrt(oracle.variance().numpy())
    np.testing.assert_allclose(standardized.mean(axis=0), 0.0, atol=5 / np.sqrt(size))
    assert abs(np.corrcoef(standardized[:, 0, 0], standardized[:, 0, 1])[0, 1]) < 0.1
    if isinstance(case.likelihood(), BernoulliLikelihood):
        assert set(np.unique(drawn)) == {0.0, 1.0}
    else:
        # The distribution function makes draws uniform.
        assert stats.kstest(oracle.cdf(drawn).numpy().ravel(), "uniform").pvalue > 1e-3


def test_a_seed_repeats_a_sample_and_a_generator_moves_on(case):
    likelihood, parameters = case.likelihood(), case.parameters(batch=50)
    first = array(likelihood.sample(parameters, seed=1))
    np.testing.assert_array_equal(first, array(likelihood.sample(parameters, seed=1)))
    generator = keras.random.SeedGenerator(1)
    draws = [array(likelihood.sample(parameters, seed=generator)) for _ in range(2)]
    assert (draws[0] != draws[1]).any()


def test_extreme_parameters_are_finite(case):
    likelihood = case.likelihood()
    parameters = np.array([-1e4, -100.0, -1e-8, 0.0, 1e-8, 100.0, 1e4], "float32")
    grid = np.array(np.meshgrid(parameters, parameters), "float32").reshape(2, -1).T
    for value in (0.0, 0.3, 1.0) if case.support else (-1e4, 0.0, 1e4):
        x = np.full((len(grid), 2 // case.per_output), value, "float32")
        assert np.isfinite(array(likelihood.log_prob(x, grid))).all()
        assert np.isfinite(gradients(lambda p, x=x: likelihood.log_prob(x, p), grid)[0]).all()
    drawn = array(likelihood.sample(np.resize(grid, (7_000, 2)), seed=0))
    assert np.isfinite(drawn).all()
    assert not case.support or (drawn.min() >= 0.0 and drawn.max() <= 1.0)


def test_half_precision_parameters_give_float32(case):
    likelihood, parameters = case.likelihood(), case.parameters()
    x = case.oracle(parameters).sample(seed=4).numpy()
    half = ops.cast(parameters, "bfloat16")
    result = likelihood.log_prob(x, half)
    expected = likelihood.log_prob(x, ops.cast(half, "float32"))
    np.testing.assert_array_equal(array(result), array(expected))
    for tensor in (result, likelihood.mean(half), likelihood.sample(half, seed=0)):
        assert keras.backend.standardize_dtype(tensor.dtype) == "float32"


def test_what_a_model_asks_of_a_likelihood(case):
    likelihood = case.make()
    assert likelihood.parameters_per_output == case.per_output
    assert likelihood.support == case.support
    shape = (None, 8, 8, 3 * case.per_output)
    assert likelihood.compute_output_shape(shape) == (None, 8, 8, 3)


@pytest.mark.parametrize(
    "kind", [GaussianLikelihood, pytest.param(LaplaceLikelihood, marks=pytest.mark.slow)]
)
def test_a_shared_scale_learns_the_error(kind):
    class Constant(keras.Model):
        def __init__(self):
            super().__init__()
            self.likelihood = kind(SharedScale())
            self.likelihood.build((None, 2))

        def call(self, x):
            return ops.zeros_like(x)

    x = np.random.default_rng(0).normal(scale=0.2, size=(64, 2)).astype("float32")
    model = Constant()
    likelihood = model.likelihood
    model.compile(keras.optimizers.Adam(0.05), loss=lambda x, p: -likelihood.log_prob(x, p))
    repeated = np.tile(x, (250, 1))
    model.fit(repeated, repeated, batch_size=64, shuffle=False, verbose=0)
    best = np.sqrt(np.mean(x**2)) if kind is GaussianLikelihood else np.mean(np.abs(x))
    np.testing.assert_allclose(float(likelihood.scale.value), best, rtol=1e-3)


@pytest.mark.parametrize("initial", [1e-5, 0.1, 1.0, 1000.0])
def test_a_shared_scale_starts_where_it_is_told(initial):
    scale = SharedScale(initial)
    scale.build((None, 3))
    np.testing.assert_allclose(float(scale.value), initial, rtol=1e-5)


def test_a_shared_scale_is_not_rounded_in_a_half_precision_layer():
    class Half(keras.layers.Layer):
        def __init__(self):
            super().__init__(dtype="mixed_bfloat16")
            self.scale = SharedScale(0.3)
            self.scale.build((None, 1))

        def call(self, x):
            return self.scale.split(x)[1]

    half = Half()
    assert float(half(np.zeros((1, 1)))) == float(half.scale.value)


def test_a_number_becomes_a_fixed_scale():
    assert isinstance(GaussianLikelihood(0.5).scale, FixedScale)
    assert GaussianLikelihood(0.5).scale.value == 0.5


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: PredictedScale().split(np.ones((2, 3))), ValueError, r"even.*\(2, 3\)"),
        (lambda: SharedScale().split(np.ones((2, 3))), ValueError, "built before it is used"),
        (Likelihood, TypeError, "abstract"),
        (Scale, TypeError, "abstract"),
    ],
)
def test_errors_say_what_was_expected(make, error, words):
    with pytest.raises(error, match=words):
        make()
