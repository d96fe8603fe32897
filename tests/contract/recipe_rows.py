"""One row for each recipe: its data, its options, its logs, and what it refuses."""

from __future__ import annotations

import keras

from keras_ae import layers
from tests.contract import bad_values
from tests.contract.penalty_rows import JUDGED
from tests.contract.quantizer_rows import QUANTIZED
from tests.contract.rows import IMAGE, VECTOR, Bad, Recipe


def _columns():
    return [
        layers.GaussianLikelihood(layers.PredictedScale(0.1)),
        layers.CategoricalLikelihood(2),
        layers.BernoulliLikelihood(),
        layers.NegativeBinomialLikelihood(0.5),
        layers.OrdinalLikelihood(2),
    ]


RECIPES = (
    Recipe("autoencoder", IMAGE, bad=bad_values.RECIPE),
    Recipe(
        "autoencoder",
        VECTOR,
        lambda: {
            "likelihood": layers.LaplaceLikelihood(layers.PredictedScale()),
            "preprocessor": keras.layers.Rescaling(2.0, offset=-1.0),
        },
        alike=True,
        note="laplace",
    ),
    Recipe("stacked", IMAGE, alike=True, bad=(Bad("tied", 1, "True or False"), *bad_values.UNITS)),
    Recipe(
        "stacked",
        VECTOR,
        lambda: {"tied": True, "activation": "tanh"},
        elsewhere=True,
        note="tied",
    ),
    Recipe(
        "denoising", IMAGE, noisy=True, alike=True, bad=(Bad("corruption", 0.3, "a Corruption"),)
    ),
    Recipe(
        "denoising",
        VECTOR,
        lambda: {"corruption": layers.GaussianCorruption(0.5, seed=2)},
        noisy=True,
        note="gaussian",
        elsewhere=True,
    ),
    Recipe(
        "sparse",
        IMAGE,
        logs=("sparsity",),
        bad=(Bad("penalty", 0.1, "a Penalty"),),
    ),
    Recipe(
        "sparse",
        VECTOR,
        lambda: {"penalty": layers.L1Penalty(0.1)},
        logs=("sparsity",),
        alike=True,
        note="l1",
    ),
    Recipe(
        "topk_sparse",
        VECTOR,
        lambda: {"k": 1, "latent_dim": 4},
        logs=("auxiliary",),
        bad=(
            Bad("k", 5, "<= latent_dim, 4"),
            Bad("penalty", 0.1, "a Penalty"),
            Bad("likelihood", layers.GaussianLikelihood(layers.PredictedScale()), "one", "with 2"),
            *bad_values.UNITS,
        ),
    ),
    Recipe(
        "batch_topk_sparse",
        VECTOR,
        lambda: {"k": 1, "latent_dim": 4},
        logs=("auxiliary",),
        batchwise=True,
        alike=True,
        bad=(Bad("k", 0, "an integer >= 1"), Bad("momentum", -0.1, "a number >= 0 and < 1")),
    ),
    Recipe(
        "jump_relu_sparse",
        VECTOR,
        lambda: {"bandwidth": 1.0, "threshold": 0.2, "latent_dim": 4},
        logs=("l0",),
        weight=0.1,
        alike=True,
        bad=(*bad_values.BANDWIDTH, Bad("threshold", -1, "a number > 0")),
    ),
    Recipe(
        "topk_sparse",
        VECTOR,
        lambda: {"k": 2, "latent_dim": 4, "prefixes": (1, 2)},
        logs=("auxiliary", "prefixes"),
        alike=True,
        bad=(Bad("prefixes", (2, 5), "<= latent_dim, 4"), Bad("prefixes", 2, "positive")),
        note="prefixes",
    ),
    Recipe(
        "transcoder",
        VECTOR,
        lambda: {"k": 1, "latent_dim": 4, "output_shape": (2, 3)},
        logs=("auxiliary",),
        output=(2, 3),
        bad=(
            Bad("output_shape", (2, 0), "positive integers"),
            Bad("k", 5, "<= latent_dim, 4"),
            Bad("penalty", 0.1, "a Penalty"),
            Bad("preprocessor", 255, "a Keras layer"),
            Bad("target_preprocessor", 255, "a Keras layer"),
            Bad("likelihood", layers.GaussianLikelihood(layers.PredictedScale()), "one", "with 2"),
            *bad_values.UNITS,
        ),
        elsewhere=True,
    ),
    Recipe(
        "vae",
        IMAGE,
        logs=("kl",),
        noisy=True,
        bad=(Bad("beta", -1, "a number >= 0"), Bad("prior", "normal", "a Prior")),
    ),
    Recipe(
        "vae",
        VECTOR,
        lambda: {
            "likelihood": layers.GaussianLikelihood(layers.PredictedScale(0.1)),
            "penalty": layers.KLPenalty(free_bits=0.1),
        },
        logs=("kl",),
        weight=None,
        noisy=True,
        alike=True,
        note="free_bits",
    ),
    Recipe(
        "vae",
        VECTOR,
        lambda: {"prior": layers.TFPPrior("Laplace", {"loc": 0.0, "scale": 1.0})},
        logs=("kl",),
        noisy=True,
        note="tfp_prior",
        backends=("tensorflow",),
    ),
    Recipe("beta_vae", VECTOR, logs=("kl",), weight=4.0, noisy=True, alike=True),
    Recipe("full_covariance_vae", IMAGE, logs=("kl",), noisy=True, alike=True),
    Recipe(
        "mixture_vae",
        VECTOR,
        lambda: {"components": 3, "likelihood": layers.ContinuousBernoulliLikelihood()},
        logs=("kl",),
        noisy=True,
        bad=(Bad("components", 0, "an integer >= 1"),),
        elsewhere=True,
    ),
    Recipe(
        "spatial_vae",
        IMAGE,
        logs=("kl",),
        noisy=True,
        alike=True,
        bad=(Bad("filters", (), "`filters` not empty"),),
    ),
    Recipe(
        "spatial_vae",
        IMAGE,
        lambda: {"network": "resnet", "beta": 1e-6},
        logs=("kl",),
        weight=1e-6,
        noisy=True,
        alike=True,
        note="resnet",
        bad=(
            Bad("network", "dense", "`network` conv or resnet"),
            Bad("network_options", {"heads": 2}, "of the network resnet: blocks"),
        ),
    ),
    Recipe(
        "iwae",
        IMAGE,
        lambda: {"num_samples": 3, "redraw": layers.StochasticBinarization(seed=2)},
        logs=("kl",),
        weight=None,
        noisy=True,
        bad=(Bad("num_samples", 0, "an integer >= 1"), Bad("redraw", "new", "a Corruption")),
    ),
    Recipe(
        "table_vae",
        VECTOR,
        lambda: {"columns": _columns(), "sizes": (2, 1, 1, 1, 1)},
        logs=("kl",),
        noisy=True,
        bad=(
            Bad("columns", [3], "a sequence of Likelihoods", received="3"),
            Bad("sizes", (1, 2, 3), "a number for each of the 5", received="(1, 2, 3)"),
            Bad("likelihood", layers.BernoulliLikelihood(), "None where", received="Bernoulli"),
            Bad("num_samples", 0, "an integer >= 1"),
            Bad("input_shape", (2, 3), "(columns,)"),
            Bad("preprocessor", 255, "a Keras layer"),
            Bad("beta", -1, "a number >= 0"),
            Bad("prior", "normal", "a Prior"),
            Bad("units", 8, "positive integers"),
        ),
        elsewhere=True,
    ),
    Recipe(
        "table_vae",
        VECTOR,
        lambda: {"num_samples": 3},
        logs=("kl",),
        weight=None,
        noisy=True,
        alike=True,
        note="miwae",
    ),
    *JUDGED,
    *QUANTIZED,
)
