"""Promise: one file keeps a model whole: weights, optimizer, schedule, noise; `fit` goes on."""

import keras
import numpy as np
import pytest

from tests.contract.descriptors import PARTS
from tests.contract.processes import IN_PROCESSES
from tests.contract.rows import array, assert_equal, each, runnable
from tests.contract.trainings import go_on, noise_states, scheduled, without_xla


def test_a_loaded_model_is_whole_and_goes_on_bit_for_bit(trained):
    """The steps after loading are the steps that the unbroken run had next."""
    loaded = without_xla(keras.models.load_model(trained.path))
    assert type(loaded) is type(trained.model)
    assert_equal(loaded.get_weights(), trained.saved)
    assert_equal(noise_states(loaded), trained.saved_noise)
    for penalty in scheduled(loaded):
        assert float(array(penalty.beta_weight)) == pytest.approx(0.625 * penalty.beta)
    assert type(loaded.optimizer) is type(trained.model.optimizer)
    assert_equal(loaded.optimizer.variables, trained.optimizer)
    assert float(array(loaded.optimizer.iterations)) == 32
    go_on(loaded, trained.x, trained.y)
    assert_equal(loaded.get_weights(), trained.after)
    assert any(
        not np.array_equal(*pair) for pair in zip(trained.after, trained.saved, strict=True)
    )


# By default a process of its own loads a plain model and a variational one.
LOADED = {"autoencoder-image", "vae-image"}
in_a_process = pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=row.id, marks=[pytest.mark.slow] * (row.id not in LOADED))
        for row in runnable(IN_PROCESSES)
    ],
)


@in_a_process
def test_a_fresh_process_says_the_same(row, trainings, fresh_processes):
    saved, report = trainings[row], fresh_processes.report("keras_first", row)
    np.testing.assert_allclose(report["prediction"], saved.prediction, rtol=1e-5, atol=1e-6)
    assert report["evaluation"] == pytest.approx(saved.evaluation, rel=1e-5)


@pytest.mark.parametrize(
    "order", ["keras_first", pytest.param("keras_ae_first", marks=pytest.mark.slow)]
)
@in_a_process
def test_loading_needs_no_custom_objects(row, order, trainings, fresh_processes):
    """In both import orders the file names the class, and `import keras_ae` makes it known."""
    saved, report = trainings[row], fresh_processes.report(order, row)
    kind = type(saved.model)
    assert report["class"] == f"{kind.__module__}.{kind.__qualname__}"
    np.testing.assert_allclose(report["prediction"], saved.prediction, rtol=1e-5, atol=1e-6)


@each([row for row in PARTS if row.prepare is None])
def test_parts_are_saved_in_any_model(row, tmp_path):
    """A part in a user's own functional model; what must be tied first is saved with its owner."""
    inputs = [keras.Input(shape, dtype=row.dtype) for shape in row.inputs]
    model, batch = keras.Model(inputs, row.ready()(*inputs)), row.batch(3)
    for weight in model.trainable_weights:
        weight.assign(weight + 0.125)
    model(batch, training=True)  # moves averages and noise
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    expected, actual = (keras.tree.flatten(m(batch)) for m in (model, again))
    assert_equal(actual, expected)
    assert_equal(again.get_weights(), model.get_weights())
    assert_equal(noise_states(again), noise_states(model))
