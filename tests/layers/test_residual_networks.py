"""Residual networks of images: any size, local where they say so, attention by its formula."""

import keras
import numpy as np
import pytest
import scipy.special

from keras_ae.layers import resnet_decoder, resnet_encoder
from keras_ae.layers.networks._residual_parts import ResidualParts
from tests.contract.rows import array, assert_equal

SMALL = {"filters": (8, 4), "seed": 0}


def draw(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


@pytest.mark.parametrize(
    ("shape", "filters"),
    [
        ((8, 8, 1), (4,)),
        ((9, 11, 3), (4, 8)),
        pytest.param((8, 13, 2), (4, 4, 4), marks=pytest.mark.slow),
        ((2, 5, 1), (4,)),
    ],
)
def test_any_size(shape, filters):
    height, width, channels = shape
    stride = 2 ** len(filters)
    start = (-(-height // stride), -(-width // stride))
    encoder = resnet_encoder(shape, filters)
    assert encoder.output_shape == (None, start[0] * start[1] * filters[-1])
    encoder = resnet_encoder(shape, filters, spatial=True)
    assert tuple(encoder(draw(2, *shape)).shape) == (2, *start, filters[-1])
    decoder = resnet_decoder(shape, 3, filters[::-1], parameters_per_output=2, spatial=True)
    assert decoder.input_shape == (None, *start, 3)
    assert tuple(decoder(draw(2, *start, 3)).shape) == (2, height, width, 2 * channels)
    decoder = resnet_decoder(shape, 3, filters[::-1], units=(5,))
    assert tuple(decoder(draw(2, 3)).shape) == (2, *shape)


@pytest.mark.parametrize("attention", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_network_of_any_size_computes_what_one_of_that_size_does(attention):
    """Weights trained on small images serve large ones: there are as many, in one order."""
    options = {**SMALL, "attention": attention, "spatial": True}
    for build, any_size, fixed, x in (
        (resnet_encoder, ((None, None, 2),), ((12, 8, 2),), draw(2, 12, 8, 2)),
        (resnet_decoder, ((None, None, 2), 3), ((12, 8, 2), 3), draw(2, 3, 2, 3)),
    ):
        free, of_size = build(*any_size, **options), build(*fixed, **options)
        free.set_weights(of_size.get_weights())
        np.testing.assert_allclose(array(free(x)), array(of_size(x)), atol=1e-6)


def reach(network, x, place):
    """Return how far from a place the output changes when the input does there, in rows."""
    changed = x.copy()
    changed[0, place, x.shape[2] // 2] += 10.0
    moved = np.abs(array(network(changed)) - array(network(x))).max(axis=(0, 2, 3)) > 1e-6
    return np.flatnonzero(moved)


@pytest.mark.parametrize("normalization", ["layer", None])
def test_local_normalization_leaves_a_decoder_local(normalization):
    decoder = resnet_decoder((None, None, 1), 2, (4,), normalization=normalization, spatial=True)
    x = draw(1, 24, 24, 2)
    rows = reach(decoder, x, 12)
    # Three convolutions of reach 1 on the map, doubled, then four on the pixels.
    assert (rows.min(), rows.max()) == (2 * (12 - 3) - 4, 2 * (12 + 3) + 1 + 4)


@pytest.mark.parametrize("options", [{}, {"normalization": None, "attention": True}])
def test_group_normalization_and_attention_see_the_whole_image(options):
    decoder = resnet_decoder((None, None, 1), 2, (4,), spatial=True, **options)
    assert len(reach(decoder, draw(1, 24, 24, 2), 12)) == 48


def test_attention_is_its_formula():
    seeds = (keras.initializers.RandomNormal(stddev=1.0, seed=seed) for seed in range(4))
    parts = ResidualParts(3, None, None, seeds, None)
    x = keras.Input((3, 5, 4))
    model = keras.Model(x, parts.attention(x))
    layers = [layer for layer in model.layers if layer.weights]
    layers.sort(key=lambda layer: layer.kernel_initializer.seed)
    query, key, value, project = (layer.get_weights() for layer in layers)
    data = draw(2, 3, 5, 4)
    flat = data.reshape(2, 15, 4)
    q, k, v = (flat @ kernel[0, 0] + sum(bias) for kernel, *bias in (query, key, value))
    shares = scipy.special.softmax(q @ k.transpose(0, 2, 1) / 2.0, axis=-1)
    expected = flat + (shares @ v) @ project[0][0, 0] + project[1]
    np.testing.assert_allclose(array(model(data)), expected.reshape(data.shape), atol=1e-4)


def test_seeds():
    one, again, other = (resnet_decoder((8, 8, 1), 2, (4,), seed=seed) for seed in (1, 1, 2))
    assert_equal(one.get_weights(), again.get_weights())
    kernels = [w for w in (*one.get_weights(), *other.get_weights()) if w.ndim > 1]
    assert len({w.tobytes() for w in kernels}) == len(kernels)


def test_groups_are_equal_and_of_at_least_four_channels():
    for channels, groups in ((1, 1), (6, 1), (8, 2), (12, 3), (64, 16), (512, 32)):
        network = resnet_encoder((4, 4, 1), (channels,), spatial=True)
        norms = [x for x in network.layers if isinstance(x, keras.layers.GroupNormalization)]
        assert {norm.groups for norm in norms} == {groups}, channels
