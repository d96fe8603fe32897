"""Bottlenecks: their posterior, its precision and operations, and the penalty they add."""

import keras
import numpy as np
import pytest
import tensorflow_probability as tfp
from keras import ops

from keras_ae.layers import (
    DenseBottleneck,
    FullNormalBottleneck,
    FullNormalHead,
    KLPenalty,
    L1Penalty,
    LogVarianceScale,
    MixturePrior,
    NormalBottleneck,
    NormalHead,
    SoftplusScale,
)
from keras_ae.layers.bottlenecks.full_normal_head import placement
from tests.contract.rows import array, assert_equal

tfd = tfp.distributions
RANDOM = np.random.default_rng(0)
FEATURES = RANDOM.normal(size=(5, 8)).astype("float32")
EPSILON = RANDOM.normal(size=(5, 3)).astype("float32")
KINDS = pytest.mark.parametrize("kind", [NormalBottleneck, FullNormalBottleneck])


def dense(layer, features=FEATURES):
    return features @ array(layer.kernel) + array(layer.bias)


def new(kind=NormalBottleneck, features=FEATURES, **arguments):
    """A built bottleneck whose biases are not zero."""
    bottleneck = kind(3, seed=0, **arguments)
    bottleneck.build(features.shape)
    generator = np.random.default_rng(1)
    for weight in bottleneck.head.weights:
        if weight.name == "bias":
            weight.assign(generator.normal(size=weight.shape))
    return bottleneck


def oracle(bottleneck, features=FEATURES):
    posterior = bottleneck.posterior(features)
    if isinstance(bottleneck, FullNormalBottleneck):
        return tfd.MultivariateNormalTriL(array(posterior.mean), array(posterior.scale_tril))
    return tfd.MultivariateNormalDiag(array(posterior.mean), array(posterior.scale))


def test_scale_is_softplus_by_default():
    bottleneck = new()
    posterior = bottleneck.posterior(FEATURES)
    raw = dense(bottleneck.head.raw_scale).astype("float64")
    np.testing.assert_allclose(array(posterior.mean), dense(bottleneck.head.mean), rtol=1e-4)
    np.testing.assert_allclose(array(posterior.scale), np.log1p(np.exp(raw)) + 1e-6, rtol=1e-4)


