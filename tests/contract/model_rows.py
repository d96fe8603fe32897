"""Rows for the model classes, the functions that build networks, and the posteriors."""

from __future__ import annotations

import numpy as np

from keras_ae import layers, models
from tests.contract.bad_values import ACTIVATION, FILTERS, MODEL, NETWORK, SEED, UNITS
from tests.contract.network_rows import WINDOW_NETWORKS
from tests.contract.residual_rows import RESIDUAL_NETWORKS
from tests.contract.rows import IMAGE, VECTOR, Bad, Part, Posterior

LATENT = (2,)
NAME = Bad("name", 3, "a string or None")


def _parts(bottleneck, likelihood, **others):
    each = likelihood.parameters_per_output
    return {
        "encoder": layers.dense_encoder(VECTOR, (8,), seed=1),
        "bottleneck": bottleneck,
        "decoder": layers.dense_decoder(VECTOR, 2, (8,), parameters_per_output=each, seed=1),
        "likelihood": likelihood,
        **others,
    }


NETWORKS = (
    Part(
        layers.dense_encoder,
        lambda: {"input_shape": IMAGE, "units": (8, 4)},
        (IMAGE,),
        ((4,),),
        (*UNITS, *ACTIVATION, *SEED, NAME, Bad("input_shape", (0,), "positive integers")),
        mixed="own",
    ),
    Part(
        layers.dense_decoder,
        lambda: {"output_shape": VECTOR, "latent_dim": 2, "units": (), "parameters_per_output": 2},
        (LATENT,),
        ((12,),),
        (*UNITS, *NETWORK, NAME, Bad("output_shape", 6, "a tuple of positive integers")),
        mixed="own",
    ),
    Part(
        layers.conv_encoder,
        lambda: {"input_shape": IMAGE, "filters": (3, 4), "units": (8,)},
        (IMAGE,),
        ((8,),),
        (
            *UNITS,
            *FILTERS,
            *ACTIVATION,
            *SEED,
            NAME,
            Bad("input_shape", (5, 7), "of length 3"),
            Bad("kernel_size", 0.5, "an integer >= 1"),
            Bad("spatial", "yes", "True or False"),
        ),
        mixed="own",
    ),
    Part(
        layers.conv_encoder,
        lambda: {"input_shape": IMAGE, "filters": (3, 4), "spatial": True},
        (IMAGE,),
        ((2, 2, 4),),
        (
            Bad("units", (8,), "empty for a spatial network"),
            Bad("input_shape", (3, 7, 1), "height and width >= 4"),
        ),
        mixed="own",
        note="spatial",
    ),
    Part(
        layers.conv_decoder,
        lambda: {"output_shape": IMAGE, "latent_dim": 2, "filters": (4,), "spatial": True},
        ((3, 4, 2),),
        (IMAGE,),
        (Bad("output_shape", (5, 1, 1), "height and width >= 2"),),
        mixed="own",
        note="spatial",
    ),
    Part(
        layers.conv_decoder,
        lambda: {"output_shape": IMAGE, "latent_dim": 2, "filters": (4,), "seed": 0},
        (LATENT,),
        (IMAGE,),
        (
            *UNITS,
            *FILTERS,
            *NETWORK,
            NAME,
            Bad("output_shape", (5, 7), "of length 3"),
            Bad("kernel_size", 0, "an integer >= 1"),
            Bad("spatial", 1, "True or False"),
        ),
        mixed="own",
    ),
    *WINDOW_NETWORKS,
    *RESIDUAL_NETWORKS,
)

MODELS = (
    Part(
        models.Autoencoder,
        lambda: _parts(layers.DenseBottleneck(2), layers.GaussianLikelihood(0.5)),
        (VECTOR,),
        bad=MODEL,
    ),
    Part(
        models.DenoisingAutoencoder,
        lambda: _parts(
            layers.DenseBottleneck(2),
            layers.BernoulliLikelihood(),
            corruption=layers.MaskingNoise(0.3),
        ),
        (VECTOR,),
        bad=(*MODEL, Bad("corruption", 0.3, "a Corruption or None")),
    ),
    Part(
        models.Transcoder,
        lambda: {
            **_parts(layers.DenseBottleneck(2), layers.GaussianLikelihood(0.5)),
            "decoder": layers.dense_decoder((3,), 2, (8,), seed=1),
            "target_shape": (3,),
        },
        (VECTOR,),
        ((3,),),
        bad=(
            *(bad for bad in MODEL if bad.argument != "redraw"),
            Bad("target_shape", (0,), "positive integers"),
            Bad("target_preprocessor", 255, "a Keras layer"),
        ),
    ),
    Part(
        models.StackedAutoencoder,
        lambda: {"input_shape": IMAGE, "units": (8, 2), "tied": True, "seed": 3},
        (IMAGE,),
        bad=(
            *UNITS,
            *SEED,
            Bad("units", (), "a non-empty sequence of positive integers"),
            Bad("input_shape", (0, 7, 1), "positive integers"),
            Bad("tied", "yes", "True or False"),
            Bad("activation", "reluu", "a Keras activation"),
            Bad("likelihood", "gaussian", "a Likelihood"),
            Bad(
                "likelihood",
                layers.GaussianLikelihood(layers.PredictedScale()),
                "one parameter",
                "with 2",
            ),
            Bad("preprocessor", 255, "a Keras layer"),
        ),
    ),
    Part(
        models.VariationalAutoencoder,
        lambda: _parts(
            layers.NormalBottleneck(2, seed=0), layers.GaussianLikelihood(layers.PredictedScale())
        ),
        (VECTOR,),
        ((12,),),
        (*MODEL, Bad("bottleneck", layers.DenseBottleneck(2), "a NormalBottleneck or another")),
    ),
    Part(
        models.ImportanceWeightedAutoencoder,
        lambda: _parts(
            layers.FullNormalBottleneck(2, seed=0),
            layers.BernoulliLikelihood(),
            num_samples=3,
            redraw=layers.StochasticBinarization(seed=0),
        ),
        (VECTOR,),
        bad=(
            *MODEL,
            Bad("num_samples", 0, "an integer >= 1"),
            Bad("num_samples", 2.5, "an integer >= 1"),
            Bad(
                "bottleneck",
                layers.NormalBottleneck(2, penalty=layers.KLPenalty(free_bits=0.1)),
                "without free bits or capacity",
                received="free_bits=0.1",
            ),
        ),
    ),
)

POSTERIORS = (
    Posterior(layers.NormalPosterior, (np.zeros((4, 2)), np.full((4, 2), 0.5))),
    Posterior(layers.FullNormalPosterior, (np.ones((4, 2)), np.tril(np.ones((4, 2, 2))))),
)
