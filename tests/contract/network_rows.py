"""Rows for the functions that build networks of windows (steps, channels)."""

from __future__ import annotations

from keras_ae import layers
from tests.contract.bad_values import ACTIVATION, FILTERS, SEED, UNITS
from tests.contract.rows import Bad, Part

WINDOW, LATENT = (7, 3), (2,)
NAME = Bad("name", 3, "a string or None")
KERNEL = Bad("kernel_size", 0, "an integer >= 1")
CAUSAL = Bad("causal", 1, "True or False")
ENCODER = (*SEED, NAME, Bad("input_shape", (7,), "of length 2"))
DECODER = (
    *SEED,
    NAME,
    Bad("output_shape", (7, 3, 1), "of length 2"),
    Bad("latent_dim", 0, "an integer >= 1"),
    Bad("parameters_per_output", 0, "an integer >= 1"),
)
RECURRENT = (
    *UNITS,
    Bad("units", (), "non-empty"),
    Bad("cell", "rnn", "one of gru, lstm"),
    Bad("unroll", 1, "True or False"),
)
ATTENTION = (
    *ACTIVATION,
    CAUSAL,
    Bad("width", 0, "an integer >= 1"),
    Bad("width", 9, "a multiple of heads=2"),
    Bad("blocks", 0, "an integer >= 1"),
    Bad("heads", 0.5, "an integer >= 1"),
)
TINY = {"width": 8, "blocks": 1, "heads": 2}

WINDOW_NETWORKS = (
    Part(
        layers.conv1d_encoder,
        lambda: {"input_shape": WINDOW, "filters": (3, 4), "units": (8,)},
        (WINDOW,),
        ((8,),),
        (*ENCODER, *UNITS, *FILTERS, *ACTIVATION, KERNEL),
        mixed="own",
    ),
    Part(
        layers.conv1d_decoder,
        lambda: {
            "output_shape": WINDOW,
            "latent_dim": 2,
            "filters": (4, 3),
            "parameters_per_output": 2,
        },
        (LATENT,),
        ((7, 6),),
        (*DECODER, *UNITS, *FILTERS, *ACTIVATION, KERNEL),
        mixed="own",
    ),
    Part(
        layers.recurrent_encoder,
        lambda: {"input_shape": WINDOW, "units": (4, 5)},
        (WINDOW,),
        ((5,),),
        (*ENCODER, *RECURRENT),
        mixed="own",
    ),
    Part(
        layers.recurrent_encoder,
        lambda: {"input_shape": WINDOW, "units": (4,), "cell": "gru", "unroll": True},
        (WINDOW,),
        ((4,),),
        note="gru",
        mixed="own",
    ),
    Part(
        layers.recurrent_decoder,
        lambda: {"output_shape": WINDOW, "latent_dim": 2, "units": (5, 4), "cell": "gru"},
        (LATENT,),
        (WINDOW,),
        (*DECODER, *RECURRENT),
        mixed="own",
    ),
    Part(
        layers.tcn_encoder,
        lambda: {"input_shape": WINDOW, "filters": (3, 4), "causal": True},
        (WINDOW,),
        ((28,),),
        (*ENCODER, *FILTERS, *ACTIVATION, KERNEL, CAUSAL),
        mixed="own",
    ),
    Part(
        layers.tcn_decoder,
        lambda: {"output_shape": WINDOW, "latent_dim": 2, "filters": (4, 3)},
        (LATENT,),
        (WINDOW,),
        (*DECODER, *FILTERS, *ACTIVATION, KERNEL, CAUSAL),
        mixed="own",
    ),
    Part(
        layers.attention_encoder,
        lambda: {"input_shape": WINDOW, **TINY},
        (WINDOW,),
        ((56,),),
        (*ENCODER, *ATTENTION),
        mixed="own",
    ),
    Part(
        layers.attention_decoder,
        lambda: {"output_shape": WINDOW, "latent_dim": 2, "causal": True, **TINY},
        (LATENT,),
        (WINDOW,),
        (*DECODER, *ATTENTION),
        mixed="own",
    ),
)
