"""Tied weights: one variable, used twice, also after saving and loading."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_ae._config import Configured
from keras_ae.layers import TransposedDense
from tests.contract.rows import array

X = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")


@keras.saving.register_keras_serializable(package="tests")
class Tied(Configured, keras.Model):
    """A linear autoencoder that ties its decoder in its constructor."""

    def __init__(self, units=2, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.encoder = keras.layers.Dense(units, name="encoder")
        self.decoder = TransposedDense(5, name="decoder")
        self.decoder.tie(self.encoder)
        self.build((None, 5))

    def build(self, input_shape):
        for layer, size in ((self.encoder, input_shape[-1]), (self.decoder, self.units)):
            if not layer.built:
                layer.build((None, size))

    def call(self, x):
        return self.decoder(self.encoder(x))


def tied(units=2):
    encoder = keras.layers.Dense(units)
    encoder.build((None, 5))
    decoder = TransposedDense(5)
    decoder.tie(encoder)
    return encoder, decoder


def test_the_output_is_that_of_the_transposed_kernel():
    encoder, _ = tied()
    decoder = TransposedDense(5, activation="tanh")
    decoder.tie(encoder)
    code = array(encoder(X))
    decoder.build(code.shape)
    bias = np.arange(5, dtype="float32") / 10
    decoder.bias.assign(bias)
    expected = np.tanh(code @ array(encoder.kernel).T + bias)
    np.testing.assert_allclose(array(decoder(code)), expected, rtol=1e-4, atol=1e-6)
    assert decoder.compute_output_shape((None, 2)) == (None, 5)


def test_there_is_one_kernel():
    model = Tied()
    shapes = sorted(tuple(weight.shape) for weight in model.trainable_variables)
    assert shapes == [(2,), (5,), (5, 2)]
    assert len({id(weight) for weight in model.trainable_variables}) == 3
    assert [weight.name for weight in model.decoder.weights] == ["bias"]
    assert model.decoder.tied_to is model.encoder


def test_an_assigned_kernel_changes_both_uses():
    encoder, decoder = tied()
    kernel = np.random.default_rng(1).normal(size=(5, 2)).astype("float32")
    encoder.kernel.assign(kernel)
    np.testing.assert_allclose(array(encoder(X)), X @ kernel, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(array(decoder(X[:, :2])), X[:, :2] @ kernel.T, rtol=1e-4, atol=1e-5)


def test_a_step_adds_the_gradients_of_both_uses():
    # L = sum((x K K' - x)**2) / size, whose gradient has one term for each K.
    model = Tied()
    kernel = array(model.encoder.kernel).astype("float64")
    error = X @ kernel @ kernel.T - X
    of_decoder = error.T @ (X @ kernel)
    of_encoder = X.T @ (error @ kernel)
    expected = kernel - 0.1 * 2 / X.size * (of_encoder + of_decoder)
    model.compile(keras.optimizers.SGD(0.1), loss="mse")
    model.fit(X, X, batch_size=len(X), verbose=0)
    np.testing.assert_allclose(array(model.encoder.kernel), expected, rtol=1e-4, atol=1e-6)
    assert np.abs(of_decoder).max() > 10 * np.abs(expected - array(model.encoder.kernel)).max()


def test_a_loaded_model_is_still_tied(tmp_path):
    model = Tied()
    model.compile("sgd", loss="mse")
    model.fit(X, X, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(loaded, Tied)
    np.testing.assert_array_equal(array(loaded(X)), array(model(X)))
    assert len(loaded.trainable_variables) == 3
    loaded.encoder.kernel.assign(0 * loaded.encoder.kernel)
    np.testing.assert_array_equal(array(loaded(X)), array(loaded.decoder.bias)[None].repeat(6, 0))


def test_a_layer_that_is_not_tied_says_so():
    with pytest.raises(ValueError, match=r"lonely must be tied to a Dense layer.*call tie"):
        TransposedDense(5, name="lonely")(X)


def test_the_units_are_the_inputs_of_the_tied_layer():
    encoder, _ = tied()
    decoder = TransposedDense(1, name="narrow")  # a bias of one would be added to every output
    decoder.tie(encoder)
    with pytest.raises(
        ValueError, match=r"`units` must be .* narrow is tied: 5. Received: units=1"
    ):
        decoder(X[:, :2])


@pytest.mark.parametrize("other", [None, "encoder", keras.layers.Flatten()])
def test_only_a_dense_layer_can_be_tied(other):
    with pytest.raises(TypeError, match=r"`dense` must be a keras.layers.Dense. Received: dense="):
        TransposedDense(5).tie(other)


def test_a_half_precision_layer_uses_the_float32_kernel():
    encoder = keras.layers.Dense(2, dtype="mixed_bfloat16")
    decoder = TransposedDense(5, dtype="mixed_bfloat16")
    decoder.tie(encoder)
    output = decoder(encoder(X))
    assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"
    assert keras.backend.standardize_dtype(decoder.tied_to.kernel.dtype) == "float32"
    expected = X @ array(encoder.kernel) @ array(encoder.kernel).T
    np.testing.assert_allclose(array(ops.cast(output, "float32")), expected, atol=0.1)
