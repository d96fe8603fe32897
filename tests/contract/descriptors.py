"""One row for each public part: how to make it, what it takes, returns and refuses.

Every test of this folder runs over these rows and those of the recipes, in `recipe_rows.py`. A new
part is a file, its test of truth, and a row here; `test_coverage.py` fails until the row is there,
and when a row's part is gone.
"""

from __future__ import annotations

import keras

from keras_ae import layers
from tests.contract import bad_values
from tests.contract.bad_values import (
    ACTIVATION,
    BANDWIDTH,
    LATENT_DIM,
    MINIMUM,
    RATE,
    SCALE,
    SEED,
    TO_SCALE,
)
from tests.contract.penalty_rows import PENALTY_PARTS
from tests.contract.quantizer_rows import QUANTIZER_PARTS
from tests.contract.recipe_rows import RECIPES as RECIPES  # the tests take all rows from here
from tests.contract.residual_rows import SCALED_PARTS
from tests.contract.rows import IMAGE, SCALAR, VECTOR, Bad, Part
from tests.contract.table_rows import TABLE_PARTS

FEATURES, LATENT, TRIL = (8,), (2,), (2, 2)


def _tie(layer):
    dense = keras.layers.Dense(2)
    dense.build((None, 6))
    layer.tie(dense)


