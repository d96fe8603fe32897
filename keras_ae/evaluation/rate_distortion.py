"""An autoencoder as a codec: bytes for an image, and what is lost."""

from __future__ import annotations

import dataclasses
import math
import zlib
from typing import Any

import numpy as np

from keras_ae import _arrays, _checks
from keras_ae.evaluation._codecs import at_size
from keras_ae.evaluation.codec_point import CodecPoint
from keras_ae.evaluation.reconstruction import peak_signal_to_noise_ratio
from keras_ae.models import Autoencoder

Array = np.ndarray[Any, Any]
QUANTIZATION_LEVELS = 256
RANGE_BYTES_PER_DIMENSION = 8  # two float32
BITS_PER_BYTE = 8


@dataclasses.dataclass(frozen=True)
class RateDistortion:
    """What `rate_distortion` measured.

    Args:
        raw_bytes: Float, bytes an image of the code as it is: of the 8-bit latent, latent_dim and
            an image's share of the ranges; of tokens, log2(codes) bits each.
        coded_bytes: Float, the same after zlib.
        psnr: Float, in dB, of images decoded from that code; a mean over the images.
        unquantized_psnr: Float, in dB, of images decoded from the latent in float32, which of
            tokens is the same.
        jpeg: `CodecPoint`, JPEG at `coded_bytes`.
        webp: `CodecPoint`, WebP at `coded_bytes`.

    Example:
        >>> jpeg = CodecPoint(quality=9, bytes_per_image=15.9, psnr=20.0, reached=True)
        >>> webp = CodecPoint(quality=0, bytes_per_image=18.0, psnr=21.0, reached=False)
        >>> result = RateDistortion(17.0, 16.0, 24.0, 24.1, jpeg, webp)
        >>> result.psnr > result.jpeg.psnr
        True
    """

    raw_bytes: float
    coded_bytes: float
    psnr: float
    unquantized_psnr: float
    jpeg: CodecPoint
    webp: CodecPoint


def rate_distortion(model: Autoencoder, x: Any, batch_size: int = 128) -> RateDistortion:
    """Measure a model as an image codec: what its code takes and loses, beside JPEG and WebP.

        level = round(255 (latent - low) / (high - low)),  low and high of each dimension
        PSNR = 10 log10(1 / mean squared error)

    Of a latent of floats the rate counts the levels, raw and as zlib (level 9) codes them all
    together, dimension by dimension, and the range of each dimension. Of a model of finitely many
    codes it counts its tokens, which lose nothing: raw, log2(codes) bits each, and as zlib codes
    them, place by place, where that is less. `code_nll` tells what a prior of them would need.

    The rate doesn't count the decoder's weights, which a receiver must have, as it must have a
    JPEG decoder; but those fit all images, and these one kind. JPEG and WebP get all images as
    tiles of one file, so that their headers count once, and the best quality that takes at most
    `coded_bytes`.

    Args:
        model: An `Autoencoder` of images.
        x: Array of shape (examples, height, width, 1 or 3), in [0, 1].
        batch_size: Integer >= 1, examples at a time.

    Returns:
        A `RateDistortion`.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `x` doesn't suit the model, isn't in [0, 1], or isn't of such images.

    Example:
        >>> from keras_ae import create_model
        >>> x = np.random.default_rng(0).uniform(size=(8, 16, 16, 1))
        >>> result = rate_distortion(create_model("autoencoder", (16, 16, 1), latent_dim=4), x)
        >>> result.raw_bytes, result.psnr > 0
        (8.0, True)
    """
    _checks.instance("model", model, Autoencoder, "an Autoencoder")
    batch_size = _checks.integer("batch_size", batch_size, minimum=1)
    images = _arrays.numbers("x", x)
    if images.ndim != 4 or images.shape[-1] not in (1, 3):
        raise ValueError(
            "`x` must be images of shape (examples, height, width, 1 or 3). "
            f"Received: shape={images.shape}"
        )
    _arrays.within("x", images, 0.0, 1.0)
    sent = _as_tokens if "indices" in model.functions() else _as_levels
    raw, coded, *decoded = sent(model, images, batch_size)
    psnr, unquantized = (
        float(peak_signal_to_noise_ratio(images, each).mean()) for each in decoded
    )
    codecs = (at_size(name, images, coded) for name in ("JPEG", "WEBP"))
    return RateDistortion(raw, coded, psnr, unquantized, *codecs)


def _as_tokens(
    model: Autoencoder, images: Array, batch_size: int
) -> tuple[float, float, Array, Array]:
    """Return bytes an image of the tokens, raw and coded, and images decoded from them.

    The images come twice: as they are received, and as they are without quantization.
    """
    known = model.functions()
    code, image = (
        model.endpoint(name, known[name]).predict for name in ("indices", "decode_indices")
    )
    indices = code([images], batch_size)["indices"]
    (decoded,) = image([indices], batch_size).values()
    raw, coded = token_bytes(indices, model.bottleneck.codes)
    return raw, coded, decoded, decoded


def token_bytes(indices: Array, codes: int) -> tuple[float, float]:
    """Return the bytes an example of tokens: log2(codes) bits each, and as zlib codes them.

    Args:
        indices: Array of integers from 0 to codes - 1, of shape (examples, ...).
        codes: Integer >= 1.
    """
    bits = math.log2(codes)
    raw = indices[0].size * bits / BITS_PER_BYTE
    width = max(1, math.ceil(bits / BITS_PER_BYTE))
    # Of each place the lowest bytes of all examples, then the next ones.
    planes = indices.reshape(len(indices), -1).astype("<u4").view("uint8")
    planes = planes.reshape(len(indices), -1, 4)[..., :width].transpose(1, 2, 0)
    return raw, min(raw, _compressed_bytes(planes) / len(indices))


def _as_levels(
    model: Autoencoder, images: Array, batch_size: int
) -> tuple[float, float, Array, Array]:
    """Return the same of the latent in 8 bits a dimension."""
    latent = model.encode(images, batch_size)
    levels, quantized = _quantized(latent)
    dimensions = latent[0].size
    side = RANGE_BYTES_PER_DIMENSION * dimensions / len(images)
    coded = _compressed_bytes(levels.T) / len(images) + side
    received, decoded = (model.decode(each, batch_size) for each in (quantized, latent))
    return dimensions + side, coded, received, decoded


def _compressed_bytes(values: Array) -> int:
    return len(zlib.compress(values.tobytes(), 9))  # in C's order, whatever the array's is


def _quantized(latent: Array) -> tuple[Array, Array]:
    """Return the levels, uint8, and the latent that they stand for."""
    low, high = latent.min(axis=0), latent.max(axis=0)
    step = (high - low) / (QUANTIZATION_LEVELS - 1)
    levels = np.round((latent - low) / np.where(step > 0, step, 1.0)).astype("uint8")
    return levels, (low + levels * step).astype("float32")
