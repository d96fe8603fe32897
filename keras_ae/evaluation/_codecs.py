"""JPEG and WebP at a given size, by Pillow."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np

from keras_ae import _extras
from keras_ae.evaluation.codec_point import CodecPoint
from keras_ae.evaluation.reconstruction import peak_signal_to_noise_ratio

Array = np.ndarray[Any, Any]
MAX_PICTURE_SIDE_PIXELS = 16_383


def at_size(codec: str, images: Array, bytes_per_image: float) -> CodecPoint:
    """Return the best quality of a codec whose file is at most so large, or its lowest.

    All images go into one file, as tiles that end on block borders, their last pixels repeated:
    small images would otherwise be mostly header.

    Args:
        codec: "JPEG" or "WEBP".
        images: Array of shape (examples, height, width, 1 or 3), in [0, 1].
        bytes_per_image: The size asked for.
    """
    sheet, columns = _tiled(np.round(images * 255.0).astype("uint8"))
    low, high = (1, 95) if codec == "JPEG" else (0, 100)
    best, data = low, _encode(codec, sheet, low)
    # Size grows with quality, but for small exceptions, so halving finds the place, or nearly.
    while low < high:
        middle = (low + high + 1) // 2
        trial = _encode(codec, sheet, middle)
        if len(trial) <= bytes_per_image * len(images):
            low, best, data = middle, middle, trial
        else:
            high = middle - 1
    size = len(data) / len(images)
    decoded = _untiled(_decode(data, sheet.ndim), columns, images.shape).astype("float64") / 255.0
    psnr = float(peak_signal_to_noise_ratio(images, decoded).mean())
    return CodecPoint(best, size, psnr, size <= bytes_per_image)


def _encode(codec: str, sheet: Array, quality: int) -> bytes:
    _extras.require("PIL")
    from PIL import Image

    file = io.BytesIO()
    options = {"optimize": True} if codec == "JPEG" else {"method": 6}
    Image.fromarray(sheet).save(file, codec, quality=quality, **options)
    return file.getvalue()


def _decode(data: bytes, axes: int) -> Array:
    _extras.require("PIL")
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("L" if axes == 2 else "RGB"))


def _tiled(images: Array) -> tuple[Array, int]:
    """Return one picture of all images, row by row, and how many stand in a row."""
    count, height, width, channels = images.shape
    tall, wide = (_padded(size, channels) for size in (height, width))
    columns = math.ceil(math.sqrt(count * tall / wide))
    rows = math.ceil(count / columns)
    if max(rows * tall, columns * wide) > MAX_PICTURE_SIDE_PIXELS:
        raise ValueError(
            f"`x` must fit in one picture of {MAX_PICTURE_SIDE_PIXELS:,} pixels each way, as WebP "
            f"allows: take fewer examples. Received: shape={images.shape}"
        )
    padding = ((0, 0), (0, tall - height), (0, wide - width), (0, 0))
    tiles = np.pad(images, padding, mode="edge")
    blank = np.zeros((rows * columns - count, *tiles.shape[1:]), tiles.dtype)
    tiles = np.concatenate([tiles, blank]).reshape(rows, columns, tall, wide, channels)
    sheet = tiles.swapaxes(1, 2).reshape(rows * tall, columns * wide, channels)
    return (sheet[..., 0] if channels == 1 else sheet), columns


def _untiled(sheet: Array, columns: int, shape: tuple[int, ...]) -> Array:
    count, height, width, channels = shape
    tall, wide = (_padded(size, channels) for size in (height, width))
    tiles = sheet.reshape(-1, tall, columns, wide, channels).swapaxes(1, 2)
    return tiles.reshape(-1, tall, wide, channels)[:count, :height, :width]


def _padded(size: int, channels: int) -> int:
    """Return whole blocks: 8 pixels, or 16 where the colours have half the resolution."""
    block = 8 if channels == 1 else 16
    return math.ceil(size / block) * block
