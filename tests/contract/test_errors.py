"""Promise: what can't work is refused before it starts, by one line in three parts.

`argument` must be this. Received: that
"""

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import layers
from tests.contract.descriptors import PARTS, RECIPES
from tests.contract.model_rows import MODELS, NETWORKS
from tests.contract.rows import IMAGE, VECTOR, assert_equal, runnable

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
    with pytest.raises(bad.error) as caught:
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
NAN = images(at=(2, 4, 6, 0), value=np.nan)
SHAPE = "(examples, 5, 7, 1)"

# What is called, the argument, what was expected, what was received.
BAD_CALLS = {
    "nan": (lambda m: m.fit(NAN), "x", "finite", "1 NaN of 140 values, first at (2, 4, 6, 0)"),
    "below": (lambda m: m.fit(-GOOD), "x", "[0, 1]", "values from -0.5"),
    "labels": (lambda m: m.fit(GOOD, np.arange(4)), "y", "reconstruction's shape", "(batch)"),
    "nan target": (lambda m: m.fit(GOOD, NAN), "y", "finite", "1 NaN"),
    "stream": (lambda m: m.fit(iter([(NAN,)])), "first batch of x", "finite", "1 NaN"),
    "classes": (
        lambda m: m.fit(GOOD, class_weight={0: 1.0}),
        "class_weight",
        "None: an autoencoder has no classes; use sample_weight",
        "{0: 1.0}",
    ),
    "loss": (lambda m: m.compile("adam", loss="mse"), "loss", "likelihood=", "'mse'"),
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
    assert_equal(vae.get_weights(), before)
    assert vae.optimizer.iterations == 0


def test_an_unknown_model_lists_the_known_ones():
    with pytest.raises(ValueError, match="vaee") as caught:
        keras_ae.create_model("vaee", VECTOR, 2)
    assert_three_parts(caught.value, "name", ", ".join(keras_ae.list_models()), "name='vaee'")


@pytest.mark.parametrize("name", ["vae", "beta_vae", "autoencoder", "denoising", "stacked"])
def test_an_unknown_option_lists_the_known_ones(name):
    with pytest.raises(TypeError, match="ptions") as caught:
        keras_ae.create_model(name, VECTOR, 2, hidden=3)
    what, _, that = str(caught.value).partition("Received: ")
    assert "likelihood, preprocessor" in what
    assert "seed" in what
    assert that == "hidden"


def test_tfp_priors_are_for_tensorflow():
    if keras.backend.backend() == "tensorflow":
        assert layers.TFPPrior("Normal", {"loc": 0.0, "scale": 1.0}).noise_shape is None
    else:
        with pytest.raises(RuntimeError, match="KERAS_BACKEND=tensorflow"):
            layers.TFPPrior("Normal", {"loc": 0.0, "scale": 1.0})
