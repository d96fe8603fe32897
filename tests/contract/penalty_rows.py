"""Rows for the penalties of a bottleneck, those that other networks judge by among them."""

from __future__ import annotations

import keras

from keras_ae import layers
from tests.contract import bad_values
from tests.contract.bad_values import BANDWIDTH, WEIGHT
from tests.contract.rows import IMAGE, VECTOR, Bad, Part, Recipe

LATENT = (2,)
SCALED = keras.optimizers.SGD(0.5)  # what scales the loss of another
MEASURES = ("discriminator_loss", "discriminator_accuracy")


def network(shape, units=1, activation=None):
    """Return a new network of one layer: a discriminator, or features."""
    layer = keras.layers.Dense(units, activation, kernel_initializer="ones")
    return keras.Sequential([keras.Input(shape), layer])


PENALTY_PARTS = (
    Part(
        layers.KLPenalty,
        lambda: {"beta": 2.0},
        (LATENT, LATENT),
        bad=bad_values.KL_PENALTY,
    ),
    Part(
        layers.KLPenalty,
        lambda: {"free_bits": 0.5},
        (LATENT, LATENT),
        bad=(Bad("capacity", 0, "exclude each other"),),
        note="free_bits",
    ),
    Part(layers.KLPenalty, lambda: {"capacity": 1.5}, (LATENT, LATENT), note="capacity"),
    Part(layers.L0Penalty, lambda: {"weight": 0.5}, (LATENT,), bad=(*WEIGHT, *BANDWIDTH)),
    Part(layers.L1Penalty, lambda: {"weight": 0.5}, (LATENT,), bad=WEIGHT),
    Part(
        layers.TargetActivityPenalty,
        lambda: {"target": 0.1, "weight": 0.5},
        (LATENT,),
        bad=(Bad("target", 0, "> 0 and < 1"), Bad("target", 1, "> 0 and < 1"), *WEIGHT),
    ),
    Part(
        layers.DeadUnitPenalty,
        lambda: {"weight": 0.5, "steps": 2},
        (LATENT,),
        bad=(*WEIGHT, Bad("steps", 0, "an integer >= 1")),
    ),
    Part(layers.PrefixPenalty, lambda: {"prefixes": (1, 2)}, (LATENT,), bad=bad_values.PREFIXES),
    Part(layers.ResidualPenalty, lambda: {"k": 1, "steps": 2}, (LATENT,), bad=bad_values.RESIDUAL),
    Part(
        layers.PerceptualPenalty,
        lambda: {"features": network(VECTOR, 3, "relu"), "weight": 0.5},
        (LATENT,),
        bad=(
            *WEIGHT,
            Bad("features", "vgg", "a Keras model of one input"),
            Bad("features", keras.Sequential([keras.layers.Dense(2)]), "knows", "Sequential"),
            Bad("normalize", 1, "True or False"),
        ),
    ),
    Part(
        layers.AdversarialPenalty,
        lambda: {"discriminator": network(VECTOR), "optimizer": keras.optimizers.SGD(0.5)},
        (LATENT,),
        bad=(
            *WEIGHT,
            Bad("discriminator", "dense", "a Keras model of one input"),
            Bad("discriminator", network(VECTOR, 2), "one logit an example", "(None, 2)"),
            Bad("optimizer", "adam", "a keras.optimizers.Optimizer"),
            Bad(
                "optimizer", keras.optimizers.LossScaleOptimizer(SCALED), "scales no", "LossScale"
            ),
            Bad("loss", "wasserstein", "one of hinge, logistic"),
            Bad("start_step", -1, "an integer >= 0"),
            Bad("start_step", 0.5, "an integer >= 0"),
        ),
    ),
)

JUDGED = (
    Recipe(
        "vae_gan",
        IMAGE,
        lambda: {"adversarial_weight": 0.5},
        logs=("kl", "adversarial"),
        metrics=MEASURES,
        noisy=True,
        bad=(
            Bad("discriminator", "lstm", "one of dense, conv, resnet for input_shape=(5, 7, 1)"),
            Bad("adversarial_weight", -1, "a number >= 0"),
            Bad("adversarial_loss", "wasserstein", "one of hinge, logistic"),
            Bad("discriminator_optimizer", "adam", "a keras.optimizers.Optimizer"),
            Bad("start_step", -1, "an integer >= 0"),
            Bad("features", "vgg", "a Keras model of one input"),
            Bad("features", network((8,), 3), "take (None, 5, 7, 1)", "(None, 8)"),
            Bad("perceptual_weight", -1, "a number >= 0"),
            Bad("beta", -1, "a number >= 0"),
            Bad("penalty", 0.1, "a Penalty"),
        ),
    ),
    Recipe(
        "vae_gan",
        VECTOR,
        lambda: {
            "adversarial_loss": "logistic",
            "adversarial_weight": 0.5,
            "features": network(VECTOR, 3, "relu"),
            "likelihood": layers.BernoulliLikelihood(),
            "start_step": 2,
        },
        logs=("kl", "perceptual", "adversarial"),
        metrics=MEASURES,
        noisy=True,
        alike=True,
        note="perceptual",
    ),
)
