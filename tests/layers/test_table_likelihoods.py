"""Likelihoods of a table's columns against TensorFlow Probability and SciPy."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import tensorflow_probability as tfp
from scipy import special, stats

from keras_ae.layers import (
    BernoulliLikelihood,
    CategoricalLikelihood,
    GaussianLikelihood,
    NegativeBinomialLikelihood,
    OrdinalLikelihood,
    PoissonLikelihood,
    PredictedScale,
    StudentTLikelihood,
    TableFeatures,
    TableLikelihood,
)
from keras_ae.probability import negative_binomial_log_prob, poisson_log_prob
from keras_ae.probability.table_densities import _log_gamma
from tests.contract.rows import array
from tests.layers.gradients import gradients

tfd = tfp.distributions
SHAPE = (4, 3, 2)
NAN = float("nan")


def softplus(raw):
    return np.logaddexp(0, raw.astype("float64")).astype("float32")


def split(parameters, count):
    return np.split(parameters, count, axis=-1)


def student_t(p):
    location, raw_scale, raw_degrees = split(p, 3)
    return tfd.StudentT(3 + softplus(raw_degrees), location, softplus(raw_scale) + 1e-3)


def negative_binomial(p):
    mean, total = split(p, 2)
    mean, total = 5 * softplus(mean) / np.float32(np.log(2)), softplus(total) + np.float32(1e-3)
    return tfd.NegativeBinomial(total, logits=np.log(mean) - np.log(total))


def ordinal(p):
    first, *gaps = split(p, 3)
    cutpoints = [first]
    for gap in gaps:
        cutpoints.append(cutpoints[-1] + softplus(gap) + np.float32(1e-3))
    return tfd.OrderedLogistic(np.stack(cutpoints, -1), 0.0, dtype="float32")


@dataclass(frozen=True)
class Case:
    make: Any
    oracle: Any  # NumPy parameters -> tfp.distributions object, made without our code
    per_output: int
    highest: float = math.inf  # of the codes of categories

    def parameters(self, batch=SHAPE[0]):
        shape = (*SHAPE[1:-1], SHAPE[-1] * self.per_output)
        values = 2.0 * np.random.default_rng(0).normal(size=(SHAPE[0], *shape))
        return np.resize(values.astype("float32"), (batch, *shape))


CASES = {
    "student_t": Case(StudentTLikelihood, student_t, 3),
    "poisson": Case(
        lambda: PoissonLikelihood(5.0),
        lambda p: tfd.Poisson(5 * softplus(p) / np.float32(np.log(2))),
        1,
    ),
    "negative_binomial": Case(lambda: NegativeBinomialLikelihood(5.0), negative_binomial, 2),
    "categorical": Case(
        lambda: CategoricalLikelihood(3),
        lambda p: tfd.Categorical(logits=np.stack(split(p, 3), -1), dtype="float32"),
        3,
        2.0,
    ),
    "ordinal": Case(lambda: OrdinalLikelihood(4), ordinal, 3, 3.0),
}


@pytest.fixture(params=CASES.values(), ids=CASES)
def case(request):
    return request.param


def test_log_prob_is_that_of_tensorflow_probability(case):
    parameters, likelihood = case.parameters(), case.make()
    oracle = case.oracle(parameters)
    x = oracle.sample(seed=1).numpy()
    expected = oracle.log_prob(x).numpy()
    np.testing.assert_allclose(
        array(likelihood.log_prob(x, parameters)), expected.sum(axis=(1, 2)), rtol=3e-5
    )
    np.testing.assert_allclose(
        array(likelihood.log_prob_each(x, parameters)), expected, rtol=3e-5, atol=3e-6
    )
    np.testing.assert_allclose(
        likelihood.to_tfp(parameters).log_prob(x).numpy(), expected.sum(axis=(1, 2)), rtol=3e-5
    )


def test_mean_is_that_of_tensorflow_probability(case):
    parameters = case.parameters()
    oracle = case.oracle(parameters)
    if case.make().categories == 0:
        expected = oracle.mean().numpy()
    else:
        codes = np.arange(case.highest + 1, dtype="float32")
        probabilities = np.stack([oracle.prob(np.full(SHAPE, code)) for code in codes], -1)
        ordered = isinstance(case.make(), OrdinalLikelihood)
        expected = probabilities @ codes if ordered else probabilities.argmax(-1)
    np.testing.assert_allclose(array(case.make().mean(parameters)), expected, rtol=1e-4)


def test_samples_have_the_distribution(case):
    size = 8_000
    parameters, likelihood = case.parameters(size), case.make()
    drawn = array(likelihood.sample(parameters, seed=3))
    assert drawn.shape == (size, *SHAPE[1:])
    assert drawn.dtype == np.float32
    oracle = case.oracle(case.parameters())
    own = drawn.reshape(-1, *SHAPE)
    if isinstance(likelihood, StudentTLikelihood):
        uniform = oracle.cdf(own).numpy().ravel()
        assert stats.kstest(uniform, "uniform").pvalue > 1e-3
        return
    for value in range(int(min(case.highest, 4.0)) + 1):
        expected = oracle.prob(np.full(SHAPE, value, "float32")).numpy()
        error = np.sqrt(expected * (1 - expected) / len(own)) + 1e-4
        assert (np.abs((own == value).mean(axis=0) - expected) < 5 * error).all()
    assert drawn.min() >= 0
    assert drawn.max() <= case.highest
    correlation = np.corrcoef(own[:, 0, 0, 0], own[:, 0, 0, 1])[0, 1]
    assert abs(correlation) < 0.1
    assert not np.array_equal(drawn, array(likelihood.sample(parameters, seed=4)))


@pytest.mark.parametrize("rate", [0.1, 9.9, 10.1, 60.0, 1e5])
def test_poisson_draws_at_every_rate(rate):
    raw = np.zeros((20_000, 1), "float32")
    drawn = array(PoissonLikelihood(rate).sample(raw, seed=0))[:, 0]
    error = math.sqrt(rate / len(drawn))
    assert abs(drawn.mean() - rate) < 4 * error
    assert abs(drawn.var() / rate - 1) < 0.06
    if rate < 100:
        found = np.bincount(drawn.astype(int)) / len(drawn)
        expected = stats.poisson.pmf(np.arange(len(found)), rate)
        assert np.abs(found - expected).max() < 0.012


def test_extreme_parameters_are_finite(case):
    likelihood = case.make()
    corners = np.array([-1e4, -100.0, -1e-8, 0.0, 1e-8, 100.0, 1e4], "float32")
    grid = np.array(np.meshgrid(*[corners] * case.per_output), "float32")
    grid = grid.reshape(case.per_output, -1).T
    values = (-1e4, 0.0, 1e4) if likelihood.support is None else (0.0, 1.0, 1e4)
    for value in values:
        x = np.full((len(grid), 1), min(value, case.highest), "float32")
        assert np.isfinite(array(likelihood.log_prob(x, grid))).all()
        assert np.isfinite(gradients(lambda p, x=x: likelihood.log_prob(x, p), grid)[0]).all()
    assert np.isfinite(array(likelihood.sample(grid, seed=0))).all()


def test_log_gamma_is_scipy_s():
    z = 10 ** np.random.default_rng(0).uniform(-5, 6, 2000).astype("float32")
    expected = special.gammaln(z.astype("float64"))
    np.testing.assert_allclose(array(_log_gamma(z)), expected, rtol=3e-6, atol=3e-6)


@pytest.mark.parametrize("near", [True, False])
def test_large_counts_keep_their_digits(near):
    """By differences of log-gammas a million would have no digit left in float32."""
    random = np.random.default_rng(0)
    x = np.floor(10 ** random.uniform(-1, 6, (2000, 1))).astype("float32")
    mean = (
        x * random.uniform(0.8, 1.25, x.shape) + 0.3
        if near
        else 10 ** random.uniform(-3, 6, x.shape)
    )
    mean = mean.astype("float32")
    exact = x.astype("float64"), mean.astype("float64")
    expected = stats.poisson.logpmf(*exact)[:, 0]
    np.testing.assert_allclose(array(poisson_log_prob(x, mean)), expected, rtol=3e-5, atol=3e-5)
    for total in (np.float32(each) for each in (1e-3, 0.5, 20.0, 1e4)):
        size = float(total)
        expected = stats.nbinom.logpmf(exact[0], size, size / (size + exact[1]))[:, 0]
        found = array(negative_binomial_log_prob(x, mean, total))
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def table():
    parts = [
        GaussianLikelihood(PredictedScale()),
        CategoricalLikelihood(3),
        BernoulliLikelihood(),
        NegativeBinomialLikelihood(2.0),
        OrdinalLikelihood(3),
        StudentTLikelihood(),
    ]
    return TableLikelihood(parts, sizes=(2, 1, 1, 1, 1, 1))


ROW = np.array([[0.5, -1.0, 2.0, 1.0, 4.0, 1.0, 0.3]], "float32")


def test_a_table_s_log_prob_is_the_sum_of_its_cells():
    likelihood = table()
    (size,) = likelihood.parameters_shape((7,))
    assert size == 2 * 2 + 3 + 1 + 2 + 2 + 3
    parameters = np.random.default_rng(0).normal(size=(1, size)).astype("float32")
    expected, column, first = [], 0, 0
    for part, width in zip(likelihood.columns, likelihood.sizes, strict=True):
        own = parameters[:, first : first + width * part.parameters_per_output]
        block = ROW[:, column : column + width]
        expected.append(part.to_tfp(own).log_prob(block).numpy())
        column, first = column + width, first + own.shape[1]
    each = array(likelihood.log_prob_each(ROW, parameters))
    assert each.shape == ROW.shape
    np.testing.assert_allclose(each[0, :2].sum(), expected[0], rtol=1e-5)
    np.testing.assert_allclose(each[0, 2:], np.concatenate(expected[1:]), rtol=1e-5)
    total = array(likelihood.log_prob(ROW, parameters))
    np.testing.assert_allclose(total, np.sum(expected), rtol=1e-5)
    np.testing.assert_allclose(likelihood.to_tfp(parameters).log_prob(ROW), total, rtol=1e-5)


def test_missing_cells_count_nothing_and_have_no_gradient():
    likelihood = table()
    (size,) = likelihood.parameters_shape((7,))
    parameters = np.random.default_rng(0).normal(size=(1, size)).astype("float32")
    whole = array(likelihood.log_prob_each(ROW, parameters))
    # A row for each column: without it, and with it alone.
    own, rows = np.eye(7, dtype=bool), np.repeat(ROW, 7, axis=0)
    without, only = np.where(own, NAN, rows), np.where(own, rows, NAN)
    each = array(likelihood.log_prob_each(without, np.repeat(parameters, 7, axis=0)))
    assert (each[own] == 0).all()
    np.testing.assert_array_equal(each[~own], np.repeat(whole, 7, axis=0)[~own])
    slopes, of_columns = (
        gradients(lambda p, x=x: likelihood.log_prob(x, p), np.repeat(parameters, 7, axis=0))[0]
        for x in (without, only)
    )
    assert np.isfinite(slopes).all()
    assert (of_columns != 0).any(axis=1).all()
    assert ((slopes == 0) | (of_columns == 0)).all()  # no parameter serves two columns
    nothing = np.full_like(ROW, NAN)
    assert array(likelihood.log_prob(nothing, parameters)) == 0
    assert not gradients(lambda p: likelihood.log_prob(nothing, p), parameters)[0].any()


def test_a_table_s_draws_and_means_are_its_columns():
    likelihood = table()
    (size,) = likelihood.parameters_shape((7,))
    parameters = np.tile(np.random.default_rng(0).normal(size=size), (4000, 1)).astype("float32")
    drawn, mean = (array(f(parameters)) for f in (likelihood.sample, likelihood.mean))
    assert drawn.shape == mean.shape == (4000, 7)
    real = [0, 1, 3, 4, 5, 6]
    error = drawn.std(axis=0) / math.sqrt(4000)
    assert (np.abs(drawn.mean(axis=0) - mean[0])[real] < 5 * error[real]).all()
    assert np.bincount(drawn[:, 2].astype(int)).argmax() == mean[0, 2]
    correlations = np.corrcoef(drawn, rowvar=False) - np.eye(7)
    assert np.abs(correlations).max() < 0.1


def test_what_a_model_asks_of_a_table():
    likelihood = table()
    assert likelihood.width == 7
    assert likelihood.column_categories == (0, 0, 3, 0, 0, 3, 0)
    assert likelihood.column_units == (0, 0, 0, 0, 2.0, 0, 0)
    assert likelihood.takes_missing
    assert not GaussianLikelihood(1.0).takes_missing
    likelihood.check_data("x", ROW)
    for column, value in ((2, 3.0), (3, 2.0), (4, -1.0), (5, 4.0)):
        x = ROW.copy()
        x[0, column] = value
        with pytest.raises(ValueError, match=rf"`x\[:, {column}:{column + 1}\]` must lie in"):
            likelihood.check_data("x", x)
    with pytest.raises(ValueError, match=r"7 columns needs rows of shape \(7,\)"):
        likelihood.parameters_shape((6,))


def test_features():
    likelihood = table()
    layer = TableFeatures(likelihood.column_categories, likelihood.column_units)
    x = np.concatenate([ROW, np.full_like(ROW, NAN)])
    features = array(layer(x))
    log = np.log1p(4.0 / 2.0)
    numbers = [0.5, -1.0, 1.0, log, 0.3]
    np.testing.assert_allclose(features[0], [*numbers, 0, 0, 1, 0, 1, 0, *[1] * 7], rtol=1e-6)
    np.testing.assert_array_equal(features[1], np.zeros(len(features[0])))
    assert array(layer(np.where(np.arange(7) == 2, 9.0, ROW)))[0, 5:8].tolist() == [0, 0, 0]
