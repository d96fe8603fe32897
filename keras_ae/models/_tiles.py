"""Maps of codes decoded piece by piece, and put together without a seam."""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import numpy as np

from keras_ae.execution.backend import backend
from keras_ae.layers._reach import FarSightedError, Reach, reaches


class Piece(NamedTuple):
    """A piece of an axis, and the part of it that is decoded as in the whole."""

    start: int  # first place
    first: int  # first place to keep
    last: int  # behind the last one to keep


def decode(model: Any, latent: np.ndarray, batch_size: int | None, tile: int) -> np.ndarray:
    """Return the reconstructions of maps of codes, decoded by tiles of one size.

    Each tile reaches beyond what is kept of it by as far as the decoder looks, except at the
    map's own edges, where the decoder's padding is that of the whole.

    Args:
        model: An `Autoencoder` of images of any size.
        latent: Array of shape (examples, height, width, latent_dim).
        batch_size: Integer, tiles decoded together; None for as many as fit in memory.
        tile: Integer >= 1, a tile's height and width.

    Raises:
        ValueError: The decoder looks at the whole map, or further than a tile.
    """
    along = _reaches(model, tile)
    sizes = latent.shape[1:3]
    axes = [_pieces(*each, tile) for each in zip(sizes, along, strict=True)]
    height, width = (min(tile, size) for size in sizes)
    places: list[tuple[int, Piece, Piece]] = [
        *itertools.product(range(len(latent)), axes[0], axes[1])
    ]
    code = (height, width, latent.shape[-1])
    size = model._batch_size(batch_size, code, model._decoded_shape(code))
    endpoint = model._endpoint("decode")
    padded = backend().padded_size(len(places), size)
    whole: Any = None
    up, across = (each.scale for each in along)
    for chunk in (places[at : at + size] for at in range(0, len(places), size)):
        tiles = [
            latent[n, y.start : y.start + height, x.start : x.start + width] for n, y, x in chunk
        ]
        outputs = endpoint.predict_on_batch([np.stack(tiles)], padded)["reconstruction"]
        if whole is None:
            shape = (len(latent), sizes[0] * up, sizes[1] * across, outputs.shape[-1])
            whole = np.empty(shape, outputs.dtype)
        for (n, y, x), output in zip(chunk, outputs, strict=True):
            rows, columns = _kept(y, up), _kept(x, across)
            part = output[rows.start - y.start * up : rows.stop - y.start * up]
            part = part[:, columns.start - x.start * across : columns.stop - x.start * across]
            whole[n, rows, columns] = part
    return np.asarray(whole)


def _reaches(model: Any, tile: int) -> tuple[Reach, Reach]:
    """Return how far the decoder looks, if it can decode by tiles of that size."""
    if not model._is_of_any_size:
        raise ValueError(
            "`tile` must be None unless the model is of images of any size, (None, None, "
            f"channels). Received: tile={tile}, a model of {model.example_shape}"
        )
    try:
        along = reaches(model.decoder)
        if model.preprocessor is not None:
            reaches(model.preprocessor)
    except FarSightedError as error:
        raise ValueError(
            "`tile` must be None unless the decoder's pixels depend on nearby places of the code "
            f"alone. Received: tile={tile}, {error}"
        ) from None
    least = max(sum(_overlaps(each)) for each in along) + 1
    if tile < least:
        raise ValueError(
            f"`tile` must be >= {least}: that far the decoder looks. Received: tile={tile}"
        )
    return along


def _overlaps(reach: Reach) -> tuple[int, ...]:
    """Return how many places at a tile's start and end aren't decoded as in the whole."""
    return tuple(max(0, math.ceil(each / reach.scale)) for each in (reach.low, reach.high))


def _pieces(size: int, reach: Reach, tile: int) -> list[Piece]:
    """Return the pieces of an axis of places: of one size, the last one at the axis' end."""
    if size <= tile:
        return [Piece(0, 0, size)]
    low, high = _overlaps(reach)
    starts = [*range(0, size - tile, tile - low - high), size - tile]
    ends = [*(start + tile - high for start in starts[:-1]), size]
    return [
        Piece(start, first, last)
        for start, first, last in zip(starts, [0, *ends[:-1]], ends, strict=True)
    ]


def _kept(piece: Piece, scale: int) -> slice:
    return slice(piece.first * scale, piece.last * scale)
