"""Promise: under mixed precision weights, priors, likelihoods, penalties and nats stay float32."""

import keras
import numpy as np
import pytest

from keras_ae import layers
from tests.contract.descriptors import PARTS, RECIPES
from tests.contract.model_rows import NETWORKS
from tests.contract.rows import array, each, runnable

ON_TENSORFLOW = keras.backend.backend() == "tensorflow"
POLICIES = ("mixed_bfloat16", "mixed_float16")
ALWAYS_FLOAT32 = (layers.Prior, layers.Likelihood, layers.Scale)
IMAGES = next(row for row in RECIPES if row.id == "vae-image")

policies = pytest.mark.parametrize("policy", POLICIES)
one_policy = pytest.mark.parametrize(
    "policy", [POLICIES[0], pytest.param(POLICIES[1], marks=pytest.mark.slow)]
)


@pytest.fixture
def globally():
    """Return a function that sets the global policy; the old one comes back after the test."""
    before = keras.config.dtype_policy()
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy(before)


def dtypes(tensors):
    return {
        keras.backend.standardize_dtype(tensor.dtype) for tensor in keras.tree.flatten(tensors)
    }


def assert_float32_where_it_counts(model):
    """Fail unless the weights, and all that computes nats, are float32."""
    assert dtypes([w for w in model.weights if "float" in w.dtype]) == {"float32"}
    for part in model._flatten_layers():
        if isinstance(part, (*ALWAYS_FLOAT32, layers.Penalty)):
            assert part.compute_dtype == "float32", part


def traced(layer, batch):
    """Return what a training call on JAX returns, as shapes and types: it would compile it all."""
    import jax

    layer(*(keras.KerasTensor(x.shape, str(x.dtype)) for x in batch))  # builds it
    with keras.StatelessScope():
        return jax.eval_shape(lambda *inputs: layer(*inputs, training=True), *batch)


@each(PARTS + NETWORKS)
def test_parts_compute_in_their_dtype(row, globally):
    globally("mixed_bfloat16")
    layer, batch = row.ready(), row.batch(3)
    outputs = layer(*batch, training=True) if ON_TENSORFLOW else traced(layer, batch)
    assert dtypes(outputs) == {"float32" if row.mixed == "float32" else "bfloat16"}
    symbolic = layer(*(keras.Input(shape, dtype=row.dtype) for shape in row.inputs))
    assert dtypes(symbolic) == dtypes(outputs)  # what the layers after it are built for
    assert dtypes(layer.weights) <= {"float32"}
    assert dtypes(layer.losses) <= {"float32"}


@each([row for row in PARTS if issubclass(row.make, ALWAYS_FLOAT32)])
def test_densities_are_float32_even_when_asked_otherwise(row):
    layer = row.ready(dtype="mixed_float16")
    assert dtypes(layer(*row.batch(3))) == {"float32"}


# JAX compiles each step for seconds, and float16 differs from bfloat16 in no code of ours.
STEPS = [
    pytest.param(
        row, policy, id=f"{row.id}-{policy}", marks=[pytest.mark.slow] * (policy != POLICIES[0])
    )
    for policy in POLICIES
    for row in runnable(RECIPES)
    if not row.alike or (ON_TENSORFLOW and policy == POLICIES[0])
    if ON_TENSORFLOW or policy == POLICIES[0] or row is IMAGES
]


@pytest.mark.parametrize(("row", "policy"), STEPS)
def test_one_finite_step(row, policy):
    model, x = row.new(dtype=policy), row.data(8)
    # Eager is the quicker way to one step on TensorFlow; JAX compiles each operation then.
    model.compile("adam", run_eagerly=ON_TENSORFLOW)
    logs = model.train_on_batch(x, row.target(x), return_dict=True)
    assert np.isfinite(list(logs.values())).all()
    assert set(logs) == {"loss", "nll", *row.logs, *row.metrics}
    assert_float32_where_it_counts(model)


@one_policy
def test_the_global_policy_does_the_same_in_compiled_steps(policy, globally):
    globally(policy)
    model, x = IMAGES.new(), IMAGES.data()
    assert model.dtype_policy.name == policy
    model.compile("adam")
    history = model.fit(x, batch_size=8, epochs=2, validation_data=(x,), verbose=0).history
    assert np.isfinite(list(history.values())).all()
    assert_float32_where_it_counts(model)


@policies
def test_the_nll_is_that_of_float32(policy):
    """Half precision costs digits in the networks, not in the sum over outputs."""
    exact, mixed, x = IMAGES.new(), IMAGES.new(dtype=policy), IMAGES.data()
    mixed.set_weights(exact.get_weights())
    nll, same = (model.likelihood.log_prob(x, model(x)) for model in (exact, mixed))
    assert dtypes([nll, same]) == {"float32"}
    np.testing.assert_allclose(array(same), array(nll), rtol=2e-3)