PARTS = (
    Part(layers.Sampling, lambda: {"seed": 0}, (LATENT, LATENT), (LATENT,), SEED, mixed="own"),
    Part(
        layers.TransposedDense,
        lambda: {"units": 6, "activation": "tanh"},
        (LATENT,),
        (VECTOR,),
        (Bad("units", 0, "an integer >= 1"), *ACTIVATION),
        mixed="own",
        prepare=_tie,
    ),
    Part(
        layers.InversePreprocessing,
        lambda: {"preprocessor": keras.layers.Rescaling(1 / 255, offset=-0.5)},
        (IMAGE,),
        bad=(
            Bad("preprocessor", "rescale", "a Keras layer"),
            Bad("preprocessor", None, "a Keras layer"),
        ),
    ),
    Part(
        layers.InversePreprocessing,
        lambda: {"preprocessor": keras.layers.Normalization(mean=[0.5] * 6, variance=[2.0] * 6)},
        (VECTOR,),
        note="normalization",
    ),
    Part(
        layers.RobustScaling,
        lambda: {"center": [0.5] * 6, "scale": [2.0] * 6},
        (VECTOR,),
        bad=bad_values.ROBUST_SCALING,
    ),
    Part(
        layers.KernelMarginals,
        lambda: {"centers": [[0.2, 0.7]] * 6, "location": [0.5] * 6, "scale": [2.0] * 6},
        (VECTOR,),
        bad=bad_values.KERNEL_MARGINALS,
    ),
    # Corruptions
    Part(
        layers.MaskingNoise,
        lambda: {"rate": 0.3, "seed": 0},
        (IMAGE,),
        bad=(*RATE, *SEED),
        mixed="own",
    ),
    Part(
        layers.GaussianCorruption,
        lambda: {"stddev": 0.5, "clip": (0.0, 1.0), "seed": 0},
        (IMAGE,),
        bad=bad_values.GAUSSIAN_CORRUPTION,
        mixed="own",
    ),
    Part(
        layers.SaltAndPepperNoise,
        lambda: {"rate": 0.3, "low": -1.0, "high": 2.0},
        (VECTOR,),
        bad=(*RATE, *SEED, Bad("low", "a", "a number"), Bad("high", -2.0, "a number > -1.0")),
        mixed="own",
    ),
    Part(layers.StochasticBinarization, lambda: {"seed": 0}, (IMAGE,), bad=SEED, mixed="own"),
    # Bottlenecks, and what they are made of
    Part(layers.SoftplusScale, lambda: {"minimum": 1e-3}, (LATENT,), bad=MINIMUM),
    Part(
        layers.LogVarianceScale,
        lambda: {"low": -9.0, "high": 4.0},
        (LATENT,),
        bad=(Bad("low", "a", "a number"), Bad("high", -10, "a number > -9.0")),
    ),
    Part(
        layers.NormalHead,
        lambda: {"latent_dim": 2, "to_scale": layers.LogVarianceScale(), "seed": 0},
        (FEATURES,),
        (LATENT, LATENT),
        (*LATENT_DIM, *TO_SCALE, *SEED),
    ),
    Part(
        layers.FullNormalHead,
        lambda: {"latent_dim": 2, "seed": 0},
        (FEATURES,),
        (LATENT, TRIL),
        (*LATENT_DIM, *TO_SCALE, *SEED),
    ),
    Part(layers.FullNormalHead, lambda: {"latent_dim": 1}, (FEATURES,), ((1,), (1, 1)), note="1"),
    Part(
        layers.DenseBottleneck,
        lambda: {"latent_dim": 2, "activation": "tanh", "seed": 0},
        (FEATURES,),
        (LATENT,),
        bad_values.DENSE_BOTTLENECK,
        mixed="own",
    ),
    Part(
        layers.DenseBottleneck,
        lambda: {
            "latent_dim": 2,
            "activation": "sigmoid",
            "penalty": layers.TargetActivityPenalty(0.1),
        },
        (FEATURES,),
        (LATENT,),
        (Bad("activation", "relu", '"sigmoid"'),),
        note="sparse",
        mixed="own",
    ),
    Part(
        layers.NormalBottleneck,
        lambda: {
            "latent_dim": 2,
            "prior": layers.MixturePrior(3, seed=0),
            "penalty": layers.KLPenalty(beta=0.5),
            "to_scale": layers.LogVarianceScale(),
            "seed": 0,
        },
        (FEATURES,),
        (LATENT,),
        bad_values.STOCHASTIC,
    ),
    Part(
        layers.NormalBottleneck,
        lambda: {
            "latent_dim": 2,
            "prior": layers.MixturePrior(3, seed=0),
            "penalty": [layers.KLPenalty(), layers.L1Penalty()],
        },
        ((3, 4, 5),),
        ((3, 4, 2),),
        note="map",
    ),
    Part(
        layers.FullNormalBottleneck,
        lambda: {"latent_dim": 2},
        (FEATURES,),
        (LATENT,),
        bad_values.STOCHASTIC,
    ),
    Part(
        layers.TopKBottleneck,
        lambda: {"latent_dim": 8, "k": 2, "seed": 0},  # two of 3 examples' 8 units stay inactive
        (FEATURES,),
        ((8,),),
        bad_values.TOP_K,
        mixed="own",
        averages=True,
    ),
    Part(
        layers.TopKBottleneck,
        lambda: {"latent_dim": 4, "k": 4, "penalty": ()},
        ((3, 4, 5),),
        ((3, 4, 4),),
        note="map",
        mixed="own",
    ),
    Part(
        layers.BatchTopKBottleneck,
        lambda: {"latent_dim": 4, "k": 1, "seed": 0},
        (FEATURES,),
        ((4,),),
        (*bad_values.TOP_K, Bad("momentum", 1.0, "a number >= 0 and < 1")),
        mixed="own",
        averages=True,
    ),
    Part(
        layers.JumpReLUBottleneck,
        lambda: {"latent_dim": 4, "threshold": 0.2, "bandwidth": 0.5, "seed": 0},
        (FEATURES,),
        ((4,),),
        (
            *LATENT_DIM,
            *SEED,
            *BANDWIDTH,
            Bad("threshold", 0, "a number > 0"),
            *bad_values.WITHOUT_POSTERIOR,
            *bad_values.ANY_RANGE,
        ),
        mixed="own",
    ),
    *PENALTY_PARTS,
    # Priors
    Part(layers.StandardNormalPrior, dict, (LATENT,), ((),)),
    Part(
        layers.MixturePrior,
        lambda: {"components": 3, "seed": 0},
        (LATENT,),
        ((),),
        (Bad("components", 0, "an integer >= 1"), Bad("components", 2.5, "an integer"), *SEED),
    ),
    Part(
        layers.TFPPrior,
        lambda: {"distribution": "Laplace", "parameters": {"loc": 0.0, "scale": [0.5, 2.0]}},
        (LATENT,),
        ((),),
        bad_values.TFP_PRIOR,
        backends=("tensorflow",),
    ),
    # Likelihoods and their scales
    Part(layers.BernoulliLikelihood, dict, (IMAGE,)),
    Part(layers.ContinuousBernoulliLikelihood, dict, (IMAGE,)),
    Part(layers.GaussianLikelihood, lambda: {"scale": 0.5}, (VECTOR,), bad=SCALE),
    Part(
        layers.GaussianLikelihood,
        lambda: {"scale": layers.SharedScale(0.5)},
        (VECTOR,),
        note="shared",
    ),
    Part(
        layers.LaplaceLikelihood,
        lambda: {"scale": layers.PredictedScale()},
        ((5, 7, 2),),
        (IMAGE,),
        SCALE,
    ),
    Part(
        layers.FixedScale,
        lambda: {"value": 0.5},
        (VECTOR,),
        (VECTOR, SCALAR),
        (Bad("value", 0, "a number > 0"), Bad("value", None, "a number > 0")),
    ),
    Part(
        layers.SharedScale,
        lambda: {"initial": 0.5},
        (VECTOR,),
        (VECTOR, SCALAR),
        (Bad("initial", 0, "a number > 1e-06"), Bad("initial", "a", "a number")),
    ),
    Part(layers.PredictedScale, lambda: {"minimum": 0.01}, (VECTOR,), ((3,), (3,)), MINIMUM),
    *SCALED_PARTS,
    *TABLE_PARTS,
    *QUANTIZER_PARTS,
)
