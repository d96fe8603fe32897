"""A point on an image codec's curve."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class CodecPoint:
    """What an image codec makes of images, at a size that was asked for.

    Args:
        quality: Integer, the codec's setting.
        bytes_per_image: Float.
        psnr: Float, in dB, a mean over the images.
        reached: Whether `bytes_per_image` is at most the size that was asked for; False where
            the codec's lowest quality takes more.

    Example:
        >>> CodecPoint(quality=9, bytes_per_image=63.3, psnr=22.8, reached=True).quality
        9
    """

    quality: int
    bytes_per_image: float
    psnr: float
    reached: bool
