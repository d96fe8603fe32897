"""Recipes of models with a posterior and a prior."""

from __future__ import annotations

import functools
from typing import Any

from keras_ae import layers
from keras_ae.models.importance_weighted_autoencoder import ImportanceWeightedAutoencoder
from keras_ae.models.recipes.compose import compose
from keras_ae.models.registry import register_model
from keras_ae.models.variational_autoencoder import VariationalAutoencoder


def _stochastic(
    kind: Any,
    input_shape: tuple[int, ...],
    latent_dim: int,
    *,
    beta: float = 1.0,
    prior: layers.Prior | None = None,
    penalty: layers.Penalty | None = None,
    bottleneck: type[layers.StochasticBottleneck] | None = None,
    seed: int | None = None,
    dtype: Any = None,
    **options: Any,
) -> Any:
    """Return a model of a kind whose latent is drawn; the options are those of `vae`."""
    penalty = layers.KLPenalty(beta) if penalty is None else penalty
    made = (bottleneck or layers.NormalBottleneck)(
        latent_dim, prior, penalty, seed=seed, dtype=dtype, name="bottleneck"
    )
    return compose(kind, input_shape, made, seed=seed, dtype=dtype, **options)


@register_model("vae")
def vae(input_shape: tuple[int, ...], latent_dim: int, **options: Any) -> VariationalAutoencoder:
    """Variational autoencoder: an N(0, I) prior. Likelihood: Bernoulli or Gaussian.

    `beta` weighs the KL; `penalty` (with free bits or a capacity) replaces it. `prior` is a
    `Prior`, and `bottleneck` the class of the bottleneck, `NormalBottleneck` unless given.
    """
    made: VariationalAutoencoder = _stochastic(
        VariationalAutoencoder, input_shape, latent_dim, **options
    )
    return made


@register_model("beta_vae")
def beta_vae(
    input_shape: tuple[int, ...], latent_dim: int, *, beta: float = 4.0, **options: Any
) -> VariationalAutoencoder:
    """Beta-VAE: a variational autoencoder with a heavier KL. Likelihood: Bernoulli or Gaussian."""
    return vae(input_shape, latent_dim, beta=beta, **options)


@register_model("full_covariance_vae")
def full_covariance_vae(
    input_shape: tuple[int, ...], latent_dim: int, **options: Any
) -> VariationalAutoencoder:
    """VAE with correlated latents. Likelihood: Bernoulli or Gaussian."""
    return vae(input_shape, latent_dim, bottleneck=layers.FullNormalBottleneck, **options)


@register_model("mixture_vae")
def mixture_vae(
    input_shape: tuple[int, ...],
    latent_dim: int,
    *,
    components: int = 10,
    seed: int | None = None,
    **options: Any,
) -> VariationalAutoencoder:
    """VAE with a trainable mixture of normals for a prior. Likelihood: Bernoulli or Gaussian."""
    prior = layers.MixturePrior(components, seed=seed)
    return vae(input_shape, latent_dim, prior=prior, seed=seed, **options)


@register_model("spatial_vae")
def spatial_vae(
    input_shape: tuple[int, ...], latent_dim: int, **options: Any
) -> VariationalAutoencoder:
    """VAE whose code is a map, `latent_dim` at each place. Likelihood: Bernoulli, for images.

    With network="resnet", beta=1e-6 and, after the training, `fit_scaling_factor(x)` it is the
    autoencoder of latent diffusion. The rest is as in `vae`.
    """
    bottleneck = layers.ScaledNormalBottleneck
    return vae(input_shape, latent_dim, spatial=True, **{"bottleneck": bottleneck, **options})


@register_model("iwae")
def iwae(
    input_shape: tuple[int, ...], latent_dim: int, *, num_samples: int = 5, **options: Any
) -> ImportanceWeightedAutoencoder:
    """Importance-weighted autoencoder: a tighter bound. Likelihood: Bernoulli or Gaussian.

    `num_samples` latents an example make the bound; the rest is as in `vae`.
    """
    kind = functools.partial(ImportanceWeightedAutoencoder, num_samples=num_samples)
    made: ImportanceWeightedAutoencoder = _stochastic(kind, input_shape, latent_dim, **options)
    return made
