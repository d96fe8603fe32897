"""Promise: several steps in one compiled call are the steps that Keras runs one by one."""

import logging

import keras
import numpy as np
import pytest

from keras_ae import layers
from keras_ae.execution import device_data, rule
from keras_ae.execution.shuffled_batches import ShuffledBatches
from tests.contract.descriptors import RECIPES
from tests.contract.rows import array, assert_equal, each, of_each_kind
from tests.contract.test_learning import DETERMINISTIC, VARIATIONAL

EXAMPLES, BATCH = 23, 4  # five batches and a short one
JIT = {"jit_compile": True}
GRAPH = {"jit_compile": keras.backend.backend() == "jax"}  # on JAX all that is compiled is XLA's


def fitted(row, steps, options=GRAPH, **fit):
    """Train a new model; return it, its history and its weights."""
    keras.utils.set_random_seed(0)
    model = row.new()
    model.compile("adam", steps_per_execution=steps, **options)
    x = fit.pop("x", row.data(EXAMPLES))
    fit = {"batch_size": BATCH, "epochs": 2, "shuffle": False, "verbose": 0, **fit}
    fit.setdefault("y", row.target(x))
    history = model.fit(x, **fit).history
    return model, history, [array(weight) for weight in model.weights]


def assert_same(several, single, rtol=1e-5):
    (_, history, weights), (_, expected_history, expected) = several, single
    assert history == {k: pytest.approx(v, rel=rtol) for k, v in expected_history.items()}
    assert_equal(weights, expected, rtol=1e-4, atol=1e-5)


def is_held(model):
    """Whether the last training ran over arrays on the device."""
    return any(kind == "train" for kind, *_ in model._execution.made)


def test_steps_in_one_call_are_the_steps_one_by_one():
    validation = {"validation_data": (DETERMINISTIC.data(9),)}
    several = fitted(DETERMINISTIC, 2, **validation)
    assert is_held(several[0])
    single = fitted(DETERMINISTIC, 1, **validation)
    assert not is_held(single[0])
    assert_same(several, single)


@pytest.mark.slow
@each(of_each_kind(RECIPES))
def test_every_kind_of_recipe_trains_with_xla_several_steps_in_a_call(row):
    """They are the steps one by one, which need no XLA unless it draws the noise: its own."""
    data = {"x": row.data(8 * BATCH), "epochs": 4}  # alike, for XLA takes seconds for each size
    several = fitted(row, 4, JIT, **data)
    assert is_held(several[0])
    single = fitted(row, 1, JIT if row.noisy or row.drawing else GRAPH, **data)
    assert not is_held(single[0])
    assert_same(several, single, rtol=1e-4)
    history = single[1]
    assert np.isfinite(list(history.values())).all()
    assert history["nll"][-1] < history["nll"][0]


@pytest.mark.slow
@each([DETERMINISTIC, VARIATIONAL])
def test_several_steps_go_on_after_loading(row, tmp_path):
    model, *_ = fitted(row, 7)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.steps_per_execution == 7
    x = row.data(EXAMPLES)
    for part in (loaded, model):
        part.fit(x, batch_size=BATCH, shuffle=False, verbose=0)
    assert_equal(loaded.get_weights(), model.get_weights(), rtol=1e-4, atol=1e-5)


def test_targets_weights_and_metrics():
    x = DETERMINISTIC.data(EXAMPLES)
    weight = np.linspace(0, 2, EXAMPLES)
    options = {**GRAPH, "metrics": ["mse"], "weighted_metrics": ["mae"]}
    data = {"x": x, "y": x[::-1].copy(), "sample_weight": weight, "validation_split": 0.3}
    several = fitted(DETERMINISTIC, 3, options, **data)
    assert is_held(several[0])
    assert {"loss", "nll", "mse", "mae", "val_loss"} <= set(several[1])
    assert_same(several, fitted(DETERMINISTIC, 1, options, **data))


def test_an_input_that_is_its_own_target_is_held_once():
    x = DETERMINISTIC.data(EXAMPLES).astype("float64")
    held = device_data.hold(x, x, np.ones(EXAMPLES), BATCH)
    assert len(held.arrays) == 2
    assert held.places == (0, 0, 1)
    assert keras.backend.standardize_dtype(held.arrays[0].dtype) == "float32"


def test_shuffling_takes_each_example_once_an_epoch():
    held = device_data.hold(np.arange(EXAMPLES), None, None, BATCH, shuffle=True)
    blocks, seen = held.blocks(), []
    for iterator in (object(), object()):
        rows = []
        for _ in range(3):
            ((_, whole, short),) = blocks.take(iterator, 2)
            assert whole.shape == (2 if short is None else 1, BATCH)
            rows.extend([*whole.ravel(), *([] if short is None else short)])
        assert sorted(rows) == list(range(EXAMPLES))
        seen.append(rows)
    assert seen[0] != seen[1]


@pytest.mark.slow
def test_shuffled_batches_are_held_in_their_own_order():
    x = DETERMINISTIC.data(EXAMPLES)
    runs = []
    for steps in (4, 1):
        batches = ShuffledBatches(x, BATCH, seed=3, initial_epoch=5)
        data = {"x": batches, "batch_size": None, "steps_per_epoch": batches.steps}
        runs.append(fitted(DETERMINISTIC, steps, initial_epoch=5, **{**data, "epochs": 8}))
    assert is_held(runs[0][0])
    assert_same(*runs)


