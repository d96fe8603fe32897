"""Recipes of models of tables: columns of several kinds, with missing cells."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import keras

from keras_ae import _checks, layers
from keras_ae.models.importance_weighted_autoencoder import ImportanceWeightedAutoencoder
from keras_ae.models.registry import register_model
from keras_ae.models.variational_autoencoder import VariationalAutoencoder


@register_model("table_vae")
def table_vae(
    input_shape: tuple[int, ...],
    latent_dim: int,
    *,
    columns: Sequence[layers.Likelihood] | None = None,
    sizes: Sequence[int] | None = None,
    likelihood: layers.Likelihood | None = None,
    preprocessor: Any = None,
    num_samples: int | None = None,
    beta: float = 1.0,
    prior: layers.Prior | None = None,
    penalty: layers.Penalty | None = None,
    units: Sequence[int] = (128, 64),
    activation: Any = "relu",
    seed: int | None = None,
    dtype: Any = None,
) -> VariationalAutoencoder:
    """VAE of a table's rows; missing cells are NaN. Likelihood: one a column.

    `columns` are the columns' likelihoods, of `sizes` columns each (one, unless given); None for a
    Student-t each. `num_samples` latents make it MIWAE: trained on the importance-weighted bound
    of what is there. `likelihood` replaces what `columns` make.
    """
    if len(input_shape) > 1:
        raise ValueError(
            "`input_shape` must be (columns,) for a model of a table. "
            f"Received: input_shape={input_shape}"
        )
    if likelihood is None:
        if columns is None:
            columns, sizes = [layers.StudentTLikelihood()], [input_shape[-1]]
        likelihood = layers.TableLikelihood(columns, sizes)
    elif columns is not None or sizes is not None:
        raise ValueError(
            "`likelihood` must be None where there are columns and sizes. "
            f"Received: likelihood={_checks.shown(likelihood)}"
        )
    expected = "a TableLikelihood or None"
    _checks.instance("likelihood", likelihood, layers.TableLikelihood, expected)
    outputs = likelihood.parameters_shape(input_shape)
    features = layers.TableFeatures(
        likelihood.column_categories, likelihood.column_units, name="features"
    )
    shared = {"activation": activation, "seed": seed, "dtype": dtype}
    units = _checks.integers("units", units, empty=True)
    width = features.compute_output_shape((None, *input_shape))[-1]
    dense = layers.dense_encoder((width,), units, **shared)
    encoder = keras.Sequential([keras.Input(input_shape), features, *dense.layers], name="encoder")
    penalty = layers.KLPenalty(beta) if penalty is None else penalty
    bottleneck = layers.NormalBottleneck(
        latent_dim, prior, penalty, seed=seed, dtype=dtype, name="bottleneck"
    )
    bottleneck.build(encoder.output_shape)
    decoder = layers.dense_decoder(
        outputs, latent_dim, tuple(reversed(units)), name="decoder", **shared
    )
    kind: Any = VariationalAutoencoder
    if num_samples is not None:
        kind = functools.partial(ImportanceWeightedAutoencoder, num_samples=num_samples)
    parts = {"preprocessor": preprocessor, "dtype": dtype}
    made: VariationalAutoencoder = kind(encoder, bottleneck, decoder, likelihood, **parts)
    return made
