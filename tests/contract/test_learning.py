"""Promise: `compile("adam"); fit(x)` learns, from arrays and streams, and logs nats."""

import keras
import numpy as np
import pytest

from tests.contract.descriptors import RECIPES
from tests.contract.rows import array, assert_equal, each, of_each_kind


def row_called(name):
    return next(row for row in RECIPES if row.id == name)


DETERMINISTIC, VARIATIONAL = row_called("autoencoder-vector-laplace"), row_called("vae-image")
MODES = {
    "graph": {"jit_compile": False},
    "eager": {"run_eagerly": True, "jit_compile": False},
    "jit": {"jit_compile": True},
}


def test_fit_lowers_the_nll(trained):
    """Validation draws the same noise each time, so its first and last epoch compare."""
    history = trained.history
    assert np.isfinite(list(history.values())).all()
    assert history["nll"][-1] < history["nll"][0]
    assert history["val_nll"][-1] < history["val_nll"][0]


def test_every_weight_moves(trained):
    pairs = zip(trained.model.weights, trained.initial, trained.saved, strict=True)
    trainable = {id(weight) for weight in trained.model.trainable_weights}
    moved = {w.path for w, *values in pairs if id(w) in trainable and not np.array_equal(*values)}
    assert moved == {weight.path for weight in trained.model.trainable_weights}


def test_training_draws_noise(trained):
    """Each layer that draws noise drew some: at the posterior's mean a bound isn't one."""
    assert bool(trained.initial_noise) == (trained.row.noisy or trained.row.drawing)
    for before, after in zip(trained.initial_noise, trained.saved_noise, strict=True):
        assert not np.array_equal(before, after)


def test_logs_are_named_and_add_up(trained):
    row, history = trained.row, trained.history
    names = ("loss", "nll", *row.logs, *row.metrics)
    assert set(history) == {*names, *(f"val_{name}" for name in names)}
    if row.weight is not None:
        for before in ("", "val_"):
            penalty = sum(np.asarray(history[before + name]) for name in row.logs)
            total = np.asarray(history[f"{before}nll"]) + row.weight * penalty
            np.testing.assert_allclose(history[f"{before}loss"], total, rtol=1e-5)


def trained_by(row, data, mode="graph", optimizer="adam", **options):
    """Train a new model for an epoch without shuffling; return history and weights."""
    keras.utils.set_random_seed(0)
    model = row.new()
    model.compile(optimizer, **MODES[mode])
    history = model.fit(data, shuffle=False, verbose=0, **options).history
    return history, [array(weight) for weight in model.weights]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(DETERMINISTIC, id=DETERMINISTIC.id),
        pytest.param(VARIATIONAL, id=VARIATIONAL.id, marks=pytest.mark.slow),
    ],
)
def test_streams_train_as_arrays_do(row):
    import tensorflow as tf

    x = row.data(12)
    stream = tf.data.Dataset.from_tensor_slices(x).batch(4)
    history, weights = trained_by(row, x, batch_size=4)
    streamed_history, streamed = trained_by(row, stream)
    assert streamed_history == {k: pytest.approx(v, rel=1e-6) for k, v in history.items()}
    assert_equal(weights, streamed, rtol=1e-5, atol=1e-7)


@pytest.mark.slow
def test_training_without_noise_is_the_same_compiled_or_not():
    x = DETERMINISTIC.data(12)
    runs = [trained_by(DETERMINISTIC, x, mode) for mode in ("graph", "eager", "jit")]
    (expected_history, expected), *others = runs
    for history, weights in others:
        assert history == {k: pytest.approx(v, rel=1e-4) for k, v in expected_history.items()}
        assert_equal(weights, expected, rtol=1e-3, atol=1e-5)


# On JAX `run_eagerly` leaves out the compiler only: the step is traced for its gradient as ever.
# Each recipe by its name takes eager steps in other precisions too.
ON_JAX = keras.backend.backend() == "jax"
EAGER = [DETERMINISTIC, VARIATIONAL] if ON_JAX else of_each_kind(RECIPES)


@pytest.mark.slow
@each(EAGER)
def test_every_kind_of_recipe_trains_eagerly(row):
    """As a graph each is trained once for all tests (`trained`); with XLA in test_execution.py."""
    x, fast = row.data(), keras.optimizers.Adam(1e-2)
    options = {"batch_size": 8, "epochs": 4 if row.noisy else 2}  # noise hides what few learn
    history, _ = trained_by(row, x, "eager", fast, y=row.target(x), **options)
    assert np.isfinite(list(history.values())).all()
    assert history["nll"][-1] < history["nll"][0]
