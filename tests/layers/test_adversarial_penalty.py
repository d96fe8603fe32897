"""Truths of a discriminator that learns in the autoencoder's own step."""

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import layers
from tests.contract.rows import array, assert_equal

RATE, SIZE = 0.1, 6
X = np.random.default_rng(0).normal(size=(12, SIZE)).astype("float32")
EAGER = keras.backend.backend() == "tensorflow"
both_losses = pytest.mark.parametrize("loss", ["hinge", "logistic"])


def linear(seed=1):
    """Return a discriminator whose gradients are known: a logit is x . v + c."""
    start = keras.initializers.GlorotUniform(seed)
    dense = keras.layers.Dense(1, kernel_initializer=start, bias_initializer="ones")
    return keras.Sequential([keras.Input((SIZE,)), dense])


def made(discriminator=None, rate=RATE, optimizer=None, **options):
    """Return a linear autoencoder, whose optimizer has this rate, and its adversarial penalty."""
    discriminator = linear() if discriminator is None else discriminator
    penalty = layers.AdversarialPenalty(discriminator, optimizer=optimizer, **options)
    model = keras_ae.Autoencoder(
        layers.dense_encoder((SIZE,), units=(), seed=0),
        layers.DenseBottleneck(2, penalty=penalty, seed=0),
        layers.dense_decoder((SIZE,), latent_dim=2, units=(), seed=0),
        layers.GaussianLikelihood(1.0),
    )
    model.compile(keras.optimizers.SGD(rate), run_eagerly=EAGER)
    return model, penalty


def sigmoid(value):
    return 1 / (1 + np.exp(-value))


def slopes(loss, logits, sign):
    """Return the derivative of the discriminator's loss, by the logits of data or the others."""
    if loss == "hinge":
        return np.where(1 - sign * logits > 0, -sign, 0.0)
    return -sign * sigmoid(-sign * logits)


@both_losses
@pytest.mark.parametrize("own_rate", [0.0, 0.5])
def test_the_decoder_s_gradient_is_the_one_by_hand(loss, own_rate):
    """Whether the discriminator learns or not: its weights are those from before the step."""
    model, penalty = made(optimizer=keras.optimizers.SGD(own_rate), loss=loss, weight=3.0)
    latent, decoded, before = model.encode(X), model.reconstruct(X), model.decoder.get_weights()
    v, c = penalty.discriminator.get_weights()
    slope = -np.ones((len(X), 1))
    if loss == "logistic":
        slope = -sigmoid(-(decoded @ v + c))
    by_output = (decoded - X + 3.0 * slope * v.T) / len(X)
    logs = model.train_on_batch(X, return_dict=True)
    after = model.decoder.get_weights()
    np.testing.assert_allclose(after[0], before[0] - RATE * latent.T @ by_output, rtol=1e-4)
    np.testing.assert_allclose(after[1], before[1] - RATE * by_output.sum(0), rtol=1e-4)
    moved = not np.array_equal(v, penalty.discriminator.get_weights()[0])
    assert moved == (own_rate > 0)
    assert logs["loss"] == pytest.approx(logs["nll"] + logs["adversarial"], rel=1e-5)


@both_losses
@pytest.mark.parametrize("weighted", [False, True])
def test_the_discriminator_s_step_is_that_of_its_optimizer(loss, weighted):
    """Keras' Adam, given the gradient by hand; weights of 0 and 1 equal dropping rows."""
    weight = np.arange(len(X)) % 3 > 0 if weighted else np.ones(len(X), bool)
    model, penalty = made(optimizer=keras.optimizers.Adam(0.05), loss=loss)
    kernel, bias = (keras.Variable(each) for each in penalty.discriminator.get_weights())
    adam = keras.optimizers.Adam(0.05)
    adam.build([kernel, bias])
    for _ in range(2):
        decoded, x = model.reconstruct(X)[weight], X[weight]
        v, c = array(kernel), array(bias)
        real, fake = (slopes(loss, each @ v + c, sign) for each, sign in ((x, 1), (decoded, -1)))
        gradient = (x.T @ real + decoded.T @ fake) / len(x), (real + fake).mean(0)
        adam.apply([keras.ops.convert_to_tensor(each, "float32") for each in gradient])
        logs = model.train_on_batch(
            X, sample_weight=weight.astype("float32") if weighted else None, return_dict=True
        )
        right = np.mean(np.append(x @ v + c > 0, decoded @ v + c < 0))
        assert logs["discriminator_accuracy"] == pytest.approx(right, rel=1e-5)
        model.reset_metrics()
    found = penalty.discriminator.get_weights()
    np.testing.assert_allclose(found[0], array(kernel), rtol=1e-4)
    np.testing.assert_allclose(found[1], array(bias), rtol=1e-4)
    assert_equal(penalty.optimizer.variables, adam.variables, rtol=1e-4, atol=1e-7)


