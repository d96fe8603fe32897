import io
import zlib

import keras
import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from keras_ae.evaluation import mean_squared_error, rate_distortion
from keras_ae.evaluation._codecs import at_size
from keras_ae.evaluation.rate_distortion import token_bytes
from keras_ae.layers import DenseBottleneck, GaussianLikelihood
from keras_ae.models import Autoencoder, create_model


@pytest.fixture(scope="module")
def photograph():
    """Return 128 tiles of 32 x 32 pixels, in colour."""
    whole = load_sample_image("china.jpg")[:256, :512] / 255.0
    tiles = whole.reshape(8, 32, 16, 32, 3).swapaxes(1, 2).reshape(-1, 32, 32, 3)
    return tiles.astype("float32")


def linear(x, latent_dim):
    """Return an autoencoder that is PCA, so that its error is known."""
    flat = x.reshape(len(x), -1)
    mean = flat.mean(0)
    axes = np.linalg.svd(flat - mean, full_matrices=False)[2][:latent_dim]
    size, shape = flat.shape[1], x.shape[1:]
    encoder = keras.Sequential([keras.Input(shape), keras.layers.Flatten()])
    decoder = keras.Sequential(
        [keras.Input((latent_dim,)), keras.layers.Dense(size), keras.layers.Reshape(shape)]
    )
    model = Autoencoder(encoder, DenseBottleneck(latent_dim), decoder, GaussianLikelihood())
    model.bottleneck.set_weights([axes.T, -mean @ axes.T])
    decoder.set_weights([axes, mean])
    return model, (flat - mean) @ axes.T, axes


def test_the_rate_and_the_loss_are_those_of_pca(photograph):
    x = photograph[::2]
    model, latent, axes = linear(x, 12)
    found = rate_distortion(model, x)
    low, high = latent.min(0), latent.max(0)
    levels = np.round((latent - low) / (high - low) * 255)
    ranges = 12 * 8 / len(x)
    assert found.raw_bytes == 12 + ranges
    coded = len(zlib.compress(levels.T.astype("uint8").tobytes(), 9)) / len(x)
    # Levels next to a border may round either way in float32.
    assert found.coded_bytes == pytest.approx(coded + ranges, rel=0.01)
    exact = x.reshape(len(x), -1).mean(0) + latent @ axes
    error = mean_squared_error(x, exact.reshape(x.shape))
    assert found.unquantized_psnr == pytest.approx((-10 * np.log10(error)).mean(), abs=1e-3)
    # Uniform noise of step**2 / 12 a dimension comes on top, as the axes are orthonormal.
    noise = np.square((high - low) / 255).sum() / 12 / axes.shape[1]
    expected = (-10 * np.log10(error + noise)).mean()
    assert found.psnr == pytest.approx(expected, abs=0.01)
    assert found.psnr < found.unquantized_psnr


def test_a_constant_dimension_costs_no_error(photograph):
    few = photograph[::4]
    model, _, _ = linear(few, 3)
    kernel, bias = model.bottleneck.get_weights()
    kernel[:, 1] = 0.0
    model.bottleneck.set_weights([kernel, bias])
    found = rate_distortion(model, few)
    assert np.isfinite([found.coded_bytes, found.psnr]).all()
    assert found.coded_bytes < found.raw_bytes


@pytest.mark.parametrize(("codes", "width"), [(2, 1), (200, 1), (1000, 2), (70_000, 3)])
def test_tokens_cost_their_bits_or_less(codes, width):
    """Between the entropy of what they are and integers of equal length."""
    random = np.random.default_rng(0)
    shape = (500, 4, 4)
    raw, coded = token_bytes(random.integers(0, codes, shape).astype("int32"), codes)
    assert raw == pytest.approx(16 * np.log2(codes) / 8)
    assert coded <= raw
    assert coded > 0.99 * raw  # what is drawn evenly can't be coded shorter
    share = 0.9
    rare = random.integers(0, codes, shape) * (random.random(shape) > share)
    _, coded = token_bytes(rare.astype("int32"), codes)
    shares = np.full(codes, (1 - share) / codes)
    shares[0] += share
    entropy = 16 / 8 * -np.sum(shares * np.log2(shares))
    assert 0.95 * entropy < coded < min(raw, 2.0 * width * entropy)


@pytest.mark.parametrize("name", ["vq_vae", "gumbel_vae"])
def test_a_model_of_tokens_loses_nothing_of_them(photograph, name):
    few = photograph[::4]
    size = {"vq_vae": {"codes": 12}, "gumbel_vae": {"categories": 12}}[name]
    model = create_model(name, (32, 32, 3), latent_dim=2, filters=(4, 4), seed=0, **size)
    indices = model.functions()["indices"](few)["indices"]
    found = rate_distortion(model, few)
    assert found.raw_bytes == np.prod(indices.shape[1:]) * np.log2(12) / 8
    assert found.psnr == pytest.approx(found.unquantized_psnr, abs=1e-4)
    errors = mean_squared_error(few, model.reconstruct(few))
    assert found.psnr == pytest.approx((-10 * np.log10(errors)).mean(), abs=1e-3)


@pytest.mark.parametrize("codec", ["JPEG", "WEBP"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_codec_takes_the_best_quality_that_fits(photograph, codec, channels):
    x = photograph[..., :channels]
    point = at_size(codec, x, 80.0)
    assert point.reached
    assert point.bytes_per_image <= 80.0
    larger = at_size(codec, x, 160.0)
    assert larger.quality > point.quality
    assert larger.psnr > point.psnr
    least = at_size(codec, x, 1.0)
    assert not least.reached
    assert least.quality <= 1
    assert 1.0 < least.bytes_per_image < point.bytes_per_image


def test_one_image_is_what_pillow_makes_of_it(photograph):
    x = photograph[40:41]
    point = at_size("JPEG", x, 800.0)
    file = io.BytesIO()
    pixels = np.round(x[0] * 255).astype("uint8")
    Image.fromarray(pixels).save(file, "JPEG", quality=point.quality, optimize=True)
    assert point.bytes_per_image == len(file.getvalue())
    decoded = np.asarray(Image.open(file)) / 255.0
    assert point.psnr == pytest.approx(-10 * np.log10(np.square(decoded - x[0]).mean()), rel=1e-6)


def test_more_than_webp_holds_is_refused():
    with pytest.raises(ValueError, match="`x` must fit in one picture of 16,383 pixels each way"):
        at_size("WEBP", np.zeros((2, 16384, 1, 1)), 1.0)


@pytest.mark.parametrize(
    ("model", "x", "message"),
    [
        ("vae", np.zeros((2, 8, 8, 1)), "`model` must be an Autoencoder"),
        (None, np.zeros((2, 64)), "`x` must be images of shape"),
        (None, np.zeros((2, 8, 8, 2)), "`x` must be images of shape"),
        (None, np.full((2, 8, 8, 1), 255), r"`x` must lie in \[0, 1\]"),
        (None, np.zeros((2, 9, 8, 1)), r"`x` must have shape \(examples, 8, 8, 1\)"),
    ],
)
def test_bad_arguments(model, x, message):
    model = model or create_model("autoencoder", (8, 8, 1), latent_dim=2, filters=(4,))
    with pytest.raises((TypeError, ValueError), match=message):
        rate_distortion(model, x)
