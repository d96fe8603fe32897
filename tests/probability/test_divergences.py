"""Closed-form divergences against TensorFlow Probability and scipy, and their properties.

Monte Carlo is in test_monte_carlo_kl.py.
"""

import keras
import numpy as np
import pytest
import tensorflow_probability as tfp
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import special

from keras_ae.probability import (
    kl_discrete,
    kl_multivariate_normal,
    kl_multivariate_standard_normal,
    kl_normal,
    kl_standard_normal,
    kl_standard_normal_per_dimension,
)

tfd = tfp.distributions
quick = settings(deadline=None, derandomize=True, max_examples=60)
RNG = np.random.default_rng(0)
MEAN1, MEAN2 = RNG.normal(size=(2, 5, 3))
SCALE1, SCALE2 = np.exp(RNG.normal(size=(2, 5, 3)))
TRIL1, TRIL2 = np.linalg.cholesky(
    [[np.cov(RNG.normal(size=(3, 9))) for _ in range(5)] for _ in "12"]
)
# Multiples of 1/1024: no difference is so small that float32 loses its square.
means = st.integers(-(10**5), 10**5).map(lambda n: n / 1024)
scales = st.floats(1e-6, 1e6).map(lambda x: float(np.float32(x)))
triples = st.lists(means, min_size=3, max_size=3).map(lambda row: np.array([row]))
weights = st.lists(st.integers(0, 1000), min_size=4, max_size=4).filter(any)


def number(result):
    return float(np.asarray(result).reshape(()))


def tril(entries, scale):
    """A well-conditioned Cholesky factor from 3 numbers."""
    bounded = entries[0] / 100.0
    lower = np.zeros((1, 3, 3))
    lower[0][np.tril_indices(3, -1)] = bounded
    return scale * (lower + np.diag(np.exp(bounded)))


def test_discrete_example():
    p, q = [9 / 25, 12 / 25, 4 / 25], [1 / 3, 1 / 3, 1 / 3]
    assert number(kl_discrete(p, q)) == pytest.approx(0.0852996, abs=1e-7)
    assert number(kl_discrete(q, p)) == pytest.approx(0.0974550, abs=1e-7)


def test_discrete_agrees_with_scipy_and_tensorflow_probability():
    p, q = special.softmax(3.0 * RNG.normal(size=(2, 5, 2, 6)), axis=-1)
    p[0, 0, :2] = [p[0, 0, :2].sum(), 0.0]
    result = kl_discrete(p, q)
    assert tuple(result.shape) == (5,)
    np.testing.assert_allclose(result, special.rel_entr(p, q).sum((1, 2)), rtol=1e-5)
    with np.errstate(divide="ignore"):
        theirs = tfd.Categorical(probs=p[1:]).kl_divergence(tfd.Categorical(probs=q[1:]))
    np.testing.assert_allclose(result[1:], theirs.numpy().sum(1), rtol=1e-5)


def test_discrete_zeros(gradients):
    p = np.array([[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.0, 1.0]])
    q = np.array([[0.25, 0.25, 0.5], [1.0, 0.0, 0.0], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]])
    result = np.asarray(kl_discrete(p, q))
    np.testing.assert_allclose(result, [np.log(2.0), np.inf, 0.0, np.inf], rtol=1e-6)
    assert np.isfinite(gradients(kl_discrete, p, q)).all()