def test_each_optimizer_moves_its_own():
    """Also where all layers were set to be trainable; and `evaluate` moves nothing at all."""
    for rate, own_rate in ((0.0, 0.5), (0.5, 0.0)):
        model, penalty = made(rate=rate, optimizer=keras.optimizers.SGD(own_rate))
        model.trainable = False
        model.trainable = True
        judge = {id(weight) for weight in penalty.discriminator.weights}
        assert judge.isdisjoint(id(weight) for weight in model.trainable_weights)
        before = model.get_weights()
        model.train_on_batch(X)
        for weight, old in zip(model.weights, before, strict=True):
            own = own_rate if id(weight) in judge else rate
            assert np.array_equal(array(weight), old) == (own == 0), weight.path
        state = [array(each) for each in model.variables]
        logs = model.evaluate(X, verbose=0, return_dict=True)
        assert logs["discriminator_loss"] > 0
        model.predict(X, verbose=0)
        assert_equal(model.variables, state)


def test_a_frozen_penalty_judges_and_does_not_learn():
    model, penalty = made()
    penalty.trainable = False
    before = penalty.discriminator.get_weights()
    model.train_on_batch(X)
    assert_equal(penalty.discriminator.get_weights(), before)


def test_the_term_waits_for_its_start():
    model, penalty = made(start_step=2)
    found = []
    for _ in range(4):
        found.append(float(model.train_on_batch(X, return_dict=True)["adversarial"]))
        model.reset_metrics()
    assert found[:2] == [0.0, 0.0]
    assert 0.0 not in found[2:]
    assert int(array(penalty.optimizer.iterations)) == 4  # it learns from the first


def test_a_map_of_logits_counts_as_its_mean():
    shape, start = (4, 4, 1), keras.initializers.GlorotUniform(0)
    x, y = np.random.default_rng(1).random((2, 5, *shape)).astype("float32")
    values = []
    for flat in (True, False):
        inputs = keras.Input(shape)
        logits = keras.layers.Conv2D(1, 3, kernel_initializer=start)(inputs)
        logits = keras.ops.mean(logits, axis=(1, 2)) if flat else logits
        penalty = layers.AdversarialPenalty(keras.Model(inputs, logits), weight=2.0)
        values.append(array(penalty.cost(x, y, None, False)))
        expected = -2 * array(penalty.discriminator(y)).reshape(5, -1).mean(1)
        np.testing.assert_allclose(values[-1], expected, rtol=1e-5)
    np.testing.assert_allclose(*values, rtol=1e-5)


@pytest.mark.slow
def test_the_best_logit_is_the_log_ratio_of_densities():
    """Goodfellow et al. 2014, proposition 1: D* = p / (p + q), whose logit is log p(x) / q(x)."""
    random = np.random.default_rng(0)
    x = random.standard_normal((4000, 1)).astype("float32")
    shift, scale = 0.7, 0.8  # of the reconstructions: q = N(shift, scale**2)
    inputs = keras.Input((1,))
    squares = keras.layers.Concatenate()([inputs, keras.ops.square(inputs)])
    discriminator = keras.Model(inputs, keras.layers.Dense(1)(squares))
    model = keras_ae.Autoencoder(
        keras.Sequential([keras.Input((1,)), keras.layers.Activation("linear")]),
        layers.DenseBottleneck(
            1,
            penalty=layers.AdversarialPenalty(
                discriminator, optimizer=keras.optimizers.Adam(0.1), loss="logistic"
            ),
        ),
        layers.dense_decoder((1,), latent_dim=1, units=()),
        layers.GaussianLikelihood(1.0),
    )
    for part, weights in ((model.bottleneck.head, (1, 0)), (model.decoder, (scale, shift))):
        part.set_weights([np.full((1, 1), weights[0]), np.full((1,), weights[1])])
    model.compile(keras.optimizers.SGD(0.0), jit_compile=not EAGER, steps_per_execution=50)
    model.fit(np.tile(x, (200, 1)), batch_size=len(x), shuffle=False, verbose=0)
    at = np.linspace(-1.5, 1.5, 7)[:, None]
    expected = -(at**2) / 2 + ((at - shift) / scale) ** 2 / 2 + np.log(scale)
    np.testing.assert_allclose(discriminator.predict(at, verbose=0), expected, atol=0.15)
