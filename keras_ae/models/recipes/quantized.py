"""Recipes of models whose code is one of finitely many at each place: tokens."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from keras_ae import _checks, layers
from keras_ae.models.autoencoder import Autoencoder
from keras_ae.models.recipes.compose import compose
from keras_ae.models.registry import register_model


def _of_codes(
    input_shape: tuple[int, ...],
    bottleneck: layers.Quantizer,
    *,
    spatial: bool | None = None,
    **options: Any,
) -> Autoencoder:
    """Return a model with a code at each place of a map, or one where there is no map."""
    made: Autoencoder = compose(Autoencoder, input_shape, bottleneck, spatial=spatial, **options)
    return made


@register_model("vq_vae")
def vq_vae(
    input_shape: tuple[int, ...],
    latent_dim: int,
    *,
    codes: int = 512,
    decay: float | None = 0.99,
    gradient: str = "straight_through",
    dead_below: float | None = None,
    learned_map: bool = False,
    beta: float = 0.25,
    penalty: layers.Penalty | Sequence[layers.Penalty] | None = None,
    seed: int | None = None,
    dtype: Any = None,
    **options: Any,
) -> Autoencoder:
    """VQ-VAE: a map of indices into a learned codebook. Likelihood: Bernoulli or Gaussian.

    `codes`, `decay`, `gradient`, `dead_below` and `learned_map` are those of `VectorQuantizer`;
    `beta` weighs the `CommitmentPenalty`, and `penalty` replaces it. Images have a code at each
    place of a map; vectors, and images with `units` or `spatial=False`, have a single one.
    """
    bottleneck = layers.VectorQuantizer(
        latent_dim,
        codes,
        decay,
        gradient,
        dead_below,
        layers.CommitmentPenalty(beta) if penalty is None else penalty,
        seed,
        learned_map,
        dtype=dtype,
        name="bottleneck",
    )
    return _of_codes(input_shape, bottleneck, seed=seed, dtype=dtype, **options)


@register_model("fsq_vae")
def fsq_vae(
    input_shape: tuple[int, ...],
    latent_dim: int,
    *,
    levels: int | Sequence[int] = 8,
    penalty: layers.Penalty | Sequence[layers.Penalty] | None = None,
    seed: int | None = None,
    dtype: Any = None,
    **options: Any,
) -> Autoencoder:
    """FSQ-VAE: a map of numbers rounded to few levels. Likelihood: Bernoulli or Gaussian.

    `levels` are those of each of the `latent_dim` numbers, or one integer for all. Where there is
    a map is as in `vq_vae`.
    """
    latent_dim = _checks.integer("latent_dim", latent_dim, minimum=1)
    each: Any = (levels,) * latent_dim if isinstance(levels, Integral) else levels
    if len(_checks.integers("levels", each)) != latent_dim:
        raise ValueError(
            f"`levels` must be an integer, or one for each of the {latent_dim} numbers of a code. "
            f"Received: levels={_checks.shown(levels)}"
        )
    bottleneck = layers.FiniteScalarQuantizer(each, penalty, seed, dtype=dtype, name="bottleneck")
    return _of_codes(input_shape, bottleneck, seed=seed, dtype=dtype, **options)


@register_model("lfq_vae")
def lfq_vae(
    input_shape: tuple[int, ...],
    latent_dim: int,
    *,
    beta: float = 0.25,
    entropy_weight: float = 1.0,
    penalty: layers.Penalty | Sequence[layers.Penalty] | None = None,
    seed: int | None = None,
    dtype: Any = None,
    **options: Any,
) -> Autoencoder:
    """LFQ-VAE: a map of signs, `latent_dim` bits at each place. Likelihood: Bernoulli or Gaussian.

    `beta` weighs the `CommitmentPenalty`, `entropy_weight` the `EntropyPenalty`; `penalty`
    replaces both. Where there is a map is as in `vq_vae`.
    """
    if penalty is None:
        entropy = layers.EntropyPenalty(
            _checks.number("entropy_weight", entropy_weight, minimum=0)
        )
        penalty = [layers.CommitmentPenalty(beta), entropy]
    bottleneck = layers.LookupFreeQuantizer(
        latent_dim, penalty, seed, dtype=dtype, name="bottleneck"
    )
    return _of_codes(input_shape, bottleneck, seed=seed, dtype=dtype, **options)


@register_model("residual_vq_vae")
def residual_vq_vae(
    input_shape: tuple[int, ...],
    latent_dim: int,
    *,
    stages: int = 4,
    codes: int = 512,
    decay: float | None = 0.99,
    gradient: str = "straight_through",
    dead_below: float | None = None,
    beta: float = 0.25,
    penalty: layers.Penalty | Sequence[layers.Penalty] | None = None,
    seed: int | None = None,
    dtype: Any = None,
    **options: Any,
) -> Autoencoder:
    """Residual VQ-VAE: a map of sums of `stages` codes. Likelihood: Bernoulli or Gaussian.

    Each stage has a codebook for what those before it left over; all else is as in `vq_vae`.
    """
    bottleneck = layers.ResidualQuantizer(
        latent_dim,
        stages,
        codes,
        decay,
        gradient,
        dead_below,
        layers.CommitmentPenalty(beta) if penalty is None else penalty,
        seed,
        dtype=dtype,
        name="bottleneck",
    )
    return _of_codes(input_shape, bottleneck, seed=seed, dtype=dtype, **options)


@register_model("gumbel_vae")
def gumbel_vae(
    input_shape: tuple[int, ...],
    latent_dim: int,
    *,
    categories: int = 10,
    temperature: float = 1.0,
    hard: bool = False,
    beta: float = 1.0,
    penalty: layers.Penalty | Sequence[layers.Penalty] | None = None,
    spatial: bool | None = False,
    seed: int | None = None,
    dtype: Any = None,
    **options: Any,
) -> Autoencoder:
    """VAE of `latent_dim` categorical variables. Likelihood: Bernoulli or Gaussian.

    `categories`, `temperature` and `hard` are those of `GumbelBottleneck`; `beta` weighs the KL to
    the uniform prior, and `penalty` replaces it. With `spatial=True` images have as many variables
    at each place of a map.
    """
    bottleneck = layers.GumbelBottleneck(
        latent_dim,
        categories,
        temperature,
        hard,
        layers.KLPenalty(beta) if penalty is None else penalty,
        seed,
        dtype=dtype,
        name="bottleneck",
    )
    return _of_codes(input_shape, bottleneck, spatial=spatial, seed=seed, dtype=dtype, **options)