def test_scale_may_be_that_of_a_log_variance():
    bottleneck = new(to_scale=LogVarianceScale())
    posterior = bottleneck.posterior(FEATURES)
    expected = dense(bottleneck.head.raw_scale)
    np.testing.assert_allclose(array(posterior.log_var), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("to_scale", [SoftplusScale(), LogVarianceScale()])
def test_scales_are_positive_and_finite_whatever_the_raw_number(to_scale):
    scale = array(to_scale(np.array([-1e30, -1e4, -104.0, 0.0, 104.0, 1e4], "float32")))
    assert (scale > 0).all()
    assert np.isfinite(np.log(scale)).all()
    assert (np.diff(scale) >= 0).all()


def test_log_variance_is_clipped():
    scale = array(LogVarianceScale(-2.0, 4.0)(np.array([-9.0, -2.0, 1.0, 4.0, 9.0], "float32")))
    np.testing.assert_allclose(scale, np.exp([-1.0, -1.0, 0.5, 2.0, 2.0]), rtol=1e-6)


@KINDS
def test_the_posterior_is_float32_under_mixed_precision(kind):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        bottleneck = kind(3, seed=0, prior=MixturePrior(2, seed=0))
    finally:
        keras.config.set_dtype_policy("float32")
    features = ops.cast(FEATURES, "bfloat16")
    latent = bottleneck(features, training=True)
    posterior = bottleneck.posterior(features)
    tensors = (latent, bottleneck.losses[0], posterior.mean, posterior.scale)
    assert {keras.backend.standardize_dtype(one.dtype) for one in tensors} == {"float32"}
    assert bottleneck.head.mean.compute_dtype == "bfloat16"
    # None of its values was rounded on the way.
    assert (array(ops.cast(ops.cast(latent, "bfloat16"), "float32")) != array(latent)).all()


@pytest.mark.parametrize("size", [1, 2, 5])
def test_the_cholesky_factor_is_lower_triangular_with_a_positive_diagonal(size):
    head = FullNormalHead(size, seed=0)
    mean, factor = map(array, head(FEATURES))
    assert mean.shape == (5, size)
    assert factor.shape == (5, size, size)
    np.testing.assert_array_equal(np.triu(factor, 1), 0.0)
    assert (np.diagonal(factor, axis1=1, axis2=2) > 0).all()
    assert (factor[:, *np.tril_indices(size)] != 0).all()
    factor = factor.astype("float64")
    assert (np.linalg.eigvalsh(factor @ factor.transpose(0, 2, 1)) > 0).all()


def test_each_entry_of_the_cholesky_factor_has_its_place():
    head = FullNormalHead(3, LogVarianceScale(), seed=0)
    factor = array(head(FEATURES)[1])
    diagonal, below = np.exp(dense(head.raw_scale) / 2), dense(head.below)
    np.testing.assert_allclose(np.diagonal(factor, axis1=1, axis2=2), diagonal, rtol=1e-5)
    for column, (row, place) in enumerate([(1, 0), (2, 0), (2, 1)]):
        np.testing.assert_allclose(factor[:, row, place], below[:, column], rtol=1e-4, atol=1e-6)


def test_placement_takes_each_entry_once():
    matrix = placement(3)
    np.testing.assert_array_equal(
        (np.array([1, 2, 3, 4, 5, 6]) @ matrix).reshape(3, 3), [[1, 0, 0], [4, 2, 0], [5, 6, 3]]
    )
    assert placement(1).tolist() == [[1.0]]


def test_the_covariance_is_the_factor_times_its_transpose():
    bottleneck = new(FullNormalBottleneck)
    factor = array(bottleneck.posterior(FEATURES).scale_tril)
    rows = np.repeat(FEATURES[:1], 20_000, 0)
    covariance = np.cov(array(bottleneck(rows, training=True)).T)
    expected = factor[0] @ factor[0].T
    np.testing.assert_allclose(covariance, expected, atol=0.05 * expected.max())


def operations(function, *inputs):
    """Names of all operations of the compiled function, those of functions inside it included."""
    if keras.backend.backend() == "jax":
        import jax

        return str(jax.make_jaxpr(function)(*inputs))
    import tensorflow as tf

    specs = [tf.TensorSpec((None, *given.shape[1:])) for given in inputs]
    graph = tf.function(function).get_concrete_function(*specs).graph.as_graph_def()
    functions = [node.op for function in graph.library.function for node in function.node_def]
    return " ".join([node.op for node in graph.node] + functions)


def test_no_decomposition_or_solve_is_in_the_graph():
    bottleneck = new(FullNormalBottleneck)
    with_noise = operations(lambda x, noise: bottleneck(x, epsilon=noise), FEATURES, EPSILON)
    assert "matmul" in with_noise.lower() or "dot_general" in with_noise
    for forbidden in ("cholesky", "triangular", "inverse", "solve", "random"):
        assert forbidden not in with_noise.lower()
    # The check sees what it forbids.
    assert "holesky" in operations(ops.cholesky, np.eye(2, dtype="float32")[None])


@KINDS
def test_the_latent_is_the_mean_unless_training_or_given_noise(kind):
    bottleneck = new(kind)
    mean = array(bottleneck.encode(FEATURES))
    np.testing.assert_array_equal(array(bottleneck(FEATURES)), mean)
    np.testing.assert_array_equal(array(bottleneck.posterior(FEATURES).mean), mean)
    drawn = [array(bottleneck(FEATURES, training=True)) for _ in range(2)]
    assert (drawn[0] != drawn[1]).all()
    expected = array(bottleneck.posterior(FEATURES).sample(EPSILON))
    for training in (False, True):
        latent = array(bottleneck(FEATURES, training=training, epsilon=EPSILON))
        np.testing.assert_allclose(latent, expected, rtol=1e-6, atol=1e-6)


@KINDS
@pytest.mark.parametrize("training", [False, True])
def test_the_exact_kl_is_added_once_and_recorded(kind, training):
    bottleneck = new(kind, penalty=KLPenalty(beta=2.0))
    bottleneck(FEATURES, training=training)
    prior = tfd.MultivariateNormalDiag(np.zeros(3, "float32"))
    expected = tfd.kl_divergence(oracle(bottleneck), prior).numpy()
    (loss,) = bottleneck.losses
    assert float(loss) == pytest.approx(2 * expected.mean(), rel=1e-4)
    (penalty,) = bottleneck.penalties
    np.testing.assert_allclose(array(penalty.logged(penalty.take())), expected, rtol=1e-4)
    np.testing.assert_allclose(array(bottleneck.score(FEATURES)[1]), expected, rtol=1e-4)


def estimated_kl(bottleneck, latent, features=FEATURES):
    """log q(latent | x) - log p(latent), by an oracle."""
    latent = array(latent)
    density = oracle(bottleneck, features).log_prob(latent)
    return (density - bottleneck.prior.to_tfp().log_prob(latent)).numpy()


@KINDS
def test_with_a_mixture_the_kl_is_that_at_the_sampled_latent(kind):
    bottleneck = new(kind, prior=MixturePrior(4, seed=1))
    for options in ({"training": True}, {"epsilon": EPSILON}):
        latent = bottleneck(FEATURES, **options)
        recorded = array(bottleneck.penalty.take())
        np.testing.assert_allclose(
            recorded, estimated_kl(bottleneck, latent), rtol=1e-3, atol=1e-3
        )


@KINDS
def test_with_a_mixture_inference_estimates_the_kl_from_a_fixed_seed(kind):
    bottleneck = new(kind, prior=MixturePrior(4, seed=1))
    rows = np.repeat(FEATURES[:1], 20_000, 0)
    latent = bottleneck(rows)
    recorded = array(bottleneck.penalty.take())
    bottleneck(rows)
    np.testing.assert_array_equal(array(bottleneck.penalty.take()), recorded)
    posterior = bottleneck.posterior(rows)
    score, again = (array(bottleneck.score(rows)[1]) for _ in range(2))
    np.testing.assert_array_equal(score, again)
    at_noise = posterior.transform(bottleneck.score_noise)
    np.testing.assert_allclose(score, estimated_kl(bottleneck, at_noise, rows), atol=1e-3)
    np.testing.assert_array_equal(array(latent), array(posterior.mean))
    fresh = estimated_kl(bottleneck, posterior.sample(seed=5), rows)
    standard_error = fresh.std() * np.sqrt(2 / len(fresh))
    assert abs(recorded.mean() - fresh.mean()) < 5 * standard_error
    assert recorded.std() > 0.1  # at the mean, equal rows would have equal values


def test_a_dense_bottleneck_is_a_dense_layer():
    bottleneck = new(DenseBottleneck, activation="sigmoid")
    expected = 1 / (1 + np.exp(-dense(bottleneck.head)))
    np.testing.assert_allclose(array(bottleneck(FEATURES)), expected, rtol=1e-5)
    np.testing.assert_allclose(array(bottleneck.encode(FEATURES)), expected, rtol=1e-5)
    assert bottleneck.losses == []
    assert bottleneck.penalties == ()


def test_a_dense_bottleneck_adds_its_penalty():
    bottleneck = new(DenseBottleneck, penalty=L1Penalty(0.5))
    latent = array(bottleneck(FEATURES))
    (loss,) = bottleneck.losses
    assert float(loss) == pytest.approx(0.5 * np.abs(latent).sum(axis=1).mean(), rel=1e-5)
    assert bottleneck.penalties == (bottleneck.penalty,)
    np.testing.assert_allclose(
        array(bottleneck.penalty.take()), 0.5 * np.abs(latent).sum(axis=1), rtol=1e-5
    )


@pytest.mark.parametrize("kind", [NormalHead, FullNormalHead])
def test_a_seed_repeats_the_weights_and_differs_by_projection(kind):
    def weights(seed):
        head = kind(4, seed=seed)
        head.build((None, 8))
        return [array(weight) for weight in head.weights if weight.name == "kernel"]

    assert_equal(weights(3), weights(3))
    assert (weights(3)[0] != weights(3)[1]).all()
    assert (weights(3)[0] != weights(5)[0]).all()
