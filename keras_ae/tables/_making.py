"""From a schema to a Keras model of its rows, and its training."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_ae import _arrays, _checks
from keras_ae.layers import Likelihood
from keras_ae.models import create_model
from keras_ae.tables._batches import shuffled_batches
from keras_ae.tables.table_schema import TableSchema
from keras_ae.training.nan_guard import NaNGuard


def _made_model(settings: Any, schema: TableSchema) -> Any:
    """Return a new model.

    Args:
        settings: The `TableModel`.
        schema: What its columns are.
    """
    columns, sizes = _grouped(settings.likelihoods, schema)
    return create_model(
        "table_vae",
        (sum(sizes),),
        settings.latent_dim,
        **settings.bound.options(columns, sizes),
        units=settings.units,
        activation=settings.activation,
        seed=settings.seed,
    )


class Trained(NamedTuple):
    """A model, and what the order of its next epoch depends on."""

    model: Any
    seed: int
    epochs: int


def trained_model(
    settings: Any,
    schema: TableSchema,
    table: Any,
    epochs: int,
    batch_size: int,
    rate: float,
    verbose: Any,
    callbacks: Sequence[Any],
    before: Trained | None = None,
) -> Trained:
    """Return a model, trained in batches whose order is the seed's: one seed, one model.

    Args:
        settings: The `TableModel`.
        schema: What its columns are.
        table: A data frame or a `ParquetTable`.
        epochs: Integer >= 1.
        batch_size: Integer >= 1.
        rate: Number > 0, Adam's learning rate.
        verbose: As in Keras.
        callbacks: Sequence of Keras callbacks.
        before: What to go on with, which is as it was if that fails; None for a new model.

    Raises:
        ValueError: The table doesn't fit the schema, or codes can't be of the likelihood that the
            user gave for their column.
        NonFiniteLossError: The loss is no longer a number.
    """
    if before is None:
        seed = settings.seed
        if seed is None:
            seed = int(np.random.SeedSequence().generate_state(1)[0])
        before = Trained(_made_model(settings, schema), seed, 0)
        before.model.compile(keras.optimizers.Adam(rate))
    model, seed, done = before
    check = functools.partial(_check_support, schema, settings.likelihoods)
    batches = shuffled_batches(schema, table, batch_size, seed, epochs, done, check)
    changed = [*model.variables, *model.optimizer.variables]  # seeds too
    values = [(variable, variable.numpy()) for variable in changed]
    model.optimizer.learning_rate = rate
    try:
        history = model.fit(
            batches,
            epochs=epochs,
            steps_per_epoch=batches.steps,
            shuffle=False,
            verbose=verbose,
            callbacks=[NaNGuard(), *callbacks],
        )
    except Exception:
        for variable, value in values:
            variable.assign(value)
        failure = getattr(batches, "failure", None)
        if failure is not None:
            raise failure from None
        raise
    return Trained(model, seed, done + len(history.epoch))


def _check_support(schema: TableSchema, likelihoods: dict[str, Any], x: np.ndarray) -> None:
    """Raise a ValueError if codes can't be of the likelihood that was given for their column."""
    for place, column in enumerate(schema.modelled):
        support = getattr(likelihoods.get(column.name), "support", None)
        if support is not None:
            _arrays.within(f"codes of column {column.name!r}", x[:, place], *support)


def _grouped(given: dict[str, Any], schema: TableSchema) -> tuple[list[Any], list[int]]:
    """Return the columns' likelihoods, and how many columns each is of.

    Neighbouring columns of one likelihood are computed together, unless it has weights of its own,
    such as a shared scale.
    """
    names = [column.name for column in schema.modelled]
    for name in given:
        _checks.choice("likelihoods' keys", name, names)
    columns: list[Any] = []
    sizes: list[int] = []
    last = None
    for column in schema.modelled:
        likelihood = _copy(given[column.name]) if column.name in given else column.likelihood()
        config = {key: value for key, value in likelihood.get_config().items() if key != "name"}
        words = json.dumps([type(likelihood).__name__, config], default=str, sort_keys=True)
        likelihood.build((None, likelihood.parameters_per_output))
        if words == last and not likelihood.weights:
            sizes[-1] += 1
        else:
            columns.append(likelihood)
            sizes.append(1)
        last = words
    # Built here to see their weights; in the model they are built for their own columns.
    return [_copy(likelihood) for likelihood in columns], sizes


def _copy(likelihood: Likelihood) -> Likelihood:
    """Return a new likelihood of the same configuration: each model has its own."""
    made: Likelihood = type(likelihood).from_config(likelihood.get_config())
    return made
