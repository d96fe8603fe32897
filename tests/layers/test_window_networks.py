"""Networks of windows: any length, distinct and reproducible weights, who sees whom."""

import itertools

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import layers

LATENT = 3
BUILDERS = {
    "conv": (layers.conv1d_encoder, layers.conv1d_decoder, {"filters": (4, 4), "units": (4,)}),
    "lstm": (layers.recurrent_encoder, layers.recurrent_decoder, {"units": (4, 4)}),
    "gru": (layers.recurrent_encoder, layers.recurrent_decoder, {"units": (4,), "cell": "gru"}),
    "tcn": (layers.tcn_encoder, layers.tcn_decoder, {"filters": (4, 3)}),
    "attention": (
        layers.attention_encoder,
        layers.attention_decoder,
        {"width": 8, "blocks": 1, "heads": 2},
    ),
}


@pytest.fixture(params=BUILDERS.values(), ids=BUILDERS)
def row(request):
    return request.param


def draw(network, batch=3):
    shape = (batch, *network.input_shape[1:])
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def kernels(network):
    return [keras.ops.convert_to_numpy(each) for each in network.weights if "kernel" in each.name]


@pytest.mark.parametrize("shape", [(1, 1), (9, 2)])
def test_any_length(row, shape):
    encoder, decoder, options = row
    network = encoder(shape, **options)
    assert network(draw(network)).shape == (3, network.output_shape[1])
    network = decoder(shape, LATENT, **options, parameters_per_output=2)
    assert network.output_shape == (None, shape[0], 2 * shape[1])


def test_seeds(row):
    """One seed, the same weights; and no two kernels of encoder and decoder are alike."""
    encoder, decoder, options = row
    shape = (8, 2)
    one = kernels(encoder(shape, **options, seed=1))
    both = [*one, *kernels(decoder(shape, LATENT, **options, seed=1))]
    for first, second in zip(one, kernels(encoder(shape, **options, seed=1)), strict=True):
        np.testing.assert_array_equal(first, second)
    for first, second in itertools.combinations(both, 2):
        assert first.size < 4 or not np.array_equal(first.ravel(), second.ravel())
    other = kernels(encoder(shape, **options, seed=2))
    assert not any(map(np.array_equal, one, other))


@pytest.mark.parametrize("name", ["tcn", "attention"])
@pytest.mark.parametrize("causal", [True, False])
def test_causal_steps_see_no_later_ones(name, causal):
    build, _, options = BUILDERS[name]
    encoder = build((8, 2), **options, causal=causal, seed=0)
    x = draw(encoder, 1)
    later = x.copy()
    later[0, 5] += 1.0
    one, other = (np.reshape(encoder(each), (8, -1)) for each in (x, later))
    assert np.array_equal(one[:5], other[:5]) == causal
    assert not np.array_equal(one[5:], other[5:])


def test_a_causal_decoder():
    """Its blocks take no step from later ones; the latent reaches all."""
    decoder = layers.tcn_decoder((8, 2), LATENT, (4,), causal=True)
    assert {layer.padding for layer in decoder.layers if hasattr(layer, "padding")} == {"causal"}


def test_dilations_double():
    for build, rates in ((layers.tcn_encoder, [1, 1, 2, 2]), (layers.tcn_decoder, [2, 2, 1, 1])):
        arguments = {"output_shape": (8, 2), "latent_dim": 2} if rates[0] == 2 else {}
        network = build(**arguments or {"input_shape": (8, 2)}, filters=(4, 4))
        found = [
            layer.dilation_rate[0] for layer in network.layers if hasattr(layer, "dilation_rate")
        ]
        assert found == rates


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_unrolled_is_the_same(cell):
    one, other = (
        layers.recurrent_encoder((6, 2), (4,), cell, unroll=unroll, seed=0)
        for unroll in (False, True)
    )
    np.testing.assert_allclose(one(draw(one)), other(draw(one)), rtol=1e-5, atol=1e-6)


def test_positions_are_seen():
    """Attention alone would take the steps in any order."""
    encoder = layers.attention_encoder((5, 1), 8, 1, 2, seed=0)
    same = np.ones((1, 5, 1), "float32")
    steps = np.reshape(encoder(same), (5, 8))
    assert np.abs(steps - steps[:1]).max() > 0.01


@pytest.mark.parametrize(
    "name",
    ["gru", *(pytest.param(each, marks=pytest.mark.slow) for each in BUILDERS if each != "gru")],
)
def test_a_recipe_takes_each_by_its_name(name):
    x = np.random.default_rng(0).normal(size=(16, 6, 2)).astype("float32")
    options = {} if name != "attention" else {"network_options": {"width": 8, "heads": 2}}
    model = keras_ae.create_model("vae", (6, 2), 2, network=name, seed=0, **options)
    assert type(model.likelihood).__name__ == "GaussianLikelihood"
    assert model.reconstruct(x).shape == x.shape
    encoder = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(model.encoder)
    )
    assert {type(layer).__module__.split(".")[0] for layer in encoder.layers} == {"keras"}


def test_further_options_of_a_recipe():
    model = keras_ae.create_model(
        "autoencoder", (6, 2), 2, network="tcn", network_options={"causal": True}, filters=(4,)
    )
    assert {layer.padding for layer in model.encoder.layers if hasattr(layer, "padding")} == {
        "causal"
    }
    deep = keras_ae.create_model("vae", (6, 2), 2, filters=(4,))
    assert "Conv1D" in [type(layer).__name__ for layer in deep.encoder.layers]


@pytest.mark.parametrize(
    ("shape", "options", "words"),
    [
        ((6, 2), {"network": "rnn"}, "`network` must be one of dense, conv, lstm, gru, tcn, att"),
        ((6,), {"network": "gru"}, r"`network` must be one of dense for input_shape=\(6,\)"),
        ((6, 2), {"network": "lstm", "filters": (4,)}, "`filters` must be None for the network l"),
        ((6, 2), {"network": "attention", "units": (4,)}, "`units` must be None for the network"),
        ((6,), {"filters": (4,)}, "`filters` must be None for the network dense"),
        ((6, 2), {"network": "gru", "network_options": {"cell": "lstm"}}, "gru: unroll. Received"),
        ((6, 2), {"network": "tcn", "network_options": 3}, "`network_options` must be a dict"),
        ((6, 2), {"network": "tcn", "spatial": True}, "A spatial code is of images"),
    ],
)
def test_what_a_recipe_refuses(shape, options, words):
    with pytest.raises((TypeError, ValueError), match=words) as caught:
        keras_ae.create_model("autoencoder", shape, 2, **options)
    assert "\n" not in str(caught.value)
