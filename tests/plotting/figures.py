"""What the tests of figures draw, and what they read off."""

import numpy as np


def random(*shape):
    return np.random.default_rng(0).uniform(size=shape).astype("float32")


def as_pixels(latent):
    """Decode a latent to an image of 1 x latent_dim pixels that are the latent itself."""
    return np.asarray(latent, "float32")[:, np.newaxis, :, np.newaxis]


def texts(labels):
    return [label.get_text() for label in labels]


def outlines(axes):
    return [patch for patch in axes.patches if not patch.get_fill()]
