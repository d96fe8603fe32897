"""Promise: shapes and dtypes for any batch size; inputs stay as they are; noise in training."""

import keras
import numpy as np
import pytest

from keras_ae import layers
from tests.contract.descriptors import PARTS
from tests.contract.model_rows import MODELS, NETWORKS, POSTERIORS
from tests.contract.quantizer_rows import QUANTIZED
from tests.contract.rows import array, assert_equal, each, runnable

ROWS = PARTS + NETWORKS + MODELS
BATCHES = (1, 3)


def outputs_of(layer, inputs, **options):
    """Call a layer; return its outputs as a list of arrays."""
    return [array(output) for output in keras.tree.flatten(layer(*inputs, **options))]


@pytest.fixture(scope="module", params=runnable(ROWS), ids=lambda row: row.id)
def part(request):
    """Return a row and its layer, for tests that only call it."""
    return request.param, request.param.ready()


def test_shapes_and_dtypes(part):
    row, layer = part
    for size in BATCHES:
        outputs = outputs_of(layer, row.batch(size))
        assert [output.shape for output in outputs] == row.shapes(size)
        assert {output.dtype for output in outputs} == {np.dtype("float32")}
        assert all(np.isfinite(output).all() for output in outputs)


@each(ROWS)
def test_symbolic_shapes_are_the_real_ones(row):
    """A layer tells its output's shape before any data, with the batch size left open."""
    layer = row.ready()
    inputs = [keras.Input(shape, dtype=row.dtype) for shape in row.inputs]
    outputs = keras.tree.flatten(layer(*inputs))
    assert [tuple(output.shape) for output in outputs] == row.shapes(None)
    assert {output.dtype for output in outputs} == {"float32"}


def test_deterministic_outside_training_and_inputs_stay(part):
    row, layer = part
    inputs = row.batch(3)
    first, weights = outputs_of(layer, inputs, training=False), layer.get_weights()
    layer(*inputs, training=True)
    assert_equal(inputs, row.batch(3))
    moved = [not np.array_equal(*each) for each in zip(weights, layer.get_weights(), strict=True)]
    assert any(moved) == row.averages
    layer.set_weights(weights)
    for again in (outputs_of(layer, inputs, training=False), outputs_of(layer, inputs)):
        assert_equal(first, again)


def test_an_example_is_alone(part):
    """Outside training no example sees another: a batch gives what they give alone."""
    row, layer = part
    inputs = row.batch(3)
    whole = outputs_of(layer, inputs, training=False)
    single = outputs_of(layer, [x[1:2] for x in inputs], training=False)
    for all_of_them, one in zip(whole, single, strict=True):
        expected = all_of_them[1:2] if all_of_them.ndim else all_of_them
        np.testing.assert_allclose(one, expected, rtol=1e-5, atol=1e-6)


@each(POSTERIORS)
def test_posteriors(row):
    posterior = row.new()
    prior = layers.StandardNormalPrior()
    prior.build((None, 2))
    latent = posterior.sample(seed=0)
    per_example = (posterior.log_prob(latent), posterior.kl(prior), prior.kl(posterior, latent))
    for tensor in (posterior.mean, posterior.scale, posterior.log_var, latent):
        assert array(tensor).shape == (4, 2)
    for tensor in per_example:
        assert array(tensor).shape == (4,)
        assert array(tensor).dtype == np.float32
    np.testing.assert_array_equal(array(latent), array(posterior.sample(seed=0)))
    assert not np.array_equal(array(latent), array(posterior.sample(seed=1)))
    noise = np.zeros((4, 2), "float32")
    np.testing.assert_array_equal(array(posterior.sample(epsilon=noise)), array(posterior.mean))
    with pytest.raises(ValueError, match="not both.*seed=0"):
        posterior.sample(epsilon=noise, seed=0)


def test_models_return_the_likelihoods_parameters(untrained):
    row, model = untrained
    shape = model.likelihood.parameters_shape(row.output or row.shape)
    for size in BATCHES:
        x = row.data(size)
        parameters = array(model(x))
        assert parameters.shape == (size, *shape)
        assert parameters.dtype == np.float32
        np.testing.assert_array_equal(x, row.data(size))
        np.testing.assert_array_equal(array(model(x, training=False)), parameters)
        assert array(model.likelihood.mean(parameters)).shape == (size, *(row.output or row.shape))


@each(QUANTIZED)
def test_indices_come_back(row):
    model, x = row.new(), row.data(BATCHES[-1])
    functions = model.functions()
    indices = array(functions["indices"](x)["indices"])
    assert indices.dtype == np.int32
    assert set(indices.ravel()) <= set(range(model.bottleneck.codes))
    decoded = array(functions["decode_indices"](indices)["reconstruction"])
    np.testing.assert_allclose(decoded, model.reconstruct(x), atol=1e-6)
    plain = model.encoder_model().predict(x, verbose=0)
    np.testing.assert_allclose(plain, model.encode(x), atol=1e-6)


def test_only_noisy_models_draw_noise_and_only_in_training(untrained):
    row, model = untrained
    x = row.data() if row.batchwise else row.data(BATCHES[-1])  # a small batch may change nothing
    clean, weights = array(model(x)), model.get_weights()
    noisy = []
    for _ in range(2):
        noisy.append(array(model(x, training=True)))
        model.set_weights(weights)  # moving averages move in training
    assert np.array_equal(*noisy) == (not row.noisy)
    assert np.array_equal(noisy[0], clean) == (not row.noisy and not row.batchwise)


def test_each_call_adds_its_penalties_once(untrained):
    row, model = untrained
    x = row.data(BATCHES[-1])
    for _ in range(2):
        model(x, training=True)
        taken = [(penalty, penalty.take()) for penalty in model.bottleneck.penalties]
        recorded = [array(values) for penalty, values in taken if not penalty.needs_decoder]
        assert len(model.bottleneck.penalties) == len(row.logs)
        assert all(np.isfinite(values).all() for values in recorded)
        assert all(penalty.take() is None for penalty in model.bottleneck.penalties)
        # Outside a compiled step Keras keeps added losses on TensorFlow only.
        if keras.backend.backend() == "tensorflow":
            assert len(model.losses) == len(recorded)  # the others wait for the decoder
