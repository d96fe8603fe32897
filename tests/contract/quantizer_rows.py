"""Rows for codes of finitely many values: the quantizers, their penalties and their recipes."""

from __future__ import annotations

from keras_ae import layers
from tests.contract.bad_values import ANY_RANGE, LATENT_DIM, SEED, WEIGHT, WITHOUT_POSTERIOR
from tests.contract.rows import IMAGE, VECTOR, Bad, Part, Recipe

FEATURES, LATENT = (8,), (2,)
MAP, LATENT_MAP = (3, 4, 5), (3, 4, 2)
USAGE = ("perplexity", "used_share")
QUANTIZER = (*SEED, *WITHOUT_POSTERIOR, *ANY_RANGE)
VECTOR_QUANTIZER = (
    *LATENT_DIM,
    *QUANTIZER,
    Bad("codes", 1, "an integer >= 2"),
    Bad("codes", 2**40, f"an integer >= 2 and <= {2**31}"),
    Bad("codes", 8.0, "an integer >= 2"),
    Bad("decay", 0, "a number > 0 and < 1"),
    Bad("decay", 1.0, "a number > 0 and < 1"),
    Bad("gradient", "stright", "one of straight_through, rotation"),
    Bad("dead_below", -0.1, "a number >= 0 and < 1"),
)
LEARNED_MAP = (Bad("learned_map", 1, "True or False"), Bad("learned_map", True, "decay=None"))
GUMBEL = (
    *LATENT_DIM,
    *SEED,
    Bad("categories", 1, "an integer >= 2"),
    Bad("categories", 3.0, "an integer >= 2"),
    Bad("temperature", 0, "a number > 0"),
    Bad("temperature", "cold", "a number > 0"),
    Bad("hard", 1, "True or False"),
    Bad("penalty", 0.1, "a Penalty"),
)
QUANTIZER_PARTS = (
    Part(
        layers.VectorQuantizer,
        lambda: {"latent_dim": 2, "codes": 5, "decay": 0.9, "gradient": "rotation", "seed": 0},
        (MAP,),
        (LATENT_MAP,),
        (*VECTOR_QUANTIZER, *LEARNED_MAP),
        averages=True,
    ),
    Part(
        layers.VectorQuantizer,
        lambda: {"latent_dim": 2, "codes": 5, "decay": None, "penalty": layers.L1Penalty(0.1)},
        (FEATURES,),
        (LATENT,),
        (
            Bad("dead_below", 0.1, "None for a codebook without moving averages"),
            Bad("penalty", layers.CodebookPenalty(), "of different names", received="codebook"),
        ),
        note="gradient",
    ),
    Part(
        layers.VectorQuantizer,
        lambda: {"latent_dim": 2, "codes": 5, "decay": None, "learned_map": True, "seed": 0},
        (MAP,),
        (LATENT_MAP,),
        (Bad("decay", 0.9, "decay=None"),),
        note="learned_map",
    ),
    Part(
        layers.ResidualQuantizer,
        lambda: {"latent_dim": 2, "stages": 3, "codes": 5, "decay": 0.9, "seed": 0},
        (MAP,),
        (LATENT_MAP,),
        (*VECTOR_QUANTIZER, Bad("stages", 0, "an integer >= 1")),
        averages=True,
    ),
    Part(
        layers.FiniteScalarQuantizer,
        lambda: {"levels": (4, 3), "seed": 0},
        (MAP,),
        (LATENT_MAP,),
        (
            *QUANTIZER,
            Bad("levels", (4, 1), "integers >= 2"),
            Bad("levels", (8,) * 11, "at most 2**31", received="(8, 8"),
            Bad("levels", 8, "a non-empty sequence of positive integers"),
        ),
    ),
    Part(
        layers.LookupFreeQuantizer,
        lambda: {"latent_dim": 2, "seed": 0},
        (FEATURES,),
        (LATENT,),
        (*LATENT_DIM, *QUANTIZER, Bad("latent_dim", 32, "an integer <= 31")),
    ),
    Part(
        layers.GumbelBottleneck,
        lambda: {"latent_dim": 2, "categories": 3, "temperature": 0.7, "seed": 0},
        (FEATURES,),
        ((6,),),
        GUMBEL,
    ),
    Part(
        layers.GumbelBottleneck,
        lambda: {
            "latent_dim": 2,
            "categories": 3,
            "hard": True,
            "penalty": [layers.KLPenalty(free_bits=0.1), layers.L1Penalty()],
        },
        (MAP,),
        ((3, 4, 6),),
        note="map",
    ),
    Part(
        layers.CommitmentPenalty,
        lambda: {"beta": 0.5},
        (LATENT, LATENT),
        (LATENT,),
        (Bad("beta", -1, "a number >= 0"), Bad("beta", "a", "a number >= 0")),
    ),
    Part(
        layers.CodePrior,
        lambda: {"codes": 5, "width": 8, "blocks": 1, "heads": 2, "seed": 0},
        ((3, 4),),
        ((3, 4, 5),),
        (
            *SEED,
            Bad("codes", 1, "an integer >= 2"),
            Bad("codes", 2**17, "an integer >= 2 and <= 65536"),
            Bad("width", 0, "an integer >= 1"),
            Bad("width", 9, "a multiple of heads=2"),
            Bad("blocks", 0, "an integer >= 1"),
            Bad("heads", 1.5, "an integer >= 1"),
        ),
        dtype="int32",
    ),
    Part(layers.CodebookPenalty, dict, (LATENT, LATENT), (LATENT,)),
    Part(
        layers.EntropyPenalty,
        lambda: {"weight": 0.5, "temperature": 2.0, "bits_together": 1},
        ((3, 2),),
        bad=(
            *WEIGHT,
            Bad("temperature", 0, "a number > 0"),
            Bad("bits_together", 0, "an integer >= 1"),
            Bad("bits_together", 15, "an integer >= 1 and <= 14"),
        ),
    ),
)

