"""How close reconstructions are to examples: errors, and what an eye would notice of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae import _checks, _extras
from keras_ae.evaluation import _data

SSIM_WINDOW_PIXELS = 11  # a Gaussian of standard deviation 1.5, cut off after 5


def mean_squared_error(x: Any, reconstruction: Any) -> np.ndarray:
    """Return the mean over an example's values of the squared difference.

    Args:
        x: Array of shape (examples, ...).
        reconstruction: Array of the same shape.

    Returns:
        Array of shape (examples,), in the data's squared units.

    Raises:
        ValueError: The shapes differ, or values aren't finite.

    Example:
        >>> mean_squared_error([[0.0, 0.5]], [[0.0, 1.0]]).tolist()
        [0.125]
    """
    first, second = _data.pair(x, reconstruction)
    squares = np.square(np.subtract(first, second, dtype="float64"))
    return squares.reshape(len(first), -1).mean(axis=1)


def peak_signal_to_noise_ratio(x: Any, reconstruction: Any, data_range: float = 1.0) -> np.ndarray:
    """Return the PSNR of each reconstruction.

        PSNR = 10 log10(data_range**2 / mean squared error)

    Args:
        x: Array of shape (examples, ...).
        reconstruction: Array of the same shape.
        data_range: Number > 0, the largest value that data may have less the smallest.

    Returns:
        Array of shape (examples,), in dB; infinite for an exact reconstruction.

    Raises:
        ValueError: The shapes differ, or an argument is out of range.

    Example:
        >>> peak_signal_to_noise_ratio([[0.0, 0.0]], [[0.1, 0.1]]).round(4).tolist()
        [20.0]
    """
    data_range = _checks.number("data_range", data_range, above=0)
    with np.errstate(divide="ignore"):
        ratio = np.float64(data_range) ** 2 / mean_squared_error(x, reconstruction)
    return 10.0 * np.log10(ratio)


def structural_similarity(x: Any, reconstruction: Any, data_range: float = 1.0) -> np.ndarray:
    """Return the mean SSIM of each reconstructed image: 1 where it is the same image.

    As in the paper: windows of 11 x 11 weighted by a Gaussian of standard deviation 1.5, constants
    (0.01 range)**2 and (0.03 range)**2; for several channels the mean of theirs. Computed by
    scikit-image.

    Args:
        x: Array of shape (examples, height, width, channels), at least 11 pixels each way.
        reconstruction: Array of the same shape.
        data_range: Number > 0, the largest value that data may have less the smallest.

    Returns:
        Array of shape (examples,), in [-1, 1].

    Raises:
        ValueError: The shapes differ, images are too small, or an argument is out of range.

    Example:
        >>> x = np.random.default_rng(0).uniform(size=(2, 16, 16, 1))
        >>> structural_similarity(x, x).tolist()
        [1.0, 1.0]

    Reference:
        Wang, Bovik, Sheikh and Simoncelli, Image Quality Assessment: From Error Visibility to
        Structural Similarity, 2004.
    """
    _extras.require("skimage")
    from skimage.metrics import structural_similarity as ssim

    data_range = _checks.number("data_range", data_range, above=0)
    first, second = _data.pair(x, reconstruction)
    if first.ndim != 4 or min(first.shape[1:3]) < SSIM_WINDOW_PIXELS:
        raise ValueError(
            "`x` must have shape (examples, height, width, channels), with at least "
            f"{SSIM_WINDOW_PIXELS} pixels each way. Received: shape={first.shape}"
        )
    each = [
        ssim(
            image.astype("float64"),
            other.astype("float64"),
            data_range=data_range,
            channel_axis=-1,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        for image, other in zip(first, second, strict=True)
    ]
    return np.asarray(each)