def test_discrete_probabilities_near_zero(gradients):
    tiny = np.array([0.0, 1e-40, 1e-37, 1e-20, 1e-8])
    p, q = np.stack([1.0 - tiny, tiny], axis=1), np.full((5, 2), 0.5)
    np.testing.assert_allclose(kl_discrete(p, q), special.rel_entr(p, q).sum(1), rtol=1e-6)
    exact = special.rel_entr(q, p).sum(1)
    exact[1] = np.inf  # below the smallest normal float32
    np.testing.assert_allclose(kl_discrete(q, p), exact, rtol=1e-6)
    assert np.isfinite([gradients(kl_discrete, p, q), gradients(kl_discrete, q, p)]).all()
    p, q = np.tile([[1.0, 1e-30]], (5, 1)), np.tile([[1.0, 1.1e-30]], (5, 1))
    by_p, by_q = gradients(kl_discrete, p, q)
    np.testing.assert_allclose(by_p, np.tile([0.0, -np.log(1.1)], (5, 1)), atol=1e-5)
    np.testing.assert_allclose(by_q, np.tile([0.0, 1.0 - 1 / 1.1], (5, 1)), atol=1e-5)


def test_discrete_gradient_through_softmax(gradients):
    logits, q = RNG.normal(size=(5, 4)), special.softmax(RNG.normal(size=(5, 4)), axis=-1)
    p = special.softmax(logits, axis=-1)
    (gradient,) = gradients(lambda x: kl_discrete(keras.ops.softmax(x), q), logits)
    log_ratio = np.log(p / q)
    exact = p * (log_ratio - (p * log_ratio).sum(-1, keepdims=True))
    np.testing.assert_allclose(gradient, exact, atol=1e-6)


def test_normal_agrees_with_tensorflow_probability():
    theirs = tfd.Normal(MEAN1, SCALE1).kl_divergence(tfd.Normal(MEAN2, SCALE2)).numpy()
    np.testing.assert_allclose(kl_normal(MEAN1, SCALE1, MEAN2, SCALE2), theirs.sum(1), rtol=1e-5)
    standard = tfd.Normal(MEAN1, SCALE1).kl_divergence(tfd.Normal(0.0 * MEAN1, 1.0)).numpy()
    np.testing.assert_allclose(kl_standard_normal(MEAN1, SCALE1), standard.sum(1), rtol=1e-5)
    np.testing.assert_allclose(
        kl_standard_normal_per_dimension(MEAN1, SCALE1), standard, rtol=1e-5
    )


@pytest.mark.parametrize("correlated", [True, False])
def test_multivariate_agrees_with_tensorflow_probability(correlated):
    tril1 = TRIL1 if correlated else SCALE1[:, :, None] * np.eye(3)
    tril2 = TRIL2 if correlated else SCALE2[:, :, None] * np.eye(3)
    first = tfd.MultivariateNormalTriL(MEAN1, tril1)
    theirs = first.kl_divergence(tfd.MultivariateNormalTriL(MEAN2, tril2)).numpy()
    result = kl_multivariate_normal(MEAN1, tril1, MEAN2, tril2)
    np.testing.assert_allclose(result, theirs, rtol=2e-5)
    if not correlated:
        np.testing.assert_allclose(result, kl_normal(MEAN1, SCALE1, MEAN2, SCALE2), rtol=1e-5)
    standard = kl_multivariate_normal(MEAN1, tril1, np.zeros(3), np.eye(3))
    np.testing.assert_allclose(kl_multivariate_standard_normal(MEAN1, tril1), standard, rtol=1e-5)


def test_multivariate_is_the_closed_form_with_an_inverse():
    # One factor (d, d) of Q for the whole batch.
    s1, s2 = TRIL1 @ TRIL1.swapaxes(1, 2), TRIL2[0] @ TRIL2[0].T
    inverse, difference = np.linalg.inv(s2), MEAN2 - MEAN1
    exact = 0.5 * (
        np.einsum("bi,ij,bj->b", difference, inverse, difference)
        + np.trace(inverse @ s1, axis1=1, axis2=2)
        - np.log(np.linalg.det(s1) / np.linalg.det(s2))
        - 3
    )
    result = kl_multivariate_normal(MEAN1, TRIL1, MEAN2, TRIL2[0])
    np.testing.assert_allclose(result, exact, rtol=2e-5)
    # One P for a batch of Q.
    result = kl_multivariate_normal(MEAN1[:1], TRIL1[0], MEAN2[0], TRIL2)
    rows = [kl_multivariate_normal(MEAN1[:1], TRIL1[0], MEAN2[0], tril)[0] for tril in TRIL2]
    np.testing.assert_allclose(result, np.array(rows), rtol=1e-6)


