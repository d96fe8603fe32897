"""A linear-Gaussian model, whose evidence and posterior are known in closed form."""

import keras
import numpy as np
from scipy.stats import multivariate_normal

import keras_ae
from keras_ae import layers

RNG = np.random.default_rng(1)
WEIGHTS = np.array([[2.0, 0.0], [0.0, 0.5], [0.0, 1.0], [1.0, 0.0]])  # orthogonal columns
OFFSET = np.array([1.0, -1.0, 0.5, 0.0])
NOISE = 0.7
X = (RNG.normal(size=(40, 2)) @ WEIGHTS.T + OFFSET + NOISE * RNG.normal(size=(40, 4))).astype(
    "float32"
)


def linear_gaussian(excess=1.0, make=keras_ae.VariationalAutoencoder, beta=1.0, **options):
    """p(x | z) = N(W z + b, NOISE**2), its exact posterior, and a scale times `excess`."""
    precision = 1.0 + np.sum(WEIGHTS**2, axis=0) / NOISE**2
    kernel = WEIGHTS / NOISE**2 / precision
    scale = excess / np.sqrt(precision)
    model = make(
        encoder=keras.Sequential([keras.Input((4,)), keras.layers.Identity()]),
        bottleneck=layers.NormalBottleneck(2, penalty=layers.KLPenalty(beta), seed=0),
        decoder=keras.Sequential([keras.Input((2,)), keras.layers.Dense(4)]),
        likelihood=layers.GaussianLikelihood(NOISE),
        **options,
    )
    raw = np.log(np.expm1(scale - 1e-6))
    model.bottleneck.head.mean.set_weights([kernel, -OFFSET @ kernel])
    model.bottleneck.head.raw_scale.set_weights([np.zeros((4, 2)), raw])
    model.decoder.layers[-1].set_weights([WEIGHTS.T, OFFSET])
    model.compile("sgd")
    return model


def evidence(x):
    """Return log p(x) of each example, exact."""
    covariance = WEIGHTS @ WEIGHTS.T + NOISE**2 * np.eye(4)
    return multivariate_normal(OFFSET, covariance).logpdf(x)


def bound_gap(excess):
    """Return how far the evidence bound falls short of the evidence: KL to the true posterior."""
    return 2 * (0.5 * (excess**2 - 1) - np.log(excess))
