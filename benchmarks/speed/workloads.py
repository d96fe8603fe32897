"""The networks that every contestant trains, as plain numbers, and the data they train on.

This module runs in every contestant's environment: the standard library and NumPy, nothing else.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from dataclasses import dataclass
from pathlib import Path

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
    units: tuple[int, ...]
    filters: tuple[int, ...]
    latent_dim: int
    examples: dict[int, int]  # by batch size
    features: int = SIDE * SIDE

    @property
    def convolutional(self) -> bool:
        """Whether it takes images of shape (28, 28, 1) and not vectors."""
        return bool(self.filters)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """An example's shape, channels last."""
        return (SIDE, SIDE, 1) if self.convolutional else (self.features,)

    @property
    def start(self) -> tuple[int, int, int]:
        """Height, width and channels where the convolutional decoder starts."""
        return (SIDE // 2 ** len(self.filters),) * 2 + (self.filters[-1],)


# An epoch is long enough for a steady figure and short enough for five rounds of all contestants.
WORKLOADS = {
    "dense_vae": Workload(
        "dense VAE 784-400-20-400-784, Bernoulli",
        variational=True,
        units=(400,),
        filters=(),
        latent_dim=20,
        examples={32: 15_000, 128: 60_000, 1024: 30_720},
    ),
    "deep_ae": Workload(
        "dense autoencoder 784-500-250-32-250-500-784, squared error",
        variational=False,
        units=(500, 250),
        filters=(),
        latent_dim=32,
        examples={32: 10_000, 128: 12_800, 1024: 20_480},
    ),
    "conv_vae": Workload(
        "convolutional VAE 32-64 stride 2, latent 16, Bernoulli",
        variational=True,
        units=(),
        filters=(32, 64),
        latent_dim=16,
        examples={32: 2_000, 128: 2_000, 1024: 8_192},
    ),
    "table_vae": Workload(
        "dense VAE 32-64-8-64-32, Bernoulli, rows of 32 numbers in [0, 1]",
        variational=True,
        units=(64,),
        filters=(),
        latent_dim=8,
        examples={},
        features=32,
    ),
}
IMAGE_WORKLOADS = ("dense_vae", "deep_ae", "conv_vae")


def load(data: str | None, examples: int, workload: Workload) -> np.ndarray:
    """Return training data: images from a file, or a made table where `data` is None."""
    if data is None:
        return make_table(examples, workload.features)
    return load_images(data, examples, workload)


def load_images(path: str | Path, examples: int, workload: Workload) -> np.ndarray:
    """Return the first `examples` training images in [0, 1], float32, in the network's shape."""
    with np.load(path) as data:
        images = data["x_train"]
    if images.ndim < 3 or images.shape[1:3] != (SIDE, SIDE):
        raise ValueError(
            f"--data must hold x_train of shape (n, {SIDE}, {SIDE}). Received: {images.shape}"
        )
    if len(images) < examples:
        raise ValueError(f"--data must hold {examples:,} images. Received: {len(images):,}")
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


def sha256(path: str | Path) -> str:
    """Return the checksum of a file."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def training_flops(workload: Workload) -> int:
    """Return the multiplications and additions of one example's training step in matrix products.

    Each layer costs 2 * inputs * outputs a position forward, the same for its weights' gradient
    and, but in the first layer, for its inputs' gradient. Elementwise work isn't counted.
    """
    costs = [2 * each for each in _products(workload)]
    return 3 * sum(costs) - costs[0]


def decoder_flops(workload: Workload) -> int:
    """Return the multiplications and additions of one decoder pass in matrix products."""
    encoder = len(workload.units) + len(workload.filters) + 1  # its layers, with the head
    return 2 * sum(_products(workload)[encoder:])


def _products(workload: Workload) -> list[int]:
    """Return the multiplications of each layer for one example, in order."""
    heads = 2 if workload.variational else 1
    latent = workload.latent_dim
    if not workload.convolutional:
        up = [workload.features, *workload.units]
        encoder = [a * b for a, b in itertools.pairwise(up)]
        return [*encoder, up[-1] * heads * latent, latent * up[-1], *reversed(encoder)]
    products, side, channels = [], SIDE, 1
    for filters in workload.filters:
        side //= 2
        products.append(side * side * 9 * channels * filters)
        channels = filters
    start = math.prod(workload.start)
    products += [start * heads * latent, latent * start]
    for filters in (*reversed(workload.filters), 1):
        products.append(side * side * 9 * channels * filters)
        side, channels = side * 2, filters
    # The last transposed convolution has stride 1; the loop above has its input's side right.
    return products
