"""What doesn't fit gets one line, and who follows it can train."""

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import layers

RNG = np.random.default_rng(0)
SHAPE = (8, 8, 1)
IMAGES = RNG.random((20, *SHAPE))
PIXELS = {
    "8 bits": ((255 * IMAGES).astype("uint8"), "divide by 255", 255),
    "16 bits": ((65535 * IMAGES).astype("uint16"), "divide by 65535", 65535),
}
OTHERS = {
    "in [-1, 1]": 2 * IMAGES - 1,
    "sensors": RNG.normal(size=(20, *SHAPE)),
    "small": 3 * IMAGES,
    "24 bits": (1e6 * IMAGES).astype("int64"),
}


def make(shape=SHAPE, **options):
    model = keras_ae.create_model("vae", shape, 2, filters=(), units=(4,), seed=0, **options)
    model.compile("adam", run_eagerly=True)  # what is said comes before the first step
    return model


@pytest.fixture(scope="module")
def plain():
    """Return a model that refuses its data, so that tests may share it."""
    return make()


@pytest.fixture(scope="module")
def scaled():
    return make(preprocessor=keras.layers.Rescaling(-1 / 255))


@pytest.mark.parametrize("case", PIXELS)
def test_pixels_are_told_what_to_divide_by(case, plain):
    x, advice, top = PIXELS[case]
    with pytest.raises(ValueError, match=rf"`x` must lie in \[0, 1\].*{advice}$"):
        plain.fit(x, verbose=0)
    make(preprocessor=keras.layers.Rescaling(1 / top)).fit(x, verbose=0)


@pytest.mark.parametrize("case", OTHERS)
def test_what_is_no_pixel_is_told_of_another_likelihood(case, plain, scaled):
    x = OTHERS[case].astype("float32") if case != "24 bits" else OTHERS[case]
    advices = set()
    for model in (plain, scaled):
        with pytest.raises(ValueError, match="GaussianLikelihood") as caught:
            model.fit(x, verbose=0)
        assert "divide" not in str(caught.value)
        advices.add(str(caught.value).rpartition("likelihood=")[2])
    (advice,) = advices
    likelihood = eval(advice, {"keras_ae": keras_ae})
    history = make(likelihood=likelihood).fit(x, verbose=0).history
    assert np.isfinite(history["loss"]).all()


def test_windows_of_a_series_are_no_images(plain):
    model = make((12, 3))
    assert isinstance(model.likelihood, layers.GaussianLikelihood)
    model.fit(RNG.normal(size=(20, 12, 3)), verbose=0)
    assert isinstance(plain.likelihood, layers.BernoulliLikelihood)


def test_channels_first_data_are_told_to_move_them():
    with pytest.raises(ValueError, match=r"np\.moveaxis\(x, 1, -1\)") as caught:
        make((8, 8, 3)).fit(RNG.random((20, 3, 8, 8)), verbose=0)
    assert "Received: shape=(20, 3, 8, 8)" in str(caught.value)


def test_networks_are_channels_last_whatever_keras_is_set_to():
    x = RNG.random((5, 8, 8, 3))

    def answers():
        model = keras_ae.create_model("autoencoder", (8, 8, 3), 2, filters=(4, 5), seed=0)
        return model.reconstruct(x)

    expected = answers()
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    try:
        received = answers()
    finally:
        keras.config.set_image_data_format(before)
    np.testing.assert_allclose(received, expected, atol=1e-6)


class Two(keras.layers.Layer):
    """A layer that returns a list, as a hand-written encoder does."""

    def build(self, input_shape):
        self.dense = keras.layers.Dense(2)
        self.dense.build(input_shape)

    def call(self, x):
        return [self.dense(x), self.dense(x)]

    def compute_output_shape(self, input_shape):
        return [(input_shape[0], 2), (input_shape[0], 2)]


def parts():
    x, other = keras.Input((6,), name="a"), keras.Input((3,), name="b")
    dense = keras.layers.Dense
    both = keras.layers.Concatenate()([x, other])
    return {
        "list": (keras.Model(x, [dense(2)(x), dense(2)(x)]), "must return one.*2 outputs"),
        "dict": (keras.Model(x, {"mean": dense(2)(x), "b": dense(2)(x)}), "must return one"),
        "inputs": (keras.Model([x, other], dense(8)(both)), "must take one.*2 inputs"),
        "layer": (keras.Sequential([keras.Input((6,)), Two()]), "must return one.*2 outputs"),
        "named": (keras.Model({"a": x, "b": other}, dense(8)(both)), "must take one"),
    }


@pytest.mark.parametrize("case", ["list", "dict", "inputs", "layer", "named"])
def test_an_encoder_takes_one_tensor_and_returns_one(case):
    encoder, message = parts()[case]
    with pytest.raises(ValueError, match=rf"`encoder` {message}") as caught:
        keras_ae.VariationalAutoencoder(
            encoder, layers.NormalBottleneck(2), layers.dense_decoder((6,), latent_dim=2)
        )
    assert "\n" not in str(caught.value)


def test_a_layer_that_returns_two_is_found_when_the_model_is_built():
    model = keras_ae.VariationalAutoencoder(
        Two(), layers.NormalBottleneck(2), layers.dense_decoder((6,), latent_dim=2)
    )
    with pytest.raises(ValueError, match="`encoder` must return one tensor of features"):
        model(np.zeros((2, 6), "float32"))
