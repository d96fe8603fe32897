"""The recipes: each composes parts into a model; a variant is one of these, not a class."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from keras_ae import _checks, layers
from keras_ae.models.autoencoder import Autoencoder
from keras_ae.models.denoising_autoencoder import DenoisingAutoencoder
from keras_ae.models.importance_weighted_autoencoder import ImportanceWeightedAutoencoder
from keras_ae.models.registry import register_model
from keras_ae.models.stacked_autoencoder import StackedAutoencoder
from keras_ae.models.variational_autoencoder import VariationalAutoencoder


def default_likelihood(input_shape: tuple[int, ...]) -> layers.Likelihood:
    """Return Bernoulli for images in [0, 1], else a Gaussian with a learned scale.

    Vectors and windows of a series, of shape (steps, channels), aren't images.

    Args:
        input_shape: Tuple, an example's shape.

    Returns:
        A new `Likelihood`.

    Example:
        >>> type(default_likelihood((28, 28, 1))).__name__
        'BernoulliLikelihood'
    """
    if len(_checks.shape("input_shape", input_shape)) > 2:
        return layers.BernoulliLikelihood()
    return layers.GaussianLikelihood(layers.SharedScale())


def compose(
    model: Any,
    input_shape: tuple[int, ...],
    bottleneck: layers.Bottleneck,
    likelihood: layers.Likelihood | None = None,
    preprocessor: Any = None,
    units: Sequence[int] | None = None,
    filters: Sequence[int] | None = None,
    activation: Any = "relu",
    seed: int | None = None,
    dtype: Any = None,
    corruption: layers.Corruption | None = None,
    redraw: layers.Corruption | None = None,
    **unknown: Any,
) -> Any:
    """Return a model with networks that suit the input: dense or convolutional.

    Args:
        model: The class: `Autoencoder`, `DenoisingAutoencoder` or `VariationalAutoencoder`.
        input_shape: Tuple, an example's shape.
        bottleneck: A `Bottleneck`.
        likelihood: A `Likelihood`; None for `default_likelihood(input_shape)`.
        preprocessor: As in `Autoencoder`.
        units: Sizes of the encoder's dense layers, mirrored in the decoder. None gives (400, 200)
            for vectors, none beside the convolutions for images.
        filters: Filters of the encoder's convolutions, mirrored in the decoder, for inputs of
            shape (height, width, channels); None gives (32, 64), and () dense layers instead.
        activation: Keras activation of the hidden layers.
        seed: Integer >= 0 or None, seed of the initial weights.
        dtype: Keras dtype policy of the networks.
        corruption: A `Corruption` for a `DenoisingAutoencoder`.
        redraw: As in `Autoencoder`.
        **unknown: Must be empty.

    Returns:
        The model, built.

    Raises:
        TypeError: An option is of the wrong type or unknown.
        ValueError: An option is out of range.

    Example:
        >>> from keras_ae.layers import DenseBottleneck
        >>> compose(Autoencoder, (4,), DenseBottleneck(2), units=(8,)).example_shape
        (4,)
    """
    if unknown:
        raise TypeError(
            "Options must be among likelihood, preprocessor, units, filters, activation, seed, "
            "dtype, redraw and the "
            f"recipe's own. Received: {', '.join(sorted(unknown))}"
        )
    input_shape = _checks.shape("input_shape", input_shape)
    likelihood = default_likelihood(input_shape) if likelihood is None else likelihood
    _checks.instance("likelihood", likelihood, layers.Likelihood, "a Likelihood or None")
    if filters is None:
        filters = (32, 64) if len(input_shape) == 3 and units is None else ()
    if units is None:
        units = () if filters else (400, 200)
    units = _checks.integers("units", units, empty=True)
    filters = _checks.integers("filters", filters, empty=True)
    latent_dim = _checks.instance(
        "bottleneck", bottleneck, layers.Bottleneck, "a Bottleneck"
    ).latent_dim
    if not callable(model):  # a class, or a partial call of one
        raise TypeError(
            f"`model` must be a class of autoencoders. Received: model={_checks.shown(model)}"
        )
    shared: dict[str, Any] = {"activation": activation, "dtype": dtype}
    up: dict[str, Any] = {
        "parameters_per_output": likelihood.parameters_per_output,
        "units": tuple(reversed(units)),
        "seed": seed,
        **shared,
    }
    if filters:
        encoder = layers.conv_encoder(input_shape, filters, units=units, seed=seed, **shared)
        decoder = layers.conv_decoder(input_shape, latent_dim, tuple(reversed(filters)), **up)
    else:
        encoder = layers.dense_encoder(input_shape, units, seed=seed, **shared)
        decoder = layers.dense_decoder(input_shape, latent_dim, **up)
    parts: dict[str, Any] = {} if corruption is None else {"corruption": corruption}
    parts |= {"preprocessor": preprocessor, "redraw": redraw, "dtype": dtype}
    return model(encoder, bottleneck, decoder, likelihood, **parts)


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
    bottleneck = layers.DenseBottleneck(latent_dim, seed=seed, dtype=dtype)
    return compose(Autoencoder, input_shape, bottleneck, seed=seed, dtype=dtype, **options)


@register_model("sparse")
def sparse(
    input_shape: tuple[int, ...],
    latent_dim: int,
    *,
    penalty: layers.L1Penalty | layers.TargetActivityPenalty | None = None,
    seed: int | None = None,
    dtype: Any = None,
    **options: Any,
) -> Autoencoder:
    """Sparse autoencoder: few units of the code are active. Likelihood: Bernoulli or Gaussian.

    `penalty` is `TargetActivityPenalty(0.05)` unless given; `L1Penalty` is the other.
    """
    penalty = layers.TargetActivityPenalty(0.05) if penalty is None else penalty
    bottleneck = layers.DenseBottleneck(latent_dim, "sigmoid", penalty, seed, dtype=dtype)
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
    bottleneck = layers.DenseBottleneck(latent_dim, seed=seed, dtype=dtype)
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


@register_model("vae")
def vae(
    input_shape: tuple[int, ...],
    latent_dim: int,
    *,
    beta: float = 1.0,
    prior: layers.Prior | None = None,
    penalty: layers.KLPenalty | None = None,
    bottleneck: type[layers.StochasticBottleneck] | None = None,
    seed: int | None = None,
    dtype: Any = None,
    **options: Any,
) -> VariationalAutoencoder:
    """Variational autoencoder: an N(0, I) prior. Likelihood: Bernoulli or Gaussian.

    `beta` weighs the KL; `penalty` (with free bits or a capacity) replaces it. `bottleneck` is the
    class of the bottleneck, `NormalBottleneck` unless given.
    """
    penalty = layers.KLPenalty(beta) if penalty is None else penalty
    made = (bottleneck or layers.NormalBottleneck)(
        latent_dim, prior, penalty, seed=seed, dtype=dtype
    )
    return compose(VariationalAutoencoder, input_shape, made, seed=seed, dtype=dtype, **options)


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


@register_model("iwae")
def iwae(
    input_shape: tuple[int, ...],
    latent_dim: int,
    *,
    num_samples: int = 5,
    beta: float = 1.0,
    prior: layers.Prior | None = None,
    penalty: layers.KLPenalty | None = None,
    bottleneck: type[layers.StochasticBottleneck] | None = None,
    seed: int | None = None,
    dtype: Any = None,
    **options: Any,
) -> ImportanceWeightedAutoencoder:
    """Importance-weighted autoencoder: a tighter bound. Likelihood: Bernoulli or Gaussian.

    `num_samples` latents an example make the bound; the rest is as in `vae`.
    """
    penalty = layers.KLPenalty(beta) if penalty is None else penalty
    made = (bottleneck or layers.NormalBottleneck)(
        latent_dim, prior, penalty, seed=seed, dtype=dtype
    )
    model = functools.partial(ImportanceWeightedAutoencoder, num_samples=num_samples)
    return compose(model, input_shape, made, seed=seed, dtype=dtype, **options)
