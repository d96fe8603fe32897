"""Errors of reconstructions and code lengths, against scikit-image and numpy."""

import math

import numpy as np
import pytest
from skimage import metrics
from sklearn.datasets import load_sample_image

from keras_ae.evaluation import (
    bits_per_dimension,
    mean_squared_error,
    peak_signal_to_noise_ratio,
    structural_similarity,
)
from keras_ae.layers import BernoulliLikelihood, GaussianLikelihood


@pytest.fixture(scope="module")
def images():
    photograph = load_sample_image("china.jpg")[:320, :640] / 255.0
    tiles = photograph.reshape(10, 32, 20, 32, 3).swapaxes(1, 2).reshape(-1, 32, 32, 3)
    return tiles[::20].astype("float32")


@pytest.fixture(scope="module")
def noisy(images):
    noise = np.random.default_rng(0).normal(scale=0.1, size=images.shape)
    return np.clip(images + noise, 0.0, 1.0).astype("float32")


def test_squared_error_and_psnr_are_those_of_scikit_image(images, noisy):
    mse, psnr = mean_squared_error(images, noisy), peak_signal_to_noise_ratio(images, noisy)
    for i, (image, other) in enumerate(zip(images, noisy, strict=True)):
        assert mse[i] == pytest.approx(metrics.mean_squared_error(image, other), rel=1e-5)
        expected = metrics.peak_signal_noise_ratio(image, other, data_range=1.0)
        assert psnr[i] == pytest.approx(expected, rel=1e-5)
    bytes_ = peak_signal_to_noise_ratio(255.0 * images, 255.0 * noisy, data_range=255.0)
    np.testing.assert_allclose(bytes_, psnr, rtol=1e-5)


def test_an_exact_copy(images):
    assert (mean_squared_error(images, images) == 0).all()
    assert np.isposinf(peak_signal_to_noise_ratio(images, images)).all()
    np.testing.assert_allclose(structural_similarity(images, images), 1.0)


def test_bytes_dont_wrap_around():
    assert mean_squared_error(np.array([[0]], "uint8"), np.array([[255]], "uint8"))[0] == 65025.0


def test_ssim_is_the_papers(images, noisy):
    """Written out: 11 x 11 Gaussian windows that lie inside the image, a mean over channels."""
    line = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    window = np.outer(line, line) / line.sum() ** 2
    x, y = images[3].astype("float64"), noisy[3].astype("float64")

    def weighted(values):
        views = np.lib.stride_tricks.sliding_window_view(values, (11, 11), axis=(0, 1))
        return (views * window).sum((-1, -2))

    mean_x, mean_y = weighted(x), weighted(y)
    var_x, var_y = weighted(x * x) - mean_x**2, weighted(y * y) - mean_y**2
    covariance = weighted(x * y) - mean_x * mean_y
    above = (2 * mean_x * mean_y + 0.01**2) * (2 * covariance + 0.03**2)
    below = (mean_x**2 + mean_y**2 + 0.01**2) * (var_x + var_y + 0.03**2)
    found = structural_similarity(images, noisy)
    assert found[3] == pytest.approx((above / below).mean(), rel=1e-6)
    assert found.shape == (len(images),)
    of_bytes = structural_similarity(images[3:4] * 255.0, noisy[3:4] * 255.0, 255.0)
    assert of_bytes[0] == pytest.approx(found[3])


def test_bits_of_fair_coins():
    x = np.random.default_rng(0).integers(0, 2, size=(10, 8))
    assert bits_per_dimension(8 * math.log(2), x, BernoulliLikelihood()) == pytest.approx(1.0)


def test_bits_of_uniform_levels_are_their_number():
    """256 equal levels, dequantized to a uniform density on [0, 1): nll 0, 8 bits a value."""
    random = np.random.default_rng(0)
    levels = random.integers(0, 256, size=(50, 20))
    x = (levels + random.uniform(size=levels.shape)) / 256
    assert bits_per_dimension(0.0, x, GaussianLikelihood(), 1 / 256) == pytest.approx(8.0)
    # In other units the density differs, and the bits don't.
    shifted = bits_per_dimension(20 * math.log(2.0), 2 * x - 1, GaussianLikelihood(), 2 / 256)
    assert shifted == pytest.approx(8.0)


GREY = np.linspace(0, 1, 256)[np.random.default_rng(0).integers(0, 256, size=(50, 20))]


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (lambda: bits_per_dimension(1.0, GREY, BernoulliLikelihood()), "`x` must be 0 or 1 for b"),
        (lambda: bits_per_dimension(1.0, np.eye(2), BernoulliLikelihood(), 0.5), "must be None"),
        (lambda: bits_per_dimension(1.0, GREY, GaussianLikelihood()), "`level_width` must be giv"),
        (
            lambda: bits_per_dimension(1.0, GREY, GaussianLikelihood(), 1 / 255),
            "`x` must be dequantized .* 248 different values among 1,000",
        ),
        (lambda: bits_per_dimension(1.0, GREY, GaussianLikelihood(), 0), "a number > 0"),
        (lambda: bits_per_dimension(np.nan, GREY, GaussianLikelihood(), 1), "`nll` must be a num"),
        (lambda: bits_per_dimension(1.0, GREY, "normal"), "`likelihood` must be a Likelihood"),
        (lambda: mean_squared_error(GREY, GREY[:3]), "`reconstruction` must have the shape"),
        (lambda: mean_squared_error(GREY, GREY * np.nan), "`reconstruction` must be finite"),
        (lambda: peak_signal_to_noise_ratio(GREY, GREY, 0), "`data_range` must be a number > 0"),
        (lambda: structural_similarity(GREY, GREY), "`x` must have shape .* at least 11 pixels"),
        (lambda: structural_similarity(*np.zeros((2, 3, 10, 12, 1))), "at least 11 pixels"),
    ],
)
def test_bad_arguments(compute, message):
    with pytest.raises((TypeError, ValueError), match=message):
        compute()
