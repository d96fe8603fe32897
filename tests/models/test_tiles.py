"""Decoding by tiles: equal to the whole decode, for any size; refused where it can't be."""

import itertools

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import layers
from keras_ae.models import _tiles

LATENT_DIM = 2
FREE = (None, None, 1)


def model(**options):
    network = {"filters": (4,), "network_options": {"normalization": "layer"}, **options}
    return keras_ae.create_model("spatial_vae", FREE, LATENT_DIM, network="resnet", **network)


def latent(*sizes, examples=1):
    shape = (examples, *sizes, LATENT_DIM)
    return np.random.default_rng(sum(sizes)).normal(size=shape).astype("float32")


@pytest.fixture(scope="module")
def small():
    return model(seed=1)


@pytest.fixture(scope="module")
def odd():
    """A decoder whose layers look further to one side than to the other."""
    decoder = keras.Sequential(
        [
            keras.Input((None, None, LATENT_DIM)),
            keras.layers.Conv2D(4, (4, 2), padding="same", activation="tanh"),
            keras.layers.Conv2DTranspose(4, 3, 2, padding="same", activation="relu"),
            keras.layers.Conv2DTranspose(3, (2, 5), (1, 3), padding="same"),
            keras.layers.UpSampling2D((3, 1), interpolation="bilinear"),
            keras.layers.Conv2D(1, 2, padding="same", dilation_rate=2),
        ]
    )
    encoder = keras.Sequential([keras.Input(FREE), keras.layers.Conv2D(2, 6, strides=6)])
    bottleneck = layers.DenseBottleneck(LATENT_DIM)
    return keras_ae.Autoencoder(encoder, bottleneck, decoder, layers.GaussianLikelihood(1.0))


@pytest.mark.slow
def test_the_whole_and_its_tiles_agree_at_any_size(small, odd):
    """The promise, over sizes smaller and larger than a tile that mostly don't divide by it."""
    for autoencoder, tiles in ((small, (11, 17)), (odd, (9, 12))):
        for (height, width), tile in itertools.product([(1, 1), (18, 35), (34, 5)], tiles):
            codes = latent(height, width, examples=2)
            whole = autoencoder.decode(codes)
            tiled = autoencoder.decode(codes, tile=tile, batch_size=3)
            assert tiled.dtype == whole.dtype
            np.testing.assert_allclose(tiled, whole, atol=1e-5, err_msg=f"{codes.shape}, {tile}")


def test_zeros_beyond_the_edge_are_the_edge_s_alone(small):
    """A decoder that padded every tile would show its seams: the same test can fail."""
    codes = latent(30, 30)
    whole = small.decode(codes)
    halves = np.concatenate([small.decode(codes[:, :15]), small.decode(codes[:, 15:])], axis=1)
    assert np.abs(halves - whole).max() > 1e-3


@pytest.mark.parametrize("size", [1, 5, 7, 8, 13, 50])
@pytest.mark.parametrize("low", [0, 1, 2])
def test_pieces_keep_each_place_once_and_away_from_their_ends(size, low):
    reach, tile = _tiles.Reach(2, 2 * low, 2), 7
    pieces = _tiles._pieces(size, reach, tile)
    kept = [place for piece in pieces for place in range(piece.first, piece.last)]
    assert kept == list(range(size))
    for piece in pieces:
        end = piece.start + min(tile, size)
        assert piece.start >= 0
        assert end <= size
        assert piece.start == 0 or piece.first - piece.start >= low
        assert end == size or end - piece.last >= 1


def test_tiles_are_compiled_in_few_shapes(small):
    """Tiles of one size, whatever the map's: nothing is traced anew for another map."""
    traced = []
    decoder = small.decoder.call

    def counting(*args, **kwargs):
        traced.append(1)
        return decoder(*args, **kwargs)

    autoencoder = model(seed=2)
    autoencoder.decode(latent(20, 20), tile=14, batch_size=2)
    decoder = autoencoder.decoder.call
    autoencoder.decoder.call = counting
    for size in (21, 26, 33):
        autoencoder.decode(latent(size, size + 3), tile=14, batch_size=2)
    assert len(traced) <= 1


def test_a_preprocessor_is_inverted():
    autoencoder = model(preprocessor=keras.layers.Rescaling(1 / 255))
    codes = latent(20, 15)
    tiled = autoencoder.decode(codes, tile=14)
    assert tiled.max() > 1
    np.testing.assert_allclose(tiled, autoencoder.decode(codes), rtol=1e-5)


class Flipping(keras.layers.Layer):
    def call(self, x):
        return keras.ops.flip(x, 1)

    inverse = call


@pytest.mark.parametrize(
    ("options", "tile", "words"),
    [
        ({"network_options": {}}, 14, "group_normalization.*, GroupNormalization, which may look"),
        ({"network_options": {"normalization": None, "attention": True}}, 14, "Reshape, which"),
        ({"preprocessor": Flipping()}, 14, "Flipping, which may look at the whole map"),
        ({}, 10, "`tile` must be >= 11: that far the decoder looks. Received: tile=10"),
        ({}, 0, "`tile` must be an integer >= 1. Received: tile=0"),
        ({}, 14.0, "`tile` must be an integer >= 1. Received: tile=14.0"),
    ],
)
def test_what_cannot_be_decoded_by_tiles_is_refused_in_one_line(options, tile, words):
    with pytest.raises((TypeError, ValueError), match=words) as caught:
        model(**options).decode(latent(20, 20), tile=tile)
    assert "\n" not in str(caught.value)


def test_a_model_of_one_size_is_refused():
    fixed = keras_ae.create_model("spatial_vae", (8, 8, 1), LATENT_DIM, filters=(4,))
    with pytest.raises(ValueError, match=r"images of any size.*Received: tile=2, a model of \(8"):
        fixed.decode(latent(4, 4), tile=2)
