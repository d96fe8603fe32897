"""Network builders: any size, documented shapes and cropping, reproducible distinct weights."""

import itertools

import keras
import numpy as np
import pytest

from keras_ae.layers.networks import conv_decoder, conv_encoder, dense_decoder, dense_encoder

IMAGES = [(28, 28, 1), (29, 31, 3), (1, 1, 1), (7, 5, 2)]
BUILDERS = {
    "dense_encoder": lambda shape, **kwargs: dense_encoder(shape, units=(6, 6), **kwargs),
    "dense_decoder": lambda shape, **kwargs: dense_decoder(shape, 4, units=(6, 6), **kwargs),
    "conv_encoder": lambda shape, **kwargs: conv_encoder(
        shape, filters=(4, 4, 4), units=(4, 4), **kwargs
    ),
    "conv_decoder": lambda shape, **kwargs: conv_decoder(
        shape, 4, filters=(4, 4, 4), units=(4, 4), **kwargs
    ),
}


@pytest.fixture(params=BUILDERS.values(), ids=BUILDERS)
def build(request):
    return request.param


def kernels(network):
    return [weight for weight in network.get_weights() if weight.ndim > 1]


def draw(network, batch=3):
    shape = (batch, *network.input_shape[1:])
    return np.random.default_rng(0).uniform(size=shape).astype("float32")


@pytest.mark.parametrize("shape", [*IMAGES, (12,), (3, 4)])
def test_dense_shapes(shape):
    encoder = dense_encoder(shape, units=(9, 8))
    assert tuple(encoder(draw(encoder)).shape) == (3, 8)
    decoder = dense_decoder(shape, latent_dim=5, units=(8, 9), parameters_per_output=2)
    assert tuple(decoder(draw(decoder)).shape) == (3, *shape[:-1], 2 * shape[-1])


def test_dense_without_hidden_layers_is_linear():
    encoder = dense_encoder((4,), units=())
    np.testing.assert_array_equal(encoder(draw(encoder)), draw(encoder))
    decoder = dense_decoder((2, 3), latent_dim=4, units=())
    kernel, bias = decoder.get_weights()
    expected = (draw(decoder) @ kernel + bias).reshape(3, 2, 3)
    np.testing.assert_allclose(decoder(draw(decoder)), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "kernel_size"),
    [*((shape, 3) for shape in IMAGES), *(((7, 5, 2), k) for k in (1, 2, 4))],
)
def test_conv_shapes(shape, kernel_size):
    height, width, channels = shape
    encoder = conv_encoder(shape, filters=(3, 5), kernel_size=kernel_size)
    size = -(-height // 4) * -(-width // 4) * 5
    assert tuple(encoder(draw(encoder)).shape) == (3, size)
    decoder = conv_decoder(
        shape, latent_dim=6, filters=(5, 3), kernel_size=kernel_size, parameters_per_output=2
    )
    assert tuple(decoder(draw(decoder)).shape) == (3, height, width, 2 * channels)


def test_the_documented_cropping():
    decoder = conv_decoder((29, 31, 3), latent_dim=4, filters=(4, 4), seed=0)
    cropping = decoder.layers[-1]
    assert cropping.cropping == ((0, 3), (0, 1))
    whole = keras.Sequential(decoder.layers[:-1])(draw(decoder))
    assert tuple(whole.shape) == (3, 32, 32, 3)
    np.testing.assert_array_equal(decoder(draw(decoder)), whole[:, :29, :31])


@pytest.mark.parametrize("shape", [(28, 28, 1), (8, 4, 2)])
def test_no_cropping_where_the_size_divides(shape):
    layers = conv_decoder(shape, latent_dim=4, filters=(4, 4)).layers
    assert not any(isinstance(layer, keras.layers.Cropping2D) for layer in layers)


def test_decoders_end_linear():
    for decoder in (dense_decoder((2, 2, 1), 3, seed=0), conv_decoder((2, 2, 1), 3, seed=0)):
        output = np.asarray(decoder(10 * draw(decoder, batch=20) - 5))
        assert output.min() < 0 < output.max()


def test_a_seed_makes_the_weights_reproducible(build):
    keras.utils.set_random_seed(0)
    one, two, other, free = (build((7, 5, 2), seed=seed) for seed in (3, 3, 4, None))
    for first, second in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)
    for network in (other, free):
        for first, second in zip(kernels(one), kernels(network), strict=True):
            assert not np.array_equal(first, second)


@pytest.mark.parametrize("seed", [None, 0, 1, 2**31 - 1])
def test_layers_of_one_shape_have_distinct_weights(build, seed):
    for one, two in itertools.combinations(kernels(build((7, 5, 2), seed=seed)), 2):
        assert one.shape != two.shape or not np.array_equal(one, two)


@pytest.mark.parametrize("offset", [0, 1])
def test_encoder_and_decoder_of_near_seeds_have_distinct_weights(offset):
    encoder = dense_encoder((4,), units=(4, 4, 4), seed=0)
    decoder = dense_decoder((4,), latent_dim=4, units=(4, 4), seed=offset)
    for one, two in itertools.product(kernels(encoder), kernels(decoder)):
        assert one.shape == two.shape
        assert not np.array_equal(one, two)


def test_initial_weights_are_glorot_uniform():
    (kernel,) = kernels(dense_encoder((300,), units=(200,), seed=0))
    limit = np.sqrt(6 / 500)
    assert np.abs(kernel).max() == pytest.approx(limit, rel=1e-3)
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)


@pytest.mark.parametrize("shape", [pytest.param(IMAGES[0], marks=pytest.mark.slow), *IMAGES[1:]])
def test_gradients_reach_every_weight(build, shape):
    network = build(shape, activation="tanh", seed=0)
    x = draw(network, batch=8)
    target = np.random.default_rng(1).normal(size=network(x).shape).astype("float32")
    before = network.get_weights()
    network.compile(keras.optimizers.SGD(0.1), loss="mse", run_eagerly=True)
    network.fit(x, target, epochs=1, batch_size=8, verbose=0)
    for weight, new, old in zip(network.weights, network.get_weights(), before, strict=True):
        assert not np.array_equal(new, old), weight.path


def test_dtype_is_given_to_every_layer(build):
    network = build((7, 5, 2), dtype="mixed_bfloat16")
    assert {layer.compute_dtype for layer in network.layers} == {"bfloat16"}
    assert {weight.dtype for weight in network.weights} == {"float32"}
