"""Sparse codes against sorting by NumPy, and closed forms."""

import keras
import numpy as np
import pytest

from keras_ae import layers
from tests.contract.rows import array

RANDOM = np.random.default_rng(0)
FEATURES = RANDOM.normal(size=(9, 8)).astype("float32")


def activations(bottleneck, features):
    """Return features @ kernel + bias."""
    kernel, bias = (array(weight) for weight in (bottleneck.dense.kernel, bottleneck.dense.bias))
    return features @ kernel + bias


def identity(bottleneck, units):
    """Make activations of features: a kernel that changes nothing."""
    bottleneck.build((None, units))
    bottleneck.dense.kernel.assign(np.eye(units))
    return bottleneck


@pytest.mark.parametrize("k", [1, 5, 16])
def test_top_k_keeps_the_k_largest(k):
    bottleneck = layers.TopKBottleneck(16, k, seed=0)
    bottleneck.build((None, 8))
    bottleneck.dense.bias.assign(np.full(16, 9.0))  # so that all are positive
    latent = array(bottleneck(FEATURES))
    assert (np.count_nonzero(latent, axis=1) == k).all()
    z = activations(bottleneck, FEATURES)
    expected = np.zeros_like(z)
    places = np.argsort(z, axis=1)[:, -k:]
    np.put_along_axis(expected, places, np.take_along_axis(z, places, axis=1), axis=1)
    np.testing.assert_allclose(latent, expected, rtol=1e-5)
    np.testing.assert_array_equal(array(bottleneck.encode(FEATURES)), latent)


def test_top_k_keeps_none_that_is_not_positive_and_never_more_than_k():
    bottleneck = identity(layers.TopKBottleneck(5, 2), 5)
    rows = [[3, 1, 2, 0, -1], [-5, -4, 1, -2, -3], [-1, -1, -1, 0, 0], [2, 1, 1, 1, 0]]
    latent = array(bottleneck(np.array(rows, "float32")))
    expected = [[3, 0, 2, 0, 0], [0, 0, 1, 0, 0], [0] * 5, [2, 0, 0, 0, 0]]  # a tie: left out
    np.testing.assert_array_equal(latent, expected)


def test_top_k_at_each_place_of_a_map():
    maps = RANDOM.normal(size=(2, 3, 4, 8)).astype("float32")
    bottleneck = layers.TopKBottleneck(16, 3, seed=0)
    latent = array(bottleneck(maps))
    alone = array(bottleneck.encode(maps.reshape(-1, 8)))
    np.testing.assert_allclose(latent.reshape(-1, 16), alone, rtol=1e-5)
    assert array(bottleneck.penalty.inactive_steps).shape == (16,)


def test_dead_units_are_those_that_training_did_not_see_active():
    penalty = layers.DeadUnitPenalty(weight=0.5, steps=2)
    bottleneck = identity(layers.TopKBottleneck(4, 1, penalty=penalty), 4)
    first, second = np.array([[4, 3, -2, 1]], "float32"), np.array([[1, 3, -2, 2]], "float32")
    seen = []
    for features, training in ((first, True), (second, False), (first, True), (second, True)):
        bottleneck(features, training=training)
        seen.append((array(penalty.take()).tolist(), array(penalty.inactive_steps).tolist()))
    # Judged before it is counted: dead units 1, 2 and 3 lack (2-3)+, 2+2 and 2-2 in the last call.
    assert seen == [
        ([0.0], [0, 1, 1, 1]),
        ([0.0], [0, 1, 1, 1]),
        ([0.0], [0, 2, 2, 2]),
        ([0.5 * 4.0], [1, 0, 3, 3]),
    ]


def test_a_dead_unit_of_a_plain_code_is_pulled_up_to_zero():
    penalty = layers.DeadUnitPenalty(weight=1.0, steps=1)
    penalty.build((None, 2))
    penalty.inactive_steps.assign([0.0, 1.0])
    penalty(np.array([[-3.0, -2.0], [1.0, 1.0]], "float32"))
    np.testing.assert_array_equal(array(penalty.take()), [2.0, 0.0])