QUANTIZED = (
    Recipe(
        "vq_vae",
        IMAGE,
        lambda: {"codes": 4},
        logs=("commitment",),
        metrics=USAGE,
        drawing=True,
        bad=(
            *VECTOR_QUANTIZER,
            *LEARNED_MAP,
            Bad("beta", -1, "a number >= 0"),
            Bad("spatial", "yes", "True or False"),
        ),
    ),
    Recipe(
        "vq_vae",
        VECTOR,
        lambda: {"codes": 4, "decay": None, "gradient": "rotation", "learned_map": True},
        logs=("codebook", "commitment"),
        metrics=USAGE,
        alike=True,
        note="learned_map",
    ),
    Recipe(
        "gumbel_vae",
        IMAGE,
        lambda: {"categories": 3, "spatial": True},
        logs=("kl",),
        metrics=USAGE,
        noisy=True,
        alike=True,
        bad=(*GUMBEL, Bad("beta", -1, "a number >= 0"), Bad("spatial", "yes", "True or False")),
    ),
    Recipe(
        "residual_vq_vae",
        IMAGE,
        lambda: {"codes": 4, "stages": 2, "gradient": "rotation"},
        logs=("commitment",),
        metrics=USAGE,
        drawing=True,
        alike=True,
        bad=(
            *VECTOR_QUANTIZER,
            Bad("stages", 0, "an integer >= 1"),
            Bad("beta", -1, "a number >= 0"),
        ),
    ),
    Recipe(
        "fsq_vae",
        IMAGE,
        lambda: {"levels": (4, 3)},
        metrics=USAGE,
        alike=True,
        bad=(
            *QUANTIZER,
            Bad("levels", (4, 1), "integers >= 2"),
            Bad("levels", (4, 3, 3), "one for each of the 2 numbers"),
            Bad("latent_dim", 0, "an integer >= 1"),
        ),
    ),
    Recipe(
        "lfq_vae",
        IMAGE,
        logs=("commitment", "entropy"),
        metrics=USAGE,
        alike=True,
        bad=(
            *QUANTIZER,
            Bad("latent_dim", 32, "an integer <= 31"),
            Bad("beta", -1, "a number >= 0"),
            Bad("entropy_weight", -1, "a number >= 0"),
        ),
    ),
)
