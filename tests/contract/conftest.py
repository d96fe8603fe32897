"""What the contract tests share: one trained model of each recipe."""

import keras
import pytest

from tests.contract.descriptors import RECIPES
from tests.contract.processes import Processes
from tests.contract.rows import runnable, to_train
from tests.contract.trainings import Trainings


@pytest.fixture(scope="module", params=runnable(RECIPES), ids=lambda row: row.id)
def untrained(request):
    """Return a recipe and its model, for tests that only call it or look at it."""
    return request.param, request.param.new()


@pytest.fixture(scope="session")
def trainings(tmp_path_factory):
    """Return the trained models, which all tests share."""
    return Trainings(tmp_path_factory.mktemp("trained"))


@pytest.fixture(scope="session", params=to_train(RECIPES))
def trained(request, trainings):
    """Return the trained model of a recipe."""
    return trainings[request.param]


@pytest.fixture(scope="session")
def fresh_processes(request, trainings):
    """Return the fresh processes that use the files of the models that the run's tests ask for."""
    asking = [item for item in request.session.items if "fresh_processes" in item.fixturenames]
    started = Processes(trainings, [item.callspec.params.get("row") for item in asking])
    yield started
    started.stop()


if keras.backend.backend() != "tensorflow":
    collect_ignore = ["test_export.py"]  # exports run on the TensorFlow backend
