"""Dead units explain what the others leave: numbers, gradients, and that they come back."""

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import layers
from tests.contract.rows import array

JIT = keras.backend.backend() == "jax"
FEW_STEPS = {"jit_compile": JIT, "run_eagerly": not JIT}
UNITS, WIDTH = 12, 8
X = np.random.default_rng(0).normal(size=(64, WIDTH)).astype("float32")


def new(k=2, dead=(1, 4, 5), **options):
    """Return a model whose k active units an example are never among the dead ones."""
    penalty = layers.ResidualPenalty(k=k, **{"weight": 0.5, "steps": 3, **options})
    model = keras_ae.create_model("topk_sparse", (WIDTH,), UNITS, k=2, penalty=penalty, seed=0)
    penalty.inactive_steps.assign(np.where(np.isin(np.arange(UNITS), dead), 3.0, 2.0))
    return model


def expected(model, k, dead):
    """Return what is added to the loss of each example, by NumPy: a squared error of residuals."""
    kernel, bias = (array(each) for each in model.bottleneck.dense.weights)
    dictionary, offset = (array(each) for each in model.decoder.layers[0].weights)
    residual = X - (model.encode(X) @ dictionary + offset)
    activation = np.where(np.isin(np.arange(UNITS), dead), np.maximum(X @ kernel + bias, 0), 0)
    least = np.sort(activation, axis=1)[:, -k:][:, :1]
    explained = np.where(activation >= least, activation, 0) @ dictionary
    before, after = np.square(residual), np.square(residual - explained)
    return 0.5 * (after - before).sum(axis=1) / 2


@pytest.mark.parametrize("dead", [(1, 4, 5), (1, 4, 5, 6, 7), ()])
@pytest.mark.parametrize("k", [2, UNITS])
def test_it_is_the_squared_error_between_residuals(k, dead):
    model = new(k, dead)
    model.compile("adam", **FEW_STEPS)
    logs = model.evaluate(X, return_dict=True, verbose=0)
    assert logs["residual"] == pytest.approx(expected(model, k, dead).mean(), rel=1e-4, abs=1e-6)
    assert logs["loss"] == pytest.approx(logs["nll"] + logs["residual"], rel=1e-5)
    assert (logs["residual"] == 0) == (not dead)


def step(weight):
    """Return the weights of encoder and dictionary after a step of SGD."""
    model = new(weight=weight)
    model.decoder.layers[0].kernel_constraint = None
    model.decoder.layers[0].kernel.constraint = None
    random = np.random.default_rng(1).normal(size=(WIDTH, UNITS))
    model.bottleneck.dense.kernel.assign(random)
    model.compile(keras.optimizers.SGD(0.1), **FEW_STEPS)
    model.train_on_batch(X)
    weights = [*model.bottleneck.dense.weights, *model.decoder.layers[0].weights]
    return [array(each) for each in weights]


def test_it_trains_dead_units_alone():
    """A bias of the decoder is no unit's, and the others' reconstruction stays as it is."""
    pairs = zip(step(weight=0.0), step(weight=1.0), strict=True)
    kernel, bias, dictionary, offset = (np.abs(one - other) for one, other in pairs)
    alive = ~np.isin(np.arange(UNITS), (1, 4, 5))
    for moved in (kernel.max(axis=0), bias, dictionary.max(axis=1)):
        assert moved[~alive].max() > 1e-3
        np.testing.assert_allclose(moved[alive], 0, atol=1e-6)
    np.testing.assert_allclose(offset, 0, atol=1e-6)


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_a_dead_unit_comes_back(weight):
    """Each example is one of 4 coordinates; the unit of the last one is always below another.

    In so few steps those don't give way by themselves.
    """
    random = np.random.default_rng(0)
    x = np.eye(4)[random.integers(0, 4, 384)] * random.uniform(1, 2, (384, 1))
    penalty = layers.ResidualPenalty(k=2, weight=weight, steps=2)
    model = keras_ae.create_model("topk_sparse", (4,), 4, k=1, penalty=penalty, seed=0)
    model.decoder.layers[0].kernel.assign(np.eye(4))
    model.bottleneck.dense.kernel.assign(np.diag([1, 1, 1, 0.01]))
    model.bottleneck.dense.bias.assign([0.1, 0.11, 0.12, 0.0])
    assert not model.encode(x)[:, 3].any()
    model.compile(keras.optimizers.SGD(0.05), jit_compile=JIT)
    model.fit(x, batch_size=32, shuffle=False, verbose=0)
    assert model.encode(x)[:, 3].any() == (weight > 0)


def test_it_stands_beside_the_other_penalties(tmp_path):
    penalty = [layers.DeadUnitPenalty(steps=2), layers.ResidualPenalty(k=2, steps=2)]
    model = keras_ae.create_model(
        "topk_sparse", (WIDTH,), UNITS, k=2, penalty=penalty, prefixes=(4,), seed=0
    )
    model.compile("adam", **FEW_STEPS)
    logs = model.fit(X, epochs=2, verbose=0).history
    assert {"auxiliary", "residual", "prefixes"} < set(logs)
    model.penalties[1].inactive_steps.assign(np.arange(UNITS))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for one, other in zip(model.penalties[:2], loaded.penalties[:2], strict=True):
        np.testing.assert_array_equal(array(one.inactive_steps), array(other.inactive_steps))
    np.testing.assert_array_equal(array(loaded.penalties[1].inactive_steps), np.arange(UNITS))
