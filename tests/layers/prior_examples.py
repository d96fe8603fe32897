"""What the tests of priors share: latents, and a posterior to compare with."""

import numpy as np
from keras import ops

from keras_ae.layers.posteriors import NormalPosterior

DIM = 3


def latents(size=5, spread=2.0):
    return np.random.default_rng(0).normal(scale=spread, size=(size, DIM)).astype("float32")


def posterior(size=5):
    generator = np.random.default_rng(1)
    mean, scale = generator.normal(size=(2, DIM))
    return NormalPosterior(
        ops.convert_to_tensor(np.tile(mean, (size, 1)).astype("float32")),
        ops.convert_to_tensor(np.tile(np.exp(scale), (size, 1)).astype("float32")),
    )
