"""Priors from TensorFlow Probability: each family, its errors; refused on other backends."""

import contextlib
import inspect
import re

import keras
import numpy as np
import pytest
import tensorflow_probability as tfp
from scipy import stats

from keras_ae.layers.priors import TFPPrior
from keras_ae.layers.priors.tfp_prior import FAMILIES
from tests.contract.rows import array
from tests.layers.prior_examples import DIM, latents

tfd = tfp.distributions
TENSORFLOW = keras.backend.backend() == "tensorflow"
TFP_PARAMETERS = {
    "Cauchy": {"loc": 0.5, "scale": 2.0},
    "ExponentiallyModifiedGaussian": {"loc": 0.5, "scale": 2.0, "rate": 0.7},
    "GeneralizedNormal": {"loc": 0.5, "scale": 2.0, "power": 3.0},
    "Gumbel": {"loc": 0.5, "scale": [1.0, 2.0, 3.0]},
    "JohnsonSU": {"skewness": -0.5, "tailweight": 1.5, "loc": 0.5, "scale": 2.0},
    "LambertWNormal": {"loc": 0.5, "scale": 2.0, "tailweight": 0.2},
    "Laplace": {"loc": (0.5, 0.0, 1.0), "scale": 2},
    "Logistic": {"loc": 0.5, "scale": 2.0},
    "Moyal": {"loc": 0.5, "scale": 2.0},
    "MultivariateNormalDiag": {"loc": 0.0, "scale_diag": [1.0, 2.0, 3.0]},
    "MultivariateNormalTriL": {
        "loc": np.array([0.0, 1.0, 2.0]),
        "scale_tril": [[1, 0, 0], [0.5, 1, 0], [-0.5, 0.2, 2]],
    },
    "Normal": {"loc": 0.5, "scale": 2.0},
    "SinhArcsinh": {"loc": 0.5, "scale": 2.0, "skewness": -0.5, "tailweight": 1.2},
    "StudentT": {"df": 4, "loc": 0.5, "scale": 2.0},
    "TwoPieceNormal": {"loc": 0.5, "scale": 2.0, "skewness": 0.7},
    "TwoPieceStudentT": {"df": 4.0, "loc": 0.5, "scale": 2.0, "skewness": 0.7},
}


def tensorflow_only():
    """Elsewhere, the body must fail with the error that names the backend."""
    if TENSORFLOW:
        return contextlib.nullcontext()
    return pytest.raises(RuntimeError, match=r"needs the TensorFlow backend.*KERAS_BACKEND=jax")


def test_every_tfp_family_is_tested_and_documented():
    assert set(TFP_PARAMETERS) == set(FAMILIES)
    text = inspect.getdoc(TFPPrior)
    documented = dict(re.findall(r"^    ([\w, ]+): ([a-z_, ]+)", text, re.MULTILINE))
    for names, parameters in documented.items():
        for name in names.split(", "):
            if name in FAMILIES:
                assert set(parameters.strip().split(", ")) == set(FAMILIES[name].parameters)
    assert set(FAMILIES) <= set(", ".join(documented).split(", "))


@pytest.mark.parametrize("name", TFP_PARAMETERS)
def test_tfp_prior_is_the_distribution(name):
    with tensorflow_only():
        prior = TFPPrior(name, TFP_PARAMETERS[name])
        prior.build((None, DIM))
        parameters = {
            key: np.resize(value, (DIM, DIM) if key == "scale_tril" else DIM).astype("float32")
            for key, value in TFP_PARAMETERS[name].items()
        }
        oracle = getattr(tfd, name)(**parameters)
        wide = 30.0 * latents(100, 1.0)  # all real numbers are in the support
        expected = oracle.log_prob(wide).numpy().reshape(100, -1).sum(axis=1)
        np.testing.assert_allclose(array(prior.log_prob(wide)), expected, rtol=1e-5)
        assert np.isfinite(expected).all()
        drawn = array(prior.sample(20_000, seed=1))
        assert drawn.shape == (20_000, DIM)
        theirs = oracle.sample(20_000, seed=2).numpy()
        for ours, other in zip(drawn.T, theirs.T, strict=True):
            assert stats.ks_2samp(ours, other).pvalue > 1e-5


def test_tfp_prior_config_is_plain_and_frozen():
    with tensorflow_only():
        prior = TFPPrior("MultivariateNormalTriL", TFP_PARAMETERS["MultivariateNormalTriL"])
        prior.build((None, DIM))
        parameters = prior.get_config()["parameters"]
        assert type(parameters) is dict
        assert parameters["loc"] == [0.0, 1.0, 2.0]
        assert type(parameters["scale_tril"][0]) is list
        assert prior.weights == []
        assert prior.noise_shape is None


@pytest.mark.parametrize(
    ("name", "parameters", "error", "words"),
    [
        ("Beta", {}, ValueError, "must be one of Cauchy.*TwoPieceStudentT. Received.*'Beta'"),
        (3, {}, TypeError, "`distribution` must be the name of a distribution"),
        ("Normal", [0, 1], TypeError, "must be a dict"),
        ("Normal", {"mean": 0, "scale": 1}, ValueError, "loc, scale. Received: mean, scale"),
        ("Normal", {"loc": 0}, ValueError, "must be loc, scale. Received: loc"),
        ("Normal", {"loc": 0, "scale": -1}, ValueError, r"parameters\['scale'\].* number > 0"),
        ("Normal", {"loc": 0, "scale": [1, 0, 1]}, ValueError, r"'scale'\]\[1\].*> 0"),
        ("Normal", {"loc": "a", "scale": 1}, TypeError, "must be a number.*'a'"),
        ("Normal", {"loc": [0.0, 1.0], "scale": 1}, ValueError, "latent_dim = 3 .*[0.0, 1.0]"),
        ("MultivariateNormalTriL", {"loc": 0, "scale_tril": 1}, ValueError, "lower triangular"),
        (
            "MultivariateNormalTriL",
            {"loc": 0, "scale_tril": [[1, 1], [0, 1]]},
            ValueError,
            "lower triangular matrix with a positive diagonal",
        ),
        (
            "MultivariateNormalTriL",
            {"loc": 0, "scale_tril": [[1, 0], [0, 1]]},
            ValueError,
            "latent_dim = 3",
        ),
    ],
)
def test_tfp_prior_errors(name, parameters, error, words):
    with tensorflow_only(), pytest.raises(error, match=words):
        TFPPrior(name, parameters).build((None, DIM))


def test_a_prior_without_noise_says_so():
    with tensorflow_only():
        prior = TFPPrior("Normal", {"loc": 0, "scale": 1})
        prior.build((None, DIM))
        for act in (lambda: prior.draw_noise(2), lambda: prior.from_noise(latents())):
            with pytest.raises(ValueError, match="TFPPrior makes no latents from noise"):
                act()