def operations(function, *arguments):
    """The names of the primitive operations that a function runs."""
    if keras.backend.backend() == "jax":
        import jax

        return str(jax.make_jaxpr(function)(*arguments)).lower()
    import tensorflow as tf

    graph = tf.function(function).get_concrete_function(*map(tf.constant, arguments)).graph
    return " ".join(operation.type for operation in graph.get_operations()).lower()


def test_standard_multivariate_needs_no_solve_and_no_cholesky():
    names = operations(kl_multivariate_standard_normal, MEAN1, TRIL1)
    assert "solve" not in names
    assert "cholesky" not in names
    general = operations(kl_multivariate_normal, MEAN1, TRIL1, MEAN2, TRIL2)
    assert "triangular" in general
    assert "inv" not in general


@pytest.mark.parametrize("distance", [1e-6, 1e-4, 1e-2, 0.39, 0.41, 3.0, -1e-3, -0.39])
def test_close_distributions_keep_their_digits(distance):
    wide = np.float32(7.0 + 7.0 * distance)
    change = float(wide) / 7.0 - 1.0
    exact = 0.5 * change**2 + change - np.log1p(change)
    assert number(kl_normal([[5.0]], wide, [[5.0]], 7.0)) == pytest.approx(exact, rel=2e-6)
    scale = np.float32(1.0 + distance)
    change = float(scale) - 1.0
    exact = 0.5 * change**2 + change - np.log1p(change) + 0.5 * distance**2
    assert number(kl_standard_normal([[distance]], scale)) == pytest.approx(exact, rel=2e-6)
    tril = [[scale, 0.0], [distance, 1.0]]
    assert number(kl_multivariate_standard_normal([[0.0, 0.0]], tril)) == pytest.approx(
        exact, rel=2e-6
    )
    p, q = np.float32([[0.5, 0.5]]), np.float32([[0.5 - distance / 8, 0.5 + distance / 8]])
    exact = special.kl_div(p.astype(float), q.astype(float)).sum()
    assert number(kl_discrete(p, q)) == pytest.approx(exact, rel=2e-6)


def test_scales_from_a_millionth_to_a_million(gradients):
    scale1, scale2 = np.meshgrid(10.0 ** np.arange(-6, 7), 10.0 ** np.arange(-6, 7))
    for mean in (0.0, 1e6):
        arguments = [np.full_like(scale1, mean), scale1, np.zeros_like(scale1), scale2]
        first, second = tfd.Normal(*arguments[:2]), tfd.Normal(*arguments[2:])
        exact = first.kl_divergence(second).numpy().sum(1)
        np.testing.assert_allclose(kl_normal(*arguments), exact, rtol=1e-5)
        assert np.isfinite(gradients(kl_normal, *arguments)).all()
        assert np.isfinite(gradients(kl_standard_normal, *arguments[:2])).all()
        tril1, tril2 = (TRIL1[0] * scale.reshape(-1, 1, 1) for scale in (scale1, scale2))
        arguments = [np.full((169, 3), mean), tril1, np.zeros((169, 3)), tril2]
        first, second = (tfd.MultivariateNormalTriL(*arguments[i : i + 2]) for i in (0, 2))
        exact = first.kl_divergence(second).numpy()
        np.testing.assert_allclose(kl_multivariate_normal(*arguments), exact, rtol=1e-4, atol=1e-4)
        for gradient in gradients(kl_multivariate_normal, *arguments):
            assert np.isfinite(gradient).all()


@quick
@given(weights, weights)
def test_discrete_properties(first, second):
    p, q = (np.array([row]) / sum(row) for row in (first, second))
    assert number(kl_discrete(p, p)) == 0.0
    equal = np.array_equal(np.float32(p), np.float32(q))
    assert (number(kl_discrete(p, q)) > 0.0) is not equal


