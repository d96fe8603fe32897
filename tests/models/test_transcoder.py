"""Transcoders: a known map is learned, targets are scaled on their own, pairs are asked for."""

import json

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import layers
from keras_ae.evaluation import dictionary_recovery, dictionary_scores, evaluate_model
from tests.contract.rows import array

SOURCES, ACTIVE, OUTPUTS = 16, 2, (3, 4)
JIT = keras.backend.backend() == "jax"
MAP = np.random.default_rng(0).normal(size=(SOURCES, 12))


def pairs(examples, seed=0):
    """Return sparse examples, 2 of 16 numbers above 0, and a linear map of them."""
    random = np.random.default_rng(seed)
    order = random.random((examples, SOURCES)).argsort(axis=1)
    x = (order < ACTIVE) * random.uniform(0.5, 1.5, order.shape)
    return x.astype("float32"), (x @ MAP).reshape(examples, *OUTPUTS).astype("float32")


def new(**options):
    options = {"k": ACTIVE, "output_shape": OUTPUTS, "seed": 0, **options}
    return keras_ae.create_model("transcoder", (SOURCES,), 2 * SOURCES, **options)


@pytest.mark.slow
def test_a_known_linear_map_of_sparse_inputs_is_learned():
    keras.utils.set_random_seed(0)
    x, y = pairs(4096)
    model = new(k=ACTIVE + 1)
    model.compile(keras.optimizers.Adam(0.01), jit_compile=JIT)
    model.fit(x, y, epochs=25, batch_size=128, verbose=0)
    fresh, expected = pairs(512, seed=1)
    scores = dictionary_scores(model, fresh, expected)
    assert scores.explained_variance > 0.98
    assert scores.l0 == pytest.approx(ACTIVE + 1, abs=0.1)
    # Each input's share of the output is a vector of the dictionary.
    assert dictionary_recovery(array(model.decoder.layers[0].kernel), MAP) > 0.97
    assert model.reconstruct(fresh).shape == (512, *OUTPUTS)
    predicted = model.predict(fresh, verbose=0)
    np.testing.assert_allclose(predicted, model.reconstruct(fresh), rtol=1e-4, atol=1e-5)


def test_input_and_target_are_scaled_each_on_its_own():
    """Nats are those of the scaled target, reconstructions are in its own units."""
    x, y = pairs(64)
    scaled = new(
        preprocessor=keras.layers.Rescaling(0.5),
        target_preprocessor=keras.layers.Rescaling(0.1, offset=3.0),
    )
    plain = new()
    plain.set_weights(scaled.get_weights())
    for model in (scaled, plain):
        model.compile("adam", run_eagerly=not JIT)
    one = scaled.evaluate(x, y, verbose=0, return_dict=True)
    other = plain.evaluate(0.5 * x, 0.1 * y + 3.0, verbose=0, return_dict=True)
    assert one == pytest.approx(other, rel=1e-5)
    expected = (plain.reconstruct(0.5 * x) - 3.0) / 0.1
    np.testing.assert_allclose(scaled.reconstruct(x), expected, rtol=1e-4, atol=1e-4)
    alone = scaled.decoder_model().predict(scaled.encoder_model().predict(x, verbose=0), verbose=0)
    np.testing.assert_allclose(alone, expected, rtol=1e-4, atol=1e-4)


def test_inputs_of_any_size_with_targets_of_a_range():
    """The likelihood's range is the target's."""
    x, y = pairs(32)
    model = new(likelihood=layers.BernoulliLikelihood())
    model.compile("adam", run_eagerly=not JIT)
    model.fit(100 * x, (y > 0).astype("float32"), verbose=0)
    with pytest.raises(ValueError, match=r"`y` must lie in \[0, 1\]"):
        model.fit(x, y, verbose=0)


X, Y = pairs(8)
# What is called, what the error says that was expected, and what was received.
BAD = {
    "no target": (
        lambda m: m.fit(X),
        "`x` must come with its target, as in fit(x, y)",
        "no target",
    ),
    "evaluate": (lambda m: m.evaluate(X, verbose=0), "`x` must come with its target", "no target"),
    "validation": (
        lambda m: m.fit(X, Y, validation_data=(X,)),
        "`validation_data` must come with its target",
        "no target",
    ),
    "stream": (lambda m: m.fit(iter([(X,)])), "`first batch of x` must come with", "no target"),
    "shape": (lambda m: m.fit(X, X), "`y` must have shape (examples, 3, 4)", "(8, 16)"),
    "input": (lambda m: m.fit(Y, Y), "`x` must have shape (examples, 16)", "(8, 3, 4)"),
    "nan": (lambda m: m.fit(X, Y * np.nan), "`y` must be finite", "96 NaN"),
    "score": (lambda m: m.anomaly_score(X), "`x` can't be scored without its target", "no target"),
    "terms": (lambda m: m.score_terms(X), "`x` can't be scored without its target", "no target"),
    "all scores": (lambda m: evaluate_model(m, X), "an example alone", "a Transcoder"),
    "y": (lambda m: dictionary_scores(m, X), "`y` must be given", "y=None"),
    "y shape": (lambda m: dictionary_scores(m, X, X), "shape, (8, 3, 4)", "(8, 16)"),
}


@pytest.mark.parametrize("case", BAD.values(), ids=BAD)
def test_what_it_can_t_do_is_refused_in_one_line(case):
    call, expected, received = case
    model = new(penalty=())
    model.compile("adam")
    with pytest.raises(ValueError, match="Received: ") as caught:
        call(model)
    what, _, that = str(caught.value).partition("Received: ")
    assert expected in what
    assert received in that
    assert "\n" not in that


def test_a_normalization_without_statistics_is_named():
    model = new(target_preprocessor=keras.layers.Normalization())
    model.compile("adam")
    with pytest.raises(ValueError, match="`target_preprocessor` must be adapted"):
        model.fit(X, Y)


def test_with_a_target_of_the_input_s_shape():
    model = new(output_shape=None)
    model.compile("adam", run_eagerly=not JIT)
    model.fit(X, X[:, ::-1], verbose=0)
    assert model.reconstruct(X).shape == X.shape
    with pytest.raises(ValueError, match="must come with its target"):
        model.fit(X)


@pytest.mark.slow
@pytest.mark.skipif(JIT, reason="exports run on the TensorFlow backend")
def test_a_bundle_with_int8_and_openvino(tmp_path):
    """The contract has the other formats; int8 of the map is not compared with the input."""
    from keras_ae.export import export_model, load_artifact

    x, y = pairs(256)
    options = {"k": ACTIVE, "output_shape": OUTPUTS, "seed": 0}
    model = keras_ae.create_model("transcoder", (SOURCES,), 8 * SOURCES, **options)
    model.compile(keras.optimizers.Adam(0.01))
    model.fit(x, y, epochs=5, verbose=0)
    report = export_model(
        model,
        tmp_path / "bundle",
        formats=("openvino", "tflite"),
        precisions=("float32", "int8_dynamic"),
        sample_data=x,
        verbose=False,
    )
    assert report.proven
    record = json.loads((tmp_path / "bundle" / "manifest.json").read_text())
    assert "error_ratio" not in json.dumps(record)
    with load_artifact(tmp_path / "bundle", format="openvino") as artifact:
        found = artifact.run("reconstruct", x=x[:7])["reconstruction"]
    np.testing.assert_allclose(found, model.reconstruct(x[:7]), rtol=1e-4, atol=1e-5)
