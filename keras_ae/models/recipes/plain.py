"""Recipes of models whose code is not drawn: plain, sparse, denoising, stacked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_ae import _checks, layers
from keras_ae.models.autoencoder import Autoencoder
from keras_ae.models.denoising_autoencoder import DenoisingAutoencoder
from keras_ae.models.recipes.compose import compose
from keras_ae.models.registry import register_model
from keras_ae.models.stacked_autoencoder import StackedAutoencoder


@register_model("autoencoder")
def autoencoder(
    input_shape: tuple[int, ...],
    latent_dim: int,
    *,
    seed: int | None = None,
    dtype: Any = None,
    **options: Any,
) -> Autoencoder:
    """Plain autoencoder: a dense code. Likelihood: Bernoulli for images, Gaussian for vectors."""
    bottleneck = layers.DenseBottleneck(latent_dim, seed=seed, dtype=dtype, name="bottleneck")
    return compose(Autoencoder, input_shape, bottleneck, seed=seed, dtype=dtype, **options)


@register_model("sparse")
def sparse(
    input_shape: tuple[int, ...],
    latent_dim: int,
    *,
    penalty: layers.Penalty | None = None,
    seed: int | None = None,
    dtype: Any = None,
    **options: Any,
) -> Autoencoder:
    """Sparse autoencoder: few units of the code are active. Likelihood: Bernoulli or Gaussian.

    `penalty` is `TargetActivityPenalty(0.05)` unless given; `L1Penalty` is the other.
    """
    penalty = layers.TargetActivityPenalty(0.05) if penalty is None else penalty
    bottleneck = layers.DenseBottleneck(
        latent_dim, "sigmoid", penalty, seed, dtype=dtype, name="bottleneck"
    )
    return compose(Autoencoder, input_shape, bottleneck, seed=seed, dtype=dtype, **options)


@register_model("denoising")
def denoising(
    input_shape: tuple[int, ...],
    latent_dim: int,
    *,
    corruption: layers.Corruption | None = None,
    seed: int | None = None,
    dtype: Any = None,
    **options: Any,
) -> DenoisingAutoencoder:
    """Denoising autoencoder: a masked input, a clean target. Likelihood: Bernoulli or Gaussian.

    `corruption` is `MaskingNoise(0.3)` unless given. For pairs of your own build a
    `DenoisingAutoencoder`.
    """
    corruption = layers.MaskingNoise(0.3, seed=seed) if corruption is None else corruption
    bottleneck = layers.DenseBottleneck(latent_dim, seed=seed, dtype=dtype, name="bottleneck")
    return compose(
        DenoisingAutoencoder,
        input_shape,
        bottleneck,
        corruption=corruption,
        seed=seed,
        dtype=dtype,
        **options,
    )


@register_model("stacked")
def stacked(
    input_shape: tuple[int, ...],
    latent_dim: int,
    *,
    units: Sequence[int] = (400, 200),
    activation: Any = "relu",
    tied: bool = False,
    likelihood: layers.Likelihood | None = None,
    preprocessor: Any = None,
    seed: int | None = None,
    dtype: Any = None,
) -> StackedAutoencoder:
    """Stacked autoencoder: greedy `pretrain`, then `fit`. Likelihood: Gaussian of scale 1.

    `units` are the hidden layers' sizes, before the code's; `tied=True` ties the decoder's
    weights.
    """
    hidden = _checks.integers("units", units, empty=True)
    return StackedAutoencoder(
        input_shape,
        (*hidden, latent_dim),
        activation,
        tied,
        likelihood,
        preprocessor,
        seed,
        dtype=dtype,
    )
