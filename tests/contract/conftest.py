"""What the contract tests share: known failures as data, and one trained model of each recipe."""

import dataclasses
import pathlib

import keras
import numpy as np
import pytest

from tests.contract.descriptors import KNOWN_FAILURES, RECIPES
from tests.contract.processes import Processes
from tests.contract.rows import Recipe, array, runnable


def pytest_collection_modifyitems(items):
    """Expect the known failures to fail; `xfail_strict` makes one that passes an error."""
    known = {
        (failure.test, failure.row): failure.reason
        for failure in KNOWN_FAILURES
        if keras.backend.backend() in failure.backends
    }
    for item in items:
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        for row in {getattr(value, "id", None) for value in parameters}:
            reason = known.get((getattr(item, "originalname", None), row))
            if reason is not None:
                item.add_marker(pytest.mark.xfail(reason=reason))


@dataclasses.dataclass(frozen=True)
class Trained:
    """A model trained by `compile("adam")` and `fit(x)`, and saved; what it was before and after.

    The tests leave `model` alone: it is one epoch past its file, with the weights `after`.
    """

    row: Recipe
    model: keras.Model
    x: np.ndarray
    history: dict[str, list[float]]
    initial: list[np.ndarray]
    saved: list[np.ndarray]
    initial_noise: list[np.ndarray]
    saved_noise: list[np.ndarray]
    optimizer: list[np.ndarray]
    path: pathlib.Path
    after: list[np.ndarray]


def noise_states(model):
    """Return the state of the noise of each layer that draws some in training."""
    layers = [layer for layer in model._flatten_layers() if hasattr(layer, "seed_generator")]
    return [array(layer.seed_generator.state) for layer in layers]


def penalty_weights(model):
    """Return the variables that schedules write."""
    penalties = model.bottleneck.penalties
    return [penalty.beta_weight for penalty in penalties if hasattr(penalty, "beta_weight")]


@pytest.fixture(scope="session", params=runnable(RECIPES), ids=lambda row: row.id)
def trained(request, tmp_path_factory):
    """Train a recipe for a few steps, save it, and train the same model for one epoch more."""
    keras.utils.set_random_seed(0)
    row = request.param
    model, x = row.new(), row.data()
    initial, noise = model.get_weights(), noise_states(model)
    model.compile("adam")
    history = model.fit(x, epochs=4, batch_size=4, validation_data=(x,), verbose=0).history
    for weight in penalty_weights(model):
        weight.assign(0.625 * weight)
    path = tmp_path_factory.mktemp(row.id) / "model.keras"
    model.save(path)
    saved = Trained(
        row=row,
        model=model,
        x=x,
        history=history,
        initial=initial,
        saved=model.get_weights(),
        initial_noise=noise,
        saved_noise=noise_states(model),
        optimizer=[array(variable) for variable in model.optimizer.variables],
        path=path,
        after=[],
    )
    model.fit(x, batch_size=4, shuffle=False, verbose=0)
    saved.after.extend(model.get_weights())
    return saved


@pytest.fixture(scope="session")
def processes(tmp_path_factory):
    """Save a model of each recipe and start the fresh processes that use them."""
    keras.utils.set_random_seed(0)
    started = Processes(tmp_path_factory.mktemp("processes"))
    yield started
    started.stop()


if keras.backend.backend() != "tensorflow":
    collect_ignore = ["test_export.py"]  # exports run on the TensorFlow backend
