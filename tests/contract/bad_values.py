"""Values that arguments of a name must refuse, whichever part or recipe has them."""

import keras
import numpy as np

from keras_ae import layers
from tests.contract.rows import Bad

SEED = (Bad("seed", -1, "an integer >= 0"), Bad("seed", 0.5, "an integer >= 0"))
LATENT_DIM = (
    Bad("latent_dim", 0, "an integer >= 1"),
    Bad("latent_dim", -2, "an integer >= 1"),
    Bad("latent_dim", 2.0, "an integer >= 1"),
    Bad("latent_dim", True, "an integer >= 1"),
)
RATE = (Bad("rate", 1.5, ">= 0 and <= 1"), Bad("rate", -0.1, ">= 0"), Bad("rate", "a", "a number"))
WEIGHT = (Bad("weight", -1, "a number >= 0"), Bad("weight", None, "a number >= 0"))
SCALE = (
    Bad("scale", 0, "a number > 0"),
    Bad("scale", float("nan"), "a number > 0"),
    Bad("scale", "wide", "a number > 0, a FixedScale, a SharedScale or a", error=TypeError),
    Bad("scale", True, "a number > 0"),
)
MINIMUM = (Bad("minimum", 0, "a number > 0"), Bad("minimum", "a", "a number > 0"))
TO_SCALE = (Bad("to_scale", "softplus", "a layer"),)
UNITS = (
    Bad("units", (8, 0), "positive integers", received="(8, 0"),
    Bad("units", 8, "positive integers"),
    Bad("units", (0.5,), "positive integers", received="(0.5,"),
)
FILTERS = (Bad("filters", (), "positive integers"), Bad("filters", (4, -1), "positive integers"))
ACTIVATION = (Bad("activation", "reluu", "a Keras activation", error=ValueError),)
NETWORK = (
    *ACTIVATION,
    Bad("latent_dim", 0, "an integer >= 1"),
    Bad("parameters_per_output", 0, "an integer >= 1"),
    *SEED,
)
WITHOUT_POSTERIOR = (
    Bad("penalty", 0.1, "a Penalty"),
    Bad("penalty", layers.KLPenalty(), "a code without a posterior", received="a KLPenalty"),
)
ANY_RANGE = (
    Bad("penalty", layers.TargetActivityPenalty(), "a code of any range", received="a TargetAct"),
)
STOCHASTIC = (
    *LATENT_DIM,
    *TO_SCALE,
    *SEED,
    Bad("prior", "normal", "a Prior"),
    Bad("penalty", 0.1, "a Penalty"),
    *ANY_RANGE,
)
BANDWIDTH = (Bad("bandwidth", 0, "a number > 0"), Bad("bandwidth", -0.1, "a number > 0"))
RESIDUAL = (*WEIGHT, Bad("k", 0, "an integer >= 1"), Bad("steps", 0, "an integer >= 1"))
PREFIXES = (
    *WEIGHT,
    Bad("prefixes", (), "positive integers"),
    Bad("prefixes", (0, 2), "positive integers"),
    Bad("prefixes", (2, 1), "in ascending order"),
    Bad("prefixes", 2, "positive integers"),
)
TOP_K = (
    *LATENT_DIM,
    *SEED,
    *WITHOUT_POSTERIOR,
    *ANY_RANGE,
    Bad("k", 0, "an integer >= 1"),
    Bad("k", 9, "<= latent_dim"),
    Bad("k", 1.5, "an integer >= 1"),
)
ROBUST_SCALING = (
    Bad("center", 0.5, "a non-empty sequence of numbers"),
    Bad("center", [0.0] * 5 + ["a"], "a number", received="'a'"),
    Bad("scale", [2.0] * 5 + [0.0], "a number > 0", received="0.0"),
    Bad("scale", [2.0] * 5, "as many numbers", received="5 and 6"),
)
KERNEL_MARGINALS = (
    Bad("centers", 0.5, "a non-empty sequence with a sequence of numbers for each column"),
    Bad("centers", [[0.0, "a"]] * 6, "a number", received="'a'"),
    Bad("centers", [[0.0]] * 5 + [[0.0, 1.0]], "equally many numbers", received="[1, 2] numbers"),
    Bad("location", [0.5] * 5, "as many columns", received="6, 5 and 6 columns"),
    Bad("scale", [2.0] * 5 + [0.0], "a number > 0", received="0.0"),
    Bad("bandwidth", 0, "a number > 0"),
    Bad("tail", 1.0, "a number > 0 and < 1"),
)
GAUSSIAN_CORRUPTION = (
    Bad("stddev", -1, "a number >= 0"),
    Bad("clip", (1, 0), "a pair of numbers (low, high) with low < high", error=ValueError),
    Bad("clip", 2.0, "a pair of numbers (low, high)", error=TypeError),
    Bad("clip", (0, "1"), "a pair of numbers (low, high)", error=TypeError),
    *SEED,
)
DENSE_BOTTLENECK = (
    *LATENT_DIM,
    *SEED,
    Bad("activation", "sigmoidd", "activation"),
    *WITHOUT_POSTERIOR,
    Bad("prior", "normal", "a Prior"),
)
KL_PENALTY = (
    Bad("beta", -1, "a number >= 0"),
    Bad("beta", "1", "a number >= 0"),
    Bad("free_bits", -0.5, "a number >= 0"),
    Bad("capacity", -3, "a number >= 0"),
)
TFP_PRIOR = (
    Bad("distribution", "Laplacian", "one of Cauchy"),
    Bad("distribution", 3, "the name of a distribution"),
    Bad("parameters", 3, "a dict"),
    Bad("parameters", {"loc": 0.0}, "loc, scale", received="loc"),
    Bad("parameters", {"loc": 0.0, "scale": -1.0}, "a number > 0", received="=-1.0"),
)
MODEL = (
    Bad("encoder", None, "a Keras layer"),
    Bad("bottleneck", keras.layers.Dense(2), "Bottleneck"),
    Bad("decoder", len, "a Keras layer"),
    Bad("likelihood", "bernoulli", "a Likelihood"),
    Bad("preprocessor", 255, "a Keras layer"),
    Bad("redraw", 0.5, "a Corruption or None"),
)
RECIPE = (
    Bad("network", "lstm", "one of dense, conv, resnet for input_shape=(5, 7, 1)"),
    Bad("network_options", {"heads": 2}, "of the network conv: kernel_size"),
    *LATENT_DIM,
    *SEED,
    Bad("input_shape", (5, 0, 1), "positive integers"),
    Bad("input_shape", 28, "positive integers"),
    Bad("filters", (4, 0), "positive integers"),
    Bad("units", 8, "positive integers"),
    Bad("activation", "reluu", "a Keras activation"),
    Bad("activation", np.zeros((2, 3), "uint8"), "a Keras activation", received="array"),
    Bad("likelihood", "bernoulli", "a Likelihood"),
    Bad("preprocessor", 255, "a Keras layer"),
)
