"""Recipes of sparse codes with a dictionary: many units, few of them active, a linear decoder."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras

from keras_ae import _checks, layers
from keras_ae.models.autoencoder import Autoencoder
from keras_ae.models.recipes.compose import refuse_unknown
from keras_ae.models.registry import register_model
from keras_ae.models.transcoder import Transcoder

MAX_USUAL_K = 32  # active units
UNITS_AN_ACTIVE_ONE = 8


@register_model("topk_sparse")
def topk_sparse(
    input_shape: tuple[int, ...],
    latent_dim: int,
    *,
    k: int | None = None,
    penalty: Any = None,
    prefixes: Sequence[int] | None = None,
    seed: int | None = None,
    dtype: Any = None,
    **options: Any,
) -> Autoencoder:
    """TopK sparse autoencoder: k active units, a linear dictionary. Likelihood: Gaussian, scale 1.

    `k` is an eighth of the units unless given, at least 1 and at most 32. `penalty` is
    `DeadUnitPenalty()` unless given, () for none. `prefixes` are numbers of first units which
    shall reconstruct alone too, as `PrefixPenalty` has it; none unless given. `units` are hidden
    layers of the encoder, none unless given.
    """
    bottleneck = _top_k(latent_dim, k, penalty, prefixes, seed, dtype)
    return _compose(input_shape, bottleneck, seed=seed, dtype=dtype, **options)


@register_model("batch_topk_sparse")
def batch_topk_sparse(
    input_shape: tuple[int, ...],
    latent_dim: int,
    *,
    k: int | None = None,
    momentum: float = 0.99,
    penalty: Any = None,
    prefixes: Sequence[int] | None = None,
    seed: int | None = None,
    dtype: Any = None,
    **options: Any,
) -> Autoencoder:
    """BatchTopK sparse autoencoder: k active units on average. Likelihood: Gaussian, scale 1.

    All else is as in topk_sparse. `momentum` is that of the threshold which stands for the batch
    outside training.
    """
    k = _usual_k(latent_dim) if k is None else k
    penalty = _with_prefixes(prefixes, penalty, layers.DeadUnitPenalty)
    bottleneck = layers.BatchTopKBottleneck(
        latent_dim, k, momentum, penalty, seed, dtype=dtype, name="bottleneck"
    )
    return _compose(input_shape, bottleneck, seed=seed, dtype=dtype, **options)


@register_model("jump_relu_sparse")
def jump_relu_sparse(
    input_shape: tuple[int, ...],
    latent_dim: int,
    *,
    threshold: float = 0.1,
    bandwidth: float = 0.1,
    penalty: Any = None,
    prefixes: Sequence[int] | None = None,
    seed: int | None = None,
    dtype: Any = None,
    **options: Any,
) -> Autoencoder:
    """JumpReLU sparse autoencoder: learned thresholds of units. Likelihood: Gaussian, scale 1.

    `penalty` is `L0Penalty(bandwidth=bandwidth)` unless given; its weight decides how many units
    are active. All else is as in topk_sparse.
    """
    penalty = _with_prefixes(prefixes, penalty, lambda: layers.L0Penalty(bandwidth=bandwidth))
    bottleneck = layers.JumpReLUBottleneck(
        latent_dim, threshold, bandwidth, penalty, seed, dtype=dtype, name="bottleneck"
    )
    return _compose(input_shape, bottleneck, seed=seed, dtype=dtype, **options)


@register_model("transcoder")
def transcoder(
    input_shape: tuple[int, ...],
    latent_dim: int,
    *,
    output_shape: Sequence[int] | None = None,
    k: int | None = None,
    penalty: Any = None,
    prefixes: Sequence[int] | None = None,
    preprocessor: Any = None,
    target_preprocessor: Any = None,
    seed: int | None = None,
    dtype: Any = None,
    **options: Any,
) -> Transcoder:
    """TopK sparse transcoder, from x to another y: fit(x, y). Likelihood: Gaussian, scale 1.

    `output_shape` is the target's shape, the input's unless given. `preprocessor` is applied to
    the input, `target_preprocessor` to the target. All else is as in topk_sparse, but the encoder
    doesn't start as the dictionary's transpose.
    """
    shape = input_shape if output_shape is None else _checks.shape("output_shape", output_shape)
    bottleneck = _top_k(latent_dim, k, penalty, prefixes, seed, dtype)
    parts = _parts(input_shape, shape, bottleneck, seed=seed, dtype=dtype, **options)
    return Transcoder(
        *parts,
        target_shape=shape,
        preprocessor=preprocessor,
        target_preprocessor=target_preprocessor,
        dtype=dtype,
    )


def _top_k(
    latent_dim: int, k: int | None, penalty: Any, prefixes: Any, seed: Any, dtype: Any
) -> layers.TopKBottleneck:
    """Return the bottleneck of topk_sparse, with what is usual where nobody says."""
    k = _usual_k(latent_dim) if k is None else k
    penalty = _with_prefixes(prefixes, penalty, layers.DeadUnitPenalty)
    return layers.TopKBottleneck(latent_dim, k, penalty, seed, dtype=dtype, name="bottleneck")


def _usual_k(latent_dim: Any) -> int:
    """Return how many units are active where nobody says."""
    units = _checks.integer("latent_dim", latent_dim, minimum=1)
    return min(MAX_USUAL_K, math.ceil(units / UNITS_AN_ACTIVE_ONE))


def _with_prefixes(
    prefixes: Sequence[int] | None, penalty: Any, usual: Callable[[], layers.Penalty]
) -> Any:
    """Return the penalties of a bottleneck, with that of prefixes beside them if there are any."""
    if prefixes is None:
        return penalty
    penalty = usual() if penalty is None else penalty
    several = penalty if isinstance(penalty, Sequence) else [penalty]
    return [*several, layers.PrefixPenalty(prefixes)]


def _compose(
    input_shape: tuple[int, ...],
    bottleneck: Any,
    preprocessor: Any = None,
    dtype: Any = None,
    **options: Any,
) -> Autoencoder:
    """Return a model of a dictionary.

    Without hidden layers the encoder starts as the dictionary's transpose, so that a unit is
    active where its vector is found (Gao et al. 2024, section 2.3).
    """
    parts = _parts(input_shape, input_shape, bottleneck, dtype=dtype, **options)
    encoder, _, decoder, _ = parts
    if not encoder.weights:
        dictionary = decoder.layers[0].kernel
        bottleneck.dense.kernel.assign(keras.ops.transpose(dictionary))
    return Autoencoder(*parts, preprocessor, dtype=dtype)


def _parts(
    input_shape: tuple[int, ...],
    output_shape: tuple[int, ...],
    bottleneck: Any,
    likelihood: layers.Likelihood | None = None,
    units: Sequence[int] = (),
    activation: Any = "relu",
    seed: int | None = None,
    dtype: Any = None,
    **unknown: Any,
) -> tuple[Any, Any, Any, layers.Likelihood]:
    """Return encoder, bottleneck, decoder and likelihood.

    The decoder is a dictionary: a vector of norm 1 for each unit, and a bias.
    """
    refuse_unknown(unknown, "likelihood, preprocessor, units, activation, seed, dtype")
    likelihood = layers.GaussianLikelihood(1.0) if likelihood is None else likelihood
    _checks.instance("likelihood", likelihood, layers.Likelihood, "a Likelihood or None")
    if likelihood.parameters_per_output != 1:
        raise ValueError(
            "`likelihood` must take one parameter an output, a sum of the dictionary's vectors. "
            f"Received: {type(likelihood).__name__} with {likelihood.parameters_per_output}"
        )
    encoder = layers.dense_encoder(input_shape, units, activation, seed, dtype, name="encoder")
    bottleneck.build(encoder.output_shape)  # here: its variables' paths start with its name
    dictionary = keras.layers.Dense(
        math.prod(output_shape),
        kernel_initializer=keras.initializers.RandomNormal(seed=seed),
        kernel_constraint=keras.constraints.UnitNorm(axis=1),  # of each unit's vector
        dtype=dtype,
        name="dictionary",
    )
    network = [keras.Input((bottleneck.latent_dim,)), dictionary]
    if len(output_shape) > 1:
        network.append(keras.layers.Reshape(output_shape, dtype=dtype))
    decoder = keras.Sequential(network, name="decoder")
    dictionary.kernel.assign(dictionary.kernel_constraint(dictionary.kernel))
    return encoder, bottleneck, decoder, likelihood
