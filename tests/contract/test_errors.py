"""Promise: what can't work is refused before it starts, by one line in three parts.

`argument` must be this. Received: that
"""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import layers
from tests.contract.descriptors import PARTS, RECIPES
from tests.contract.model_rows import MODELS, NETWORKS
from tests.contract.rows import IMAGE, VECTOR, runnable
from tests.environments import PYTHONPATH

CASES = [
    pytest.param(row, bad, id=f"{row.id}-{bad.id}")
    for row in runnable((*PARTS, *NETWORKS, *MODELS, *RECIPES))
    for bad in row.bad
]


def assert_three_parts(error, argument, expected, received):
    """Fail unless an error's line names the argument, what was expected and what was received."""
    line = str(error)
    assert "\n" not in line
    what, separator, that = line.partition("Received: ")
    assert separator, line
    assert f"`{argument}" in what, line
    assert expected in what, line
    assert received in that, line


@pytest.mark.parametrize(("row", "bad"), CASES)
def test_bad_arguments(row, bad):
    with pytest.raises((TypeError, ValueError)) as caught:
        row.new(**{bad.argument: bad.value})
    assert_three_parts(caught.value, bad.argument, bad.expected, bad.received or repr(bad.value))


@pytest.fixture(scope="module")
def vae():
    """Return a compiled model of images; each test here must leave it untrained."""
    model = keras_ae.create_model("vae", IMAGE, 2, filters=(4,), seed=1)
    model.compile("adam")
    return model


def images(*shape, at=None, value=None):
    x = np.full(shape or (4, *IMAGE), 0.5, "float32")
    if at is not None:
        x[at] = value
    return x


GOOD = images()
NAN, INFINITE = images(at=(2, 4, 6, 0), value=np.nan), images(at=(1, 0, 3, 0), value=np.inf)
PIXELS = np.arange(4 * 35).reshape(4, *IMAGE).astype("uint8")
SHAPE = "(examples, 5, 7, 1)"

# What is called, the argument, what was expected, what was received.
BAD_CALLS = {
    "rank": (lambda m: m.fit(images(4, 5, 7)), "x", SHAPE, "(4, 5, 7)"),
    "size": (lambda m: m.fit(images(4, 5, 8, 1)), "x", SHAPE, "(4, 5, 8, 1)"),
    "empty": (lambda m: m.fit(images(0, *IMAGE)), "x", "no axis of size 0", "(0, 5, 7, 1)"),
    "nan": (lambda m: m.fit(NAN), "x", "finite", "1 NaN of 140 values, first at (2, 4, 6, 0)"),
    "infinity": (
        lambda m: m.fit(INFINITE),
        "x",
        "finite",
        "1 infinite of 140 values, first at (1",
    ),
    "pixels": (lambda m: m.fit(PIXELS), "x", "[0, 1]", "divide by 255"),
    "below": (lambda m: m.fit(-GOOD), "x", "[0, 1]", "values from -0.5"),
    "strings": (lambda m: m.fit(np.full((4, *IMAGE), "a")), "x", "numbers", "dtype=<U1"),
    "labels": (lambda m: m.fit(GOOD, np.arange(4)), "y", "reconstruction's shape", "(batch)"),
    "target": (lambda m: m.fit(GOOD, images(4, 5, 7, 3)), "y", "reconstruction's", "7, 3"),
    "nan target": (lambda m: m.fit(GOOD, NAN), "y", "finite", "1 NaN"),
    "stream": (lambda m: m.fit(iter([(NAN,)])), "first batch of x", "finite", "1 NaN"),
    "validation": (lambda m: m.fit(GOOD, validation_data=(NAN,)), "validation", "finite", "1 NaN"),
    "classes": (lambda m: m.fit(GOOD, class_weight={0: 1.0}), "class_weight", "None", "{0: 1.0}"),
    "weights": (
        lambda m: m.fit(GOOD, sample_weight=np.ones((4, 5))),
        "sample_weight",
        "(examples,)",
        "5)",
    ),
    "loss": (lambda m: m.compile("adam", loss="mse"), "loss", "likelihood=", "'mse'"),
    "evaluate": (lambda m: m.evaluate(PIXELS, verbose=0), "x", "[0, 1]", "divide by 255"),
    "encode": (lambda m: m.encode(images(4, 35)), "x", SHAPE, "(4, 35)"),
    "posterior": (lambda m: m.posterior(NAN), "x", "finite", "1 NaN"),
    "reconstruct": (lambda m: m.reconstruct(images(0, *IMAGE)), "x", "size 0", "(0, 5"),
    "score": (lambda m: m.anomaly_score(2 * GOOD + 1), "x", "[0, 1]", "values from 2"),
    "decode": (lambda m: m.decode(np.zeros((4, 3))), "latent", "(examples, 2)", "(4, 3)"),
    "generate": (lambda m: m.generate(0), "n", "an integer >= 1", "n=0"),
    "generate seed": (lambda m: m.generate(2, seed=-1), "seed", "an integer >= 0", "seed=-1"),
    "samples": (lambda m: m.log_likelihood(GOOD, 0), "num_samples", ">= 1", "num_samples=0"),
    "steps": (lambda m: m.interpolate(GOOD, GOOD, steps=1), "steps", ">= 2", "steps=1"),
    "pairs": (lambda m: m.interpolate(GOOD, GOOD[:1]), "start", "`end`", "4 and 1"),
}


