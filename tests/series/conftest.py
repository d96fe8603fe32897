"""A small detector for the tests that only ask it, and series to ask it of."""

import types

import numpy as np
import pytest

from keras_ae.series import SeriesDetector

LENGTH = 12
SMALL = {"length": LENGTH, "members": 1, "steps": 60, "latent_dim": 3, "random_state": 0}


def waves(points=400, seed=0):
    """Return two channels of noisy waves."""
    time = np.arange(points)
    clean = np.stack([np.sin(time / 4), 50 + 20 * np.cos(time / 7)], axis=1)
    return clean + np.random.default_rng(seed).normal(0, 0.1, clean.shape) * [1.0, 20.0]


@pytest.fixture(scope="session")
def fitted():
    """A detector that was fitted on 400 points, and 300 others."""
    detector = SeriesDetector(**SMALL).fit(waves())
    return types.SimpleNamespace(detector=detector, x=waves(300, seed=1))
