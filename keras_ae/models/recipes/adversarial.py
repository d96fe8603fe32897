"""Recipes whose reconstructions other networks judge too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_ae import _checks, layers
from keras_ae.models.recipes.compose import AUTO, builder_options, suited_network
from keras_ae.models.recipes.networks import chosen_sizes, find_network
from keras_ae.models.recipes.variational import vae
from keras_ae.models.registry import register_model
from keras_ae.models.variational_autoencoder import VariationalAutoencoder

DTYPE = "float32"  # of a discriminator that is built here: its optimizer scales no loss
STREAM = 2  # of the seeds: 0 are an encoder's, 1 a decoder's


@register_model("vae_gan")
def vae_gan(
    input_shape: tuple[int, ...],
    latent_dim: int,
    *,
    discriminator: Any = None,
    adversarial_weight: float = 10.0,
    adversarial_loss: str = "hinge",
    discriminator_optimizer: Any = None,
    start_step: int = 0,
    features: Any = None,
    perceptual_weight: float = 1.0,
    beta: float = 1.0,
    penalty: layers.Penalty | Sequence[layers.Penalty] | None = None,
    seed: int | None = None,
    **options: Any,
) -> VariationalAutoencoder:
    """VAE and a discriminator of its reconstructions. Likelihood: Bernoulli or Gaussian.

    `discriminator` is a Keras model, the name of a network such as conv, or None for the encoder's
    network over again, with a logit for an output; `discriminator_optimizer` trains it.
    `adversarial_loss` and `start_step` are the loss and the start of `AdversarialPenalty`.
    `features` is the model of a `PerceptualPenalty`, none unless given. The rest is as in `vae`.
    """
    penalty = layers.KLPenalty(beta) if penalty is None else penalty
    penalties = list(penalty) if isinstance(penalty, (list, tuple)) else [penalty]
    weight = _checks.number("perceptual_weight", perceptual_weight, minimum=0)
    if features is not None:
        penalties.append(layers.PerceptualPenalty(features, weight))
    if discriminator is None or isinstance(discriminator, str):
        discriminator = _discriminator(input_shape, discriminator, seed, **options)
    kind, expected = keras.optimizers.Optimizer | None, "a keras.optimizers.Optimizer or None"
    _checks.instance("discriminator_optimizer", discriminator_optimizer, kind, expected)
    penalties.append(
        layers.AdversarialPenalty(
            discriminator,
            _checks.number("adversarial_weight", adversarial_weight, minimum=0),
            discriminator_optimizer,
            _checks.choice("adversarial_loss", adversarial_loss, ("hinge", "logistic")),
            start_step,
        )
    )
    options["penalty"] = penalties
    return vae(input_shape, latent_dim, seed=seed, **options)


def _discriminator(
    input_shape: tuple[int, ...],
    name: str | None,
    seed: int | None,
    *,
    units: Sequence[int] | None = None,
    filters: Sequence[int] | None = None,
    network: str | None = None,
    network_options: Any = None,
    activation: Any = AUTO,
    **others: Any,
) -> keras.Sequential:
    """Return a network as an encoder is built, with one logit for an output.

    Images of any size get a map of logits.
    """
    del others  # of the model alone
    shape = _checks.shape("input_shape", input_shape, any_size=True)
    chosen, given = suited_network(shape, network, units, filters)
    if name not in (None, chosen.name):
        if None in shape:
            raise ValueError(
                f"`discriminator` must be None, {chosen.name} as the encoder, or a model, for "
                f"images of any size. Received: discriminator={_checks.shown(name)}"
            )
        network_options = None  # they are the encoder's
        chosen = find_network(name, shape, "discriminator")
        given = {each: size if each in chosen.sizes else None for each, size in given.items()}
    sizes = chosen_sizes(chosen, **given)
    shared = {"dtype": DTYPE, **builder_options(chosen, network_options, activation)}
    patches = None in shape
    if patches:
        shared["spatial"] = True
    of_judge, of_logit = _seeds(seed)
    judge = chosen.encoder(shape, **sizes, seed=of_judge, name="judge", **shared)
    start = keras.initializers.GlorotUniform(of_logit)
    options: dict[str, Any] = {"kernel_initializer": start, "dtype": DTYPE, "name": "logit"}
    last = keras.layers.Conv2D(1, 1, **options) if patches else keras.layers.Dense(1, **options)
    return keras.Sequential([keras.Input(shape), judge, last], name="discriminator")


def _seeds(seed: Any) -> tuple[Any, Any]:
    """Return two seeds that are hashed of one, for weights unlike the encoder's; None for None."""
    seed = _checks.seed("seed", seed)
    if seed is None:
        return None, None
    first, second = np.random.SeedSequence((seed, STREAM)).generate_state(2)
    return int(first) % _checks.MAX_SEED, int(second) % _checks.MAX_SEED