@pytest.mark.parametrize("case", BAD_CALLS.values(), ids=BAD_CALLS)
def test_bad_calls_change_nothing(case, vae):
    call, argument, expected, received = case
    before = vae.get_weights()
    with pytest.raises((TypeError, ValueError)) as caught:
        call(vae)
    assert_three_parts(caught.value, argument, expected, received)
    for one, other in zip(vae.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)
    assert vae.optimizer.iterations == 0


def test_denoising_takes_a_corruption_or_pairs():
    x = np.full((4, *VECTOR), 0.5, "float32")
    own = keras_ae.create_model("denoising", VECTOR, 2, units=())
    pairs = keras_ae.DenoisingAutoencoder(
        layers.dense_encoder(VECTOR, ()),
        layers.DenseBottleneck(2),
        layers.dense_decoder(VECTOR, 2),
    )
    for model, data in ((own, (x, x)), (pairs, (x,))):
        model.compile("adam")
        with pytest.raises(ValueError, match="corruption") as caught:
            model.fit(*data, verbose=0)
        assert_three_parts(caught.value, "x", "target", "corruption=")


def test_a_decoder_of_another_shape():
    with pytest.raises(ValueError, match="decoder") as caught:
        keras_ae.Autoencoder(
            layers.dense_encoder(VECTOR, ()),
            layers.DenseBottleneck(2),
            layers.dense_decoder(VECTOR, 2),
            layers.GaussianLikelihood(layers.PredictedScale()),
        )
    assert_three_parts(caught.value, "decoder", "(None, 12)", "(None, 6)")


def test_an_unknown_model_lists_the_known_ones():
    with pytest.raises(ValueError, match="vaee") as caught:
        keras_ae.create_model("vaee", VECTOR, 2)
    assert_three_parts(caught.value, "name", ", ".join(keras_ae.list_models()), "name='vaee'")


@pytest.mark.parametrize("name", ["vae", "beta_vae", "stacked"])
def test_an_unknown_option_lists_the_known_ones(name):
    with pytest.raises(TypeError, match="ptions") as caught:
        keras_ae.create_model(name, VECTOR, 2, hidden=3)
    what, _, that = str(caught.value).partition("Received: ")
    assert "likelihood, preprocessor" in what
    assert that == "hidden"


def test_a_name_is_registered_once():
    with pytest.raises(ValueError, match="registered") as caught:
        keras_ae.register_model("vae")(lambda input_shape, latent_dim: None)
    assert_three_parts(caught.value, "name", "not registered yet", "name='vae'")


def test_tfp_priors_are_for_tensorflow():
    if keras.backend.backend() == "tensorflow":
        assert layers.TFPPrior("Normal", {"loc": 0.0, "scale": 1.0}).noise_shape is None
    else:
        with pytest.raises(RuntimeError, match="KERAS_BACKEND=tensorflow"):
            layers.TFPPrior("Normal", {"loc": 0.0, "scale": 1.0})


def test_other_backends_are_refused():
    environment = {**os.environ, "KERAS_BACKEND": "torch", "PYTHONPATH": PYTHONPATH}
    command = [sys.executable, "-c", "import keras_ae.models"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    line = result.stderr.strip().splitlines()[-1]
    assert result.returncode == 1
    assert line.startswith("ImportError: KERAS_BACKEND must be tensorflow or jax")
    assert line.endswith("Received: KERAS_BACKEND=torch")