@quick
@given(triples, triples, scales, scales)
def test_normal_properties(mean1, mean2, scale1, scale2):
    equal = np.array_equal(mean1, mean2) and scale1 == scale2
    assert number(kl_normal(mean1, scale1, mean1, scale1)) == 0.0
    assert (number(kl_normal(mean1, scale1, mean2, scale2)) > 0.0) is not equal
    standard = not mean1.any() and scale1 == 1.0
    assert (number(kl_standard_normal(mean1, np.full((1, 3), scale1))) > 0.0) is not standard
    assert np.all(kl_standard_normal_per_dimension(mean1, scale1) >= 0.0)
    assert number(kl_standard_normal(np.zeros((1, 3)), np.ones((1, 3)))) == 0.0


@pytest.mark.slow
@quick
@given(triples, triples, st.floats(1e-6, 1e6), st.floats(1e-6, 1e6), means)
def test_multivariate_properties(entries1, entries2, scale1, scale2, mean):
    tril1, tril2 = np.float32(tril(entries1, scale1)), np.float32(tril(entries2, scale2))
    mean1, mean2 = np.full((1, 3), mean), np.zeros((1, 3))
    assert number(kl_multivariate_normal(mean1, tril1, mean1, tril1)) == 0.0
    equal = mean == 0.0 and np.array_equal(tril1, tril2)
    assert (number(kl_multivariate_normal(mean1, tril1, mean2, tril2)) > 0.0) is not equal
    standard = mean == 0.0 and np.array_equal(tril1[0], np.eye(3))
    assert (number(kl_multivariate_standard_normal(mean1, tril1)) > 0.0) is not standard
    assert number(kl_multivariate_standard_normal(mean2, np.eye(3))) == 0.0


@pytest.mark.slow
@quick
@given(st.floats(0.05, 0.5), st.floats(0.05, 0.5), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_asymmetric(chance1, chance2, scale1, scale2):
    # Two coins that are neither alike nor mirror images; two widths around one mean.
    assume(abs(chance1 - chance2) > 0.05)
    assume(max(scale1, scale2) > 1.2 * min(scale1, scale2))
    p, q = [[chance1, 1.0 - chance1]], [[chance2, 1.0 - chance2]]
    assert number(kl_discrete(p, q)) != pytest.approx(number(kl_discrete(q, p)), rel=1e-4)
    zero, one = np.zeros((1, 3)), np.ones((1, 3))
    forward, backward = (zero, scale1 * one, zero, scale2), (zero, scale2 * one, zero, scale1)
    assert number(kl_normal(*forward)) != pytest.approx(number(kl_normal(*backward)), rel=1e-3)
    tril1, tril2 = scale1 * TRIL1[:1], scale2 * TRIL1[:1]
    forward, backward = (zero, tril1, zero, tril2), (zero, tril2, zero, tril1)
    there, back = (
        number(kl_multivariate_normal(*forward)),
        number(kl_multivariate_normal(*backward)),
    )
    assert there != pytest.approx(back, rel=1e-3)


def test_compiled_with_unknown_batch_size(compiled):
    def every(mean1, scale1, tril1, mean2, scale2, tril2):
        return [
            kl_discrete(keras.ops.softmax(mean1), keras.ops.softmax(mean2)),
            kl_normal(mean1, scale1, mean2, scale2),
            kl_standard_normal_per_dimension(mean1, scale1),
            kl_multivariate_normal(mean1, tril1, mean2, tril2),
            kl_multivariate_standard_normal(mean1, tril1),
        ]

    arguments = [np.float32(x) for x in (MEAN1, SCALE1, TRIL1, MEAN2, SCALE2, TRIL2)]
    for result, exact in zip(compiled(every, *arguments), every(*arguments), strict=True):
        np.testing.assert_allclose(result, exact, rtol=1e-4, atol=1e-5)