@pytest.mark.slow
def test_callbacks_act_once_a_call():
    class Ends(keras.callbacks.Callback):
        steps = ()

        def on_train_batch_end(self, batch, logs=None):
            self.steps = (*self.steps, batch)
            assert logs["loss"] > 0

    several, single = Ends(), Ends()
    fitted(DETERMINISTIC, 4, epochs=1, callbacks=[several])
    fitted(DETERMINISTIC, 1, epochs=1, callbacks=[single])
    assert several.steps == (3, 7)  # Keras' own count for 4 + 2 steps
    assert single.steps == (0, 1, 2, 3, 4, 5)


def test_a_training_broken_off_in_an_epoch_starts_the_next_one_anew():
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = True

    model, *_ = fitted(DETERMINISTIC, 2, callbacks=[Stop()])
    history = model.fit(DETERMINISTIC.data(EXAMPLES), batch_size=BATCH, verbose=0).history
    assert len(history["loss"]) == 1
    assert int(model.optimizer.iterations) == 2 + 6


@pytest.mark.slow
def test_evaluation_in_a_callback_does_not_disturb_validation():
    """More steps in a call than an epoch has, of a model that draws noise."""
    other = VARIATIONAL.data(8)

    class Evaluate(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.evaluate(other, batch_size=3, verbose=0)

    data = {"validation_data": (VARIATIONAL.data(9),)}
    several = fitted(VARIATIONAL, 7, callbacks=[Evaluate()], **data)
    single = fitted(VARIATIONAL, 1, **data)
    assert is_held(several[0])
    assert not is_held(single[0])
    assert_same(several, single)


@pytest.mark.slow
def test_evaluate_is_the_same_in_several_steps():
    x = VARIATIONAL.data(EXAMPLES)
    models = [VARIATIONAL.new() for _ in range(2)]
    for model, steps in zip(models, (3, 1), strict=True):
        model.compile(steps_per_execution=steps, **GRAPH)
    several, single = (m.evaluate(x, batch_size=BATCH, verbose=0) for m in models)
    assert several == pytest.approx(single, rel=1e-5)
    assert models[0].evaluate(x, batch_size=BATCH, verbose=0) == several


def test_bytes_stay_bytes_on_the_device():
    model = layers_model()
    x = np.random.default_rng(0).integers(0, 256, (EXAMPLES, 6), dtype="uint8")
    model.compile("adam", steps_per_execution=3)
    model.fit(x, batch_size=BATCH, verbose=0)
    assert is_held(model)
    held = device_data.hold(x, None, None, BATCH)
    assert keras.backend.standardize_dtype(held.arrays[0].dtype) == "uint8"


def layers_model():
    """An autoencoder of bytes, whose shape isn't known before it sees data."""
    from keras_ae import Autoencoder

    return Autoencoder(
        encoder=keras.Sequential([keras.layers.Dense(4)]),
        bottleneck=layers.DenseBottleneck(2),
        decoder=keras.Sequential([keras.layers.Dense(6)]),
        preprocessor=keras.layers.Rescaling(1 / 255),
    )


def test_an_eager_training_is_left_to_keras():
    options = {"run_eagerly": True, "jit_compile": False}
    model, history, _ = fitted(DETERMINISTIC, 2, options, x=DETERMINISTIC.data(8), epochs=1)
    assert not is_held(model)
    assert np.isfinite(history["loss"]).all()


@pytest.mark.slow
def test_the_rest_is_left_to_keras():
    x = DETERMINISTIC.data(5 * BATCH)

    def generator():
        while True:
            yield (x[:BATCH],)

    model = DETERMINISTIC.new()
    model.compile("adam", steps_per_execution=2, **GRAPH)
    for data, options in (
        (x, {"batch_size": BATCH, "steps_per_epoch": 3}),
        (x, {"batch_size": BATCH, "shuffle": "batch"}),
        (generator(), {"steps_per_epoch": 2}),
    ):
        history = model.fit(data, **{"shuffle": False, "verbose": 0, **options}).history
        assert not is_held(model), options
        assert np.isfinite(history["loss"]).all()


def test_data_too_large_for_the_device_are_left_to_keras(monkeypatch):
    x = DETERMINISTIC.data(EXAMPLES)
    monkeypatch.setattr(device_data, "MAX_BYTES", x.nbytes - 1)
    assert device_data.hold(x, None, None, BATCH) is None
    monkeypatch.setattr(device_data, "MAX_BYTES", x.nbytes)
    assert device_data.hold(x, None, None, BATCH) is not None


def test_auto_follows_the_rule_and_is_saved(monkeypatch, caplog, tmp_path):
    monkeypatch.setattr(rule, "MIN_STEPS", 1)
    with caplog.at_level(logging.INFO, "keras_ae"):
        model, history, _ = fitted(VARIATIONAL, "auto", {"jit_compile": "auto"})
        model.fit(VARIATIONAL.data(EXAMPLES), batch_size=BATCH, verbose=0)
    assert is_held(model)
    said = [record.message for record in caplog.records]
    way = "with" if keras.backend.backend() == "jax" else "without"  # the model convolves
    assert said == [f"{model.name}: 5 steps in a call, {way} XLA"]
    assert model.steps_per_execution == 5  # all whole batches of an epoch
    assert history["loss"][1] < history["loss"][0]
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.get_compile_config()["steps_per_execution"] == "auto"
    assert loaded.get_compile_config()["jit_compile"] == "auto"


def test_auto_leaves_a_short_training_to_keras():
    model, *_ = fitted(DETERMINISTIC, "auto", {"jit_compile": "auto"}, epochs=1)
    assert not is_held(model)
    assert model.steps_per_execution == 1


@pytest.mark.parametrize("steps", [0, 1.5, "many"])
def test_steps_are_checked(steps):
    with pytest.raises((TypeError, ValueError), match="steps_per_execution.*Received: "):
        DETERMINISTIC.new().compile("adam", steps_per_execution=steps)
