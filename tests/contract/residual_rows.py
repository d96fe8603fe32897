"""Rows of latent diffusion's autoencoder: residual networks, latents that are scaled."""

from __future__ import annotations

from keras_ae import layers
from tests.contract.bad_values import ACTIVATION, FILTERS, NETWORK, SEED, STOCHASTIC, UNITS
from tests.contract.rows import IMAGE, Bad, Part

RESIDUAL = (
    *UNITS,
    *FILTERS,
    Bad("blocks", 0, "an integer >= 1"),
    Bad("kernel_size", 0.5, "an integer >= 1"),
    Bad("normalization", "batch", "one of group, layer or None"),
    Bad("attention", 1, "True or False"),
    Bad("spatial", "yes", "True or False"),
    Bad("name", 3, "a string or None"),
)

RESIDUAL_NETWORKS = (
    Part(
        layers.resnet_encoder,
        lambda: {"input_shape": IMAGE, "filters": (4, 8), "units": (8,)},
        (IMAGE,),
        ((8,),),
        (
            *RESIDUAL,
            *ACTIVATION,
            *SEED,
            Bad("input_shape", (5, 7), "of length 3"),
            Bad("input_shape", (None, 7, 1), "positive integers"),
            Bad("input_shape", (None, None, 1), "a height and a width where spatial=False"),
            Bad("input_shape", (3, 7, 1), "height and width >= 4"),
        ),
        mixed="own",
    ),
    Part(
        layers.resnet_encoder,
        lambda: {
            "input_shape": (None, None, 1),
            "filters": (4, 4),
            "normalization": None,
            "attention": True,
            "spatial": True,
        },
        (IMAGE,),
        ((2, 2, 4),),
        (Bad("units", (8,), "empty for a spatial network"),),
        mixed="own",
        note="spatial",
    ),
    Part(
        layers.resnet_decoder,
        lambda: {"output_shape": IMAGE, "latent_dim": 2, "filters": (8, 4), "seed": 0},
        ((2,),),
        (IMAGE,),
        (
            *RESIDUAL,
            *NETWORK,
            Bad("output_shape", (5, 7), "of length 3"),
            Bad("output_shape", (5, 3, 1), "height and width >= 4"),
        ),
        mixed="own",
    ),
    Part(
        layers.resnet_decoder,
        lambda: {
            "output_shape": (None, None, 1),
            "latent_dim": 2,
            "filters": (4,),
            "normalization": "layer",
            "spatial": True,
            "parameters_per_output": 2,
        },
        ((3, 4, 2),),
        ((6, 8, 2),),
        mixed="own",
        note="spatial",
    ),
)

SCALED_PARTS = (
    Part(
        layers.ScaledNormalBottleneck,
        lambda: {"latent_dim": 2, "seed": 0},
        ((3, 4, 5),),
        ((3, 4, 2),),
        STOCHASTIC,
    ),
)
