"""Pixels drawn anew for each batch: one draw for input and target, seeded, in compiled steps."""

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import layers
from keras_ae.datasets import binarize

RNG = np.random.default_rng(5)
X = RNG.random((40, 6)).astype("float32")


def make(name="vae", redraw=3, **options):
    if redraw is not None:
        options["redraw"] = layers.StochasticBinarization(seed=redraw)
    options.setdefault("likelihood", layers.BernoulliLikelihood())
    model = keras_ae.create_model(name, (6,), 2, units=(8,), seed=0, **options)
    model.compile("adam")
    return model


def test_frequencies_are_the_grey_levels():
    grey = np.tile(np.linspace(0, 1, 11, dtype="float32"), (20_000, 1))
    drawn = np.asarray(layers.StochasticBinarization(seed=0)(grey, training=True))
    assert set(np.unique(drawn)) == {0.0, 1.0}
    error = np.sqrt(grey[0] * (1 - grey[0]) / len(grey))
    assert (np.abs(drawn.mean(0) - grey[0]) <= 4 * error).all()
    assert abs(np.corrcoef(drawn[:, 4], drawn[:, 5])[0, 1]) < 0.03


def test_black_and_white_stay_what_they_are():
    layer, x = layers.StochasticBinarization(seed=0), binarize(X, seed=1)
    np.testing.assert_array_equal(layer(x, training=True), x)
    np.testing.assert_array_equal(layer(X, training=False), X)


class Spy(layers.BernoulliLikelihood):
    """Keep what the likelihood was asked about."""

    def log_prob(self, x, parameters):
        self.seen.append(np.asarray(x))
        return super().log_prob(x, parameters)


def spied(**options):
    """Return a model that runs eagerly, with what its encoder and its likelihood saw."""
    likelihood = Spy()
    model = make("autoencoder", likelihood=likelihood, **options)
    likelihood.seen, inputs = [], []
    encoder = model.encoder.call

    def call(x, *arguments, **named):
        inputs.append(np.asarray(x))
        return encoder(x, *arguments, **named)

    model.encoder.call = call
    model.compile("adam", run_eagerly=True)
    return model, inputs, likelihood.seen


def test_input_and_target_are_one_draw_and_each_batch_has_its_own():
    model, inputs, targets = spied()
    model.fit(X, batch_size=40, epochs=3, shuffle=False, verbose=0)
    assert len(inputs) == len(targets) == 3
    for seen, target in zip(inputs, targets, strict=True):
        np.testing.assert_array_equal(seen, target)
        assert set(np.unique(seen)) == {0.0, 1.0}
    assert not np.array_equal(inputs[0], inputs[1])
    assert not np.array_equal(inputs[1], inputs[2])


def test_evaluation_is_one_fixed_draw():
    model, inputs, targets = spied()
    first = model.evaluate(X, batch_size=40, verbose=0)
    model.fit(X, batch_size=40, verbose=0)
    model.evaluate(X, batch_size=40, verbose=0)
    np.testing.assert_array_equal(inputs[0], inputs[2])
    np.testing.assert_array_equal(inputs[0], targets[0])
    assert set(np.unique(inputs[0])) == {0.0, 1.0}
    again = make("autoencoder")
    assert again.evaluate(X, batch_size=40, verbose=0) == pytest.approx(first, rel=1e-5)
    drawn = inputs[0]
    assert again.evaluate(drawn, batch_size=7, verbose=0) == pytest.approx(first, rel=1e-5)


def test_a_preprocessor_comes_before_the_draw():
    pixels = RNG.integers(0, 256, (40, 6)).astype("uint8")
    model, inputs, targets = spied(preprocessor=keras.layers.Rescaling(1 / 255))
    model.fit(pixels, batch_size=40, verbose=0)
    assert set(np.unique(inputs[0])) == {0.0, 1.0}
    np.testing.assert_array_equal(inputs[0], targets[0])


@pytest.mark.slow
def test_the_other_methods_take_pixels_as_they_are():
    model, plain = make(), make(redraw=None)
    plain.set_weights(model.get_weights())
    for method in ("encode", "reconstruct", "anomaly_score", "log_likelihood", "predict"):
        np.testing.assert_array_equal(getattr(model, method)(X), getattr(plain, method)(X))
    assert model.evaluate(X, verbose=0) != plain.evaluate(X, verbose=0)
    fixed = binarize(X)
    assert model.evaluate(fixed, verbose=0) == model.evaluate(fixed, verbose=0)


@pytest.mark.slow
def test_one_seed_gives_the_same_training_again():
    runs = [make().fit(X, epochs=2, verbose=0, shuffle=False).history for _ in range(2)]
    assert runs[0] == runs[1]
    assert make(redraw=4).fit(X, epochs=2, verbose=0, shuffle=False).history != runs[0]


@pytest.mark.slow
def test_validation_draws_the_same_in_each_epoch():
    model = make("autoencoder")
    model.compile(keras.optimizers.SGD(0.0))
    history = model.fit(X, epochs=3, validation_data=(X,), verbose=0).history
    assert len(set(history["val_loss"])) == 1
    assert len(set(history["loss"])) == 3


def test_a_corruption_spoils_what_was_drawn():
    model = make("denoising", corruption=layers.MaskingNoise(1.0, seed=0))
    inputs = model._inputs(keras.ops.convert_to_tensor(X), training=True)
    target = np.asarray(model._target(X))
    assert not np.any(np.asarray(inputs))
    assert set(np.unique(target)) == {0.0, 1.0}


@pytest.mark.slow
def test_weights_of_examples_go_with_it():
    model = make("autoencoder")
    weight = (np.arange(40) < 20).astype("float32")
    history = model.fit(X, sample_weight=weight, verbose=0).history
    assert np.isfinite(history["nll"]).all()


@pytest.mark.slow
def test_draws_go_on_inside_a_compiled_loop_of_steps():
    """As `fit` runs them: training steps in one XLA program, each with a draw of its own."""
    tf = pytest.importorskip("tensorflow")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("a loop of TensorFlow")
    model = make("autoencoder")
    model.compile(keras.optimizers.SGD(0.0))

    @tf.function(jit_compile=True)
    def run(x, steps):
        def body(i, total):
            model.reset_metrics()
            return i + 1, total.write(i, model.train_step((x,))["nll"])

        start = (0, tf.TensorArray(tf.float32, 4, element_shape=()))
        return tf.while_loop(lambda i, _: i < steps, body, start)[1].stack()

    losses = run(tf.constant(X), tf.constant(4)).numpy()
    assert len(set(losses)) == 4
    fixed = make("autoencoder").evaluate(X, verbose=0, return_dict=True)["nll"]
    assert np.abs(losses - fixed).max() < 1.0


@pytest.mark.parametrize("data", [(X, X), (iter([(X, X)]),)])
def test_a_target_is_refused(data):
    with pytest.raises(ValueError, match="must come without a target: .*redraw="):
        make("autoencoder").fit(*data, verbose=0)


def test_pairs_of_ones_own_cant_be_drawn_anew():
    with pytest.raises(ValueError, match="`redraw` must be None with pairs.*corruption=None"):
        keras_ae.DenoisingAutoencoder(
            layers.dense_encoder((6,)),
            layers.DenseBottleneck(2),
            layers.dense_decoder((6,), 2),
            redraw=layers.StochasticBinarization(),
        )
