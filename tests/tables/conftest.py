"""One small trained model, shared by the tests."""

import pytest

from keras_ae.tables import MIWAE, TableModel
from tests.tables.frames import mixed


@pytest.fixture(scope="session")
def frame():
    """Mixed rows, some cells of which are missing."""
    frame = mixed(120).drop(columns=["age", "children", "day", "zone", "insured", "group"])
    frame["one"] = 1
    for place, name in enumerate(("country", "amount", "size", "north")):
        frame.loc[place::9, name] = None
    return frame


@pytest.fixture(scope="session")
def trained(frame):
    return TableModel(latent_dim=2, bound=MIWAE(3), units=(8,), seed=0).fit(frame, epochs=2)
