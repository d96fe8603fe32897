"""Maximum mean discrepancy against double sums, a closed form and TensorFlow Probability."""

from functools import partial

import keras
import numpy as np
import pytest
import tensorflow_probability as tfp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from keras_ae.probability import (
    gaussian_kernel,
    inverse_multiquadratic_kernel,
    mmd_penalty,
    mmd_unbiased,
)

quick = settings(deadline=None, derandomize=True, max_examples=60)
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(7, 3)), 0.5 + RNG.normal(size=(9, 3))
KERNELS = {
    "gaussian": (
        partial(gaussian_kernel, bandwidth=1.5),
        tfp.math.psd_kernels.ExponentiatedQuadratic(length_scale=np.float64(1.5)),
    ),
    "inverse_multiquadratic": (
        partial(inverse_multiquadratic_kernel, scale=1.5),
        tfp.math.psd_kernels.RationalQuadratic(
            scale_mixture_rate=np.float64(1.0), length_scale=np.float64(1.5 * np.sqrt(3.0))
        ),
    ),
}
samples = hnp.arrays("float32", (6, 2), elements=st.floats(-100, 100, width=32))


@pytest.fixture(params=KERNELS.values(), ids=KERNELS)
def kernels(request):
    return request.param


def test_kernels_agree_with_tensorflow_probability(kernels):
    ours, theirs = kernels
    np.testing.assert_allclose(ours(X, Y), theirs.matrix(X, Y).numpy(), rtol=1e-5)
    np.testing.assert_array_equal(np.diag(ours(X, X)), 1.0)
    far = np.asarray(ours(1e6 * X, 1e6 * Y))
    assert np.all((far >= 0.0) & (far < 1e-8))
    near = np.asarray(ours(1e-6 * X + 1.0, 1e-6 * Y + 1.0))
    np.testing.assert_allclose(near, 1.0, rtol=1e-6)


def test_kernel_widths():
    square = np.sum((X[:, None] - Y[None]) ** 2, axis=-1)
    np.testing.assert_allclose(gaussian_kernel(X, Y), np.exp(-0.5 * square), rtol=1e-5)
    np.testing.assert_allclose(
        inverse_multiquadratic_kernel(X, Y), 6.0 / (6.0 + square), rtol=1e-5
    )


def test_both_statistics_are_their_double_sums(kernels):
    ours, theirs = kernels
    across = theirs.matrix(X, Y).numpy().mean()
    biased, unbiased = 0.0, 0.0
    for rows in (X, Y):
        values, places = theirs.matrix(rows, rows).numpy(), range(len(rows))
        biased += np.mean([values[i, j] for i in places for j in places])
        unbiased += np.mean([values[i, j] for i in places for j in places if i != j])
    assert float(mmd_penalty(X, Y, ours)) == pytest.approx(biased - 2 * across, abs=1e-6)
    assert float(mmd_unbiased(X, Y, ours)) == pytest.approx(unbiased - 2 * across, abs=1e-6)


def test_the_default_kernel_is_the_inverse_multiquadratic():
    for statistic in (mmd_penalty, mmd_unbiased):
        assert float(statistic(X, Y)) == float(statistic(X, Y, inverse_multiquadratic_kernel))


def test_monte_carlo_meets_the_closed_form_and_the_penalty_is_biased_as_documented():
    # x from N(0, I), y from N(shift, I), bandwidth 1, d = 2: expectations are Gaussian integrals.
    shift, rows, repeats = 1.0, 6, 2000
    same = 1.0 / 3.0
    exact = 2.0 * same * (1.0 - np.exp(-2.0 * shift**2 / 6.0))
    x = RNG.normal(size=(repeats, rows, 2)).astype("float32")
    y = RNG.normal(size=(repeats, rows, 2)).astype("float32") + np.float32(shift)

    def both(pair):
        arguments = (*keras.ops.unstack(pair), gaussian_kernel)
        return keras.ops.stack([mmd_unbiased(*arguments), mmd_penalty(*arguments)])

    draws = np.asarray(keras.ops.vectorized_map(both, keras.ops.stack([x, y], axis=1)))
    standard_error = draws.std(0) / np.sqrt(repeats)
    bias = 2.0 * (1.0 - same) / rows
    assert np.all(np.abs(draws.mean(0) - [exact, exact + bias]) < 4 * standard_error)
    assert np.all(standard_error < 0.01)
    # The estimate that is right on average is negative at times; the penalty never is.
    assert draws[:, 0].min() < 0.0 < draws[:, 1].min()


@pytest.mark.slow
@quick
@given(samples, samples)
def test_penalty_properties(x, y):
    for kernel in (gaussian_kernel, inverse_multiquadratic_kernel):
        penalty = float(mmd_penalty(x, y, kernel))
        assert 0.0 <= penalty <= 2.0
        assert float(mmd_penalty(x, x, kernel)) == 0.0
        assert float(mmd_penalty(y, x, kernel)) == pytest.approx(penalty, abs=1e-6)
        # A point more than a bandwidth away from all others shows.
        apart = np.concatenate([x[:-1], [[200.0, 200.0]]])
        assert float(mmd_penalty(x, apart, kernel)) > 1e-3


def test_penalty_of_a_reordered_sample_is_not_negative(kernels):
    # Where rounding alone decides the sign.
    for _ in range(40):
        x = RNG.normal(size=(6, 2))
        assert 0.0 <= float(mmd_penalty(x, RNG.permutation(x), kernels[0])) < 1e-6


@pytest.mark.parametrize("statistic", [mmd_penalty, mmd_unbiased])
def test_gradients_are_finite(statistic, kernels, gradients):
    function = partial(statistic, kernel=kernels[0])
    for size in (1e-6, 1.0, 1e6):
        for y in (X, Y[:7]):
            assert np.isfinite(gradients(function, size * X, size * y)).all()


def test_the_penalty_pulls_a_sample_to_its_target(gradients):
    def shifted(shift):
        return mmd_penalty(Y + shift, Y - 1.0)

    assert gradients(shifted, 1.0)[0] > 0.0 > gradients(shifted, -3.0)[0]


def test_compiled_with_unknown_batch_size(compiled):
    def both(x, y):
        return [0.0 * x[:, 0] + statistic(x, y) for statistic in (mmd_penalty, mmd_unbiased)]

    penalty, unbiased = compiled(both, np.float32(X), np.float32(Y[:7]))
    np.testing.assert_allclose(penalty, mmd_penalty(X, Y[:7]), rtol=1e-4)
    np.testing.assert_allclose(unbiased, mmd_unbiased(X, Y[:7]), rtol=1e-4)


@pytest.mark.parametrize(
    ("statistic", "x", "y", "message"),
    [
        (mmd_penalty, X, Y[:, :2], r"must have shapes \(n, d\) and \(m, d\).*y\.shape=\(9, 2\)"),
        (mmd_penalty, X[0], Y, r"must have shapes .*x\.shape=\(3,\)"),
        (mmd_unbiased, X, Y[..., None], r"must have shapes .*y\.shape=\(9, 3, 1\)"),
        (mmd_unbiased, X[:1], Y, r"`x` must have at least 2 rows. Received: 1 row"),
        (mmd_unbiased, X, Y[:1], r"`y` must have at least 2 rows. Received: 1 row"),
    ],
)
def test_bad_samples_are_named(statistic, x, y, message):
    with pytest.raises(ValueError, match=message):
        statistic(x, y)
