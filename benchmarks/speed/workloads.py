"""The networks that every contestant trains, as plain numbers, and the data they train on.

This module runs in every contestant's environment: the standard library and NumPy, nothing else.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

LEARNING_RATE = 1e-3
EPSILON = 1e-7  # Keras' Adam; PyTorch's default of 1e-8 is set to it
SIDE = 28


@dataclass(frozen=True)
class Workload:
    """A network, its loss, and how many examples an epoch of the benchmark has.

    A dense network has `units`, mirrored in the decoder; a convolutional one `filters`, each
    convolution 3 x 3 with stride 2, and a last transposed one with stride 1.
    """

    title: str
    variational: bool
    latent_dim: int
    units: tuple[int, ...] = ()
    filters: tuple[int, ...] = ()
    features: int = SIDE * SIDE
    examples: dict[int, int] = field(default_factory=dict)  # by batch size

    @property
    def input_shape(self) -> tuple[int, ...]:
        """An example's shape, channels last: an image for convolutions, or else a vector."""
        return (SIDE, SIDE, 1) if self.filters else (self.features,)

    @property
    def start(self) -> tuple[int, int, int]:
        """Height, width and channels where the convolutional decoder starts."""
        return (SIDE // 2 ** len(self.filters),) * 2 + (self.filters[-1],)


# An epoch is long enough for a steady figure and short enough for five rounds of all contestants.
WORKLOADS = {
    "dense_vae": Workload(
        "dense VAE 784-400-20-400-784, Bernoulli",
        variational=True,
        latent_dim=20,
        units=(400,),
        examples={32: 15_000, 128: 60_000, 1024: 30_720},
    ),
    "deep_ae": Workload(
        "dense autoencoder 784-500-250-32-250-500-784, squared error",
        variational=False,
        latent_dim=32,
        units=(500, 250),
        examples={32: 10_000, 128: 12_800, 1024: 20_480},
    ),
    "conv_vae": Workload(
        "convolutional VAE 32-64 stride 2, latent 16, Bernoulli",
        variational=True,
        latent_dim=16,
        filters=(32, 64),
        examples={32: 2_000, 128: 2_000, 1024: 8_192},
    ),
    "table_vae": Workload(
        "dense VAE 32-64-8-64-32, Bernoulli, rows of 32 numbers in [0, 1]",
        variational=True,
        latent_dim=8,
        units=(64,),
        features=32,
    ),
}

# What each recipe of images takes beside its default network, convolutions of 32 and 64 filters.
# Codes are a map of 7 x 7, but for vae and gumbel_vae, whose code is a vector.
IMAGE_RECIPES: dict[str, dict[str, Any]] = {
    "vae": {"latent_dim": 16},
    "spatial_vae": {"latent_dim": 4},
    "vq_vae": {"latent_dim": 16, "codes": 512},
    "residual_vq_vae": {"latent_dim": 16, "codes": 512, "stages": 4},
    "fsq_vae": {"latent_dim": 4, "levels": (8, 5, 5, 5)},
    "lfq_vae": {"latent_dim": 10},
    "gumbel_vae": {"latent_dim": 30, "categories": 10},
}


def load(workload: Workload, examples: int, data: str) -> np.ndarray:
    """Return `examples` examples in [0, 1], float32: the first of an .npz, or rows of a table."""
    if workload.features != SIDE * SIDE:
        return make_table(examples, workload.features)
    with np.load(data) as arrays:
        images = arrays["x_train"]
    if images.ndim < 3 or images.shape[1:3] != (SIDE, SIDE) or len(images) < examples:
        raise ValueError(
            f"--data must hold x_train, at least {examples:,} images of shape ({SIDE}, {SIDE}). "
            f"Received: {images.shape}"
        )
    images = images[:examples].astype("float32") / np.float32(255)
    return images.reshape(examples, *workload.input_shape)


def make_table(rows: int, columns: int, seed: int = 0) -> np.ndarray:
    """Return a table of `rows` correlated rows in [0, 1], float32: 4 factors through a sigmoid."""
    random = np.random.default_rng(seed)
    loadings = random.normal(size=(4, columns)).astype("float32")
    table = random.normal(size=(rows, 4)).astype("float32") @ loadings
    np.negative(table, out=table)
    np.exp(table, out=table)
    table += 1
    return np.reciprocal(table, out=table)


def training_flops(workload: Workload) -> int:
    """Return the multiplications and additions of one example's training step in matrix products.

    Each layer costs 2 * inputs * outputs a position forward, the same for its weights' gradient
    and, but in the first layer, for its inputs' gradient. Elementwise work isn't counted.
    """
    costs = [2 * each for each in products(workload)]
    return 3 * sum(costs) - costs[0]


def decoder_flops(workload: Workload) -> int:
    """Return the multiplications and additions of one decoder pass in matrix products."""
    encoder = len(workload.units) + len(workload.filters) + 1  # its layers, with the head
    return 2 * sum(products(workload)[encoder:])


def products(workload: Workload) -> list[int]:
    """Return the multiplications of each layer for one example, in order."""
    latent, heads = workload.latent_dim, 2 if workload.variational else 1
    if not workload.filters:
        up = [workload.features, *workload.units]
        encoder = [a * b for a, b in itertools.pairwise(up)]
        return [*encoder, up[-1] * heads * latent, latent * up[-1], *reversed(encoder)]
    counts, side, channels = [], SIDE, 1
    for filters in workload.filters:
        side //= 2
        counts.append(side * side * 9 * channels * filters)
        channels = filters
    start = math.prod(workload.start)
    counts += [start * heads * latent, latent * start]
    for filters in (*reversed(workload.filters), 1):
        counts.append(side * side * 9 * channels * filters)
        side, channels = side * 2, filters
    # The last transposed convolution has stride 1; the loop above has its input's side right.
    return counts