def test_a_training_batch_keeps_its_k_times_batch_largest():
    bottleneck = layers.BatchTopKBottleneck(16, 3, seed=0)
    latent = array(bottleneck(FEATURES, training=True))
    z = activations(bottleneck, FEATURES)
    smallest = np.sort(z, axis=None)[-3 * 9]
    np.testing.assert_allclose(latent, np.where(z >= smallest, z, 0), rtol=1e-5)
    assert len(set(np.count_nonzero(latent, axis=1))) > 1  # not each example as many
    assert float(array(bottleneck.running_threshold)) == pytest.approx(smallest, rel=1e-5)


def test_the_running_threshold_is_the_mean_of_what_batches_kept_least():
    bottleneck = identity(layers.BatchTopKBottleneck(3, 1, momentum=0.75), 3)
    first, second = np.array([[3, 2, 1], [5, 4, -1]]), np.array([[1, -1, -2], [-3, -4, -5]])
    everything = array(bottleneck.encode(first.astype("float32")))
    np.testing.assert_array_equal(everything, np.maximum(first, 0))  # nothing is known yet
    thresholds = []
    for features in (first, second, first):
        bottleneck(features.astype("float32"), training=True)
        bottleneck(10 * features.astype("float32"), training=False)
        thresholds.append(float(array(bottleneck.running_threshold)))
    assert thresholds == [4.0, 3.0, 3.25]  # 4; 0.75 * 4, as one unit is positive; 2.25 + 1
    latent = array(bottleneck.encode(first.astype("float32")))
    np.testing.assert_array_equal(latent, np.where(first > 3.25, first, 0))


def test_a_batch_may_keep_all():
    bottleneck = identity(layers.BatchTopKBottleneck(2, 2), 2)
    latent = bottleneck(np.array([[1, -2], [3, 4]], "float32"), training=True)
    np.testing.assert_array_equal(array(latent), [[1, 0], [3, 4]])
    assert float(array(bottleneck.running_threshold)) == 0.0


def gradient_of(function, variable, at):
    """Return a number's gradient by a variable, on either backend."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        variable.assign(at)
        with tf.GradientTape() as tape:
            value = function()
        return array(tape.gradient(value, variable.value))
    import jax

    def stateless(value):
        with keras.StatelessScope([(variable, value)]):
            return function()

    return array(jax.grad(stateless)(keras.ops.convert_to_tensor(at)))


def test_the_gradients_of_jump_relu_are_the_closed_forms():
    """-t/e K((z - t)/e) * upstream of the latent, -1/e K(...) of the number of active units."""
    bandwidth, weight = 0.5, 0.3
    bottleneck = layers.JumpReLUBottleneck(
        16, bandwidth=bandwidth, penalty=layers.L0Penalty(weight, bandwidth), seed=0
    )
    bottleneck.build((None, 8))
    z = activations(bottleneck, FEATURES)
    threshold = np.linspace(0.1, 1.2, 16).astype("float32")
    kernel = (np.abs((z - threshold) / bandwidth) < 0.5) / bandwidth
    assert 0 < np.count_nonzero(kernel) < kernel.size
    upstream = RANDOM.normal(size=z.shape).astype("float32")

    def latent():
        return keras.ops.sum(upstream * bottleneck(FEATURES))

    def number():
        bottleneck(FEATURES)
        penalty = bottleneck.penalty
        return penalty.total(penalty.take())

    by_log_threshold = [
        gradient_of(function, bottleneck.log_threshold, np.log(threshold))
        for function in (latent, number)
    ]
    by_threshold = [each / threshold for each in by_log_threshold]  # the chain rule of exp
    expected = (-threshold * kernel * upstream).sum(axis=0)
    np.testing.assert_allclose(by_threshold[0], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(by_threshold[1], -weight * kernel.mean(0), rtol=1e-4, atol=1e-6)


def test_jump_relu_jumps_at_its_thresholds():
    penalty = layers.L0Penalty(weight=2.0)
    bottleneck = identity(layers.JumpReLUBottleneck(3, penalty=penalty), 3)
    bottleneck.log_threshold.assign(np.log([0.5, 1.0, 2.0]))
    rows = np.array([[0.6, 0.9, 2.5], [0.4, 1.1, 1.9], [-3, 0, 0]], "float32")
    expected = [[0.6, 0, 2.5], [0, 1.1, 0], [0, 0, 0]]
    for latent in (bottleneck(rows), bottleneck(rows, training=True), bottleneck.encode(rows)):
        np.testing.assert_allclose(array(latent), expected, rtol=1e-6)
    assert array(penalty.total(penalty.take())) == pytest.approx(2.0 * (2 + 1 + 0) / 3)
