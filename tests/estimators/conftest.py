"""One fitted detector for the tests that only ask it."""

import types

import numpy as np
import pytest

from keras_ae.estimators import AnomalyDetector

SMALL = {"steps": 50, "options": {"units": (8,)}, "random_state": 0}


def table(rows=160, columns=4, seed=0):
    """Return correlated normal columns of unlike sizes; the last 8 rows are off, labelled 1."""
    random = np.random.default_rng(seed)
    common = random.normal(size=(rows, 1))
    x = (common + 0.3 * random.normal(size=(rows, columns))) * [1.0, 10.0, 100.0, 0.1] + 5.0
    x[-8:] = x[-8:] + random.choice([-1, 1], (8, columns)) * [6.0, 60.0, 600.0, 0.6]
    labels = np.zeros(rows, int)
    labels[-8:] = 1
    return x.astype("float32"), labels


@pytest.fixture(scope="session")
def fitted():
    """A detector of two members, and what it was fitted on."""
    x, labels = table()
    detector = AnomalyDetector(members=2, contamination=0.05, **SMALL).fit(x)
    return types.SimpleNamespace(detector=detector, x=x, labels=labels)


@pytest.fixture(scope="session")
def named():
    """The same of a named recipe, whose score is in nats."""
    x, labels = table()
    detector = AnomalyDetector("vae", members=2, contamination=0.05, **SMALL).fit(x)
    return types.SimpleNamespace(detector=detector, x=x, labels=labels)
