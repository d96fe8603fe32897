"""From a recipe's name, or a model, and an array to trained models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from keras_ae import _checks
from keras_ae.layers import LaplaceLikelihood, PredictedScale, RobustScaling
from keras_ae.models import Autoencoder, create_model

CHUNK = 100  # steps whose batches are gathered together
SMALLEST_SCALE = 0.1  # of a column's robust scale
UNITS = (64, 32)


def table_options(x: np.ndarray) -> dict[str, Any]:
    """Return the options that suit tables: robustly scaled columns, heavy tails, own scales.

    Minus the log-likelihood is then, up to constants, the sum over columns of |error| / scale +
    log(scale), where the decoder says for each row and column how large an error is usual.
    """
    return {
        "likelihood": LaplaceLikelihood(PredictedScale(SMALLEST_SCALE)),
        "preprocessor": RobustScaling.of(x),
        "units": UNITS,
    }


def make_model(
    recipe: Any, x: np.ndarray, latent_dim: int, options: Mapping[str, Any] | None, seed: int
) -> Any:
    """Return a new model: the recipe's, with `table_options` for vectors, and the user's options.

    Raises:
        TypeError: `recipe` is neither a name nor an `Autoencoder`, or an option is unknown.
        ValueError: The name is unknown, or an option is out of range.
    """
    _checks.instance("model", recipe, str, "the name of a recipe or an Autoencoder")
    given = (
        {} if options is None else dict(_checks.instance("options", options, Mapping, "a dict"))
    )
    suited = table_options(x) if x.ndim == 2 else {}
    return create_model(recipe, x.shape[1:], latent_dim, **{**suited, "seed": seed, **given})


def copy_model(model: Autoencoder, shape: tuple[int, ...]) -> Autoencoder:
    """Return a model of the same configuration and weights, built for examples of a shape."""
    if not model.built:
        model.build((None, *shape))
    copy = keras.saving.deserialize_keras_object(_without_compilation(model))
    if not copy.built:
        copy.build((None, *shape))
    copy.set_weights(model.get_weights())
    return copy


def train(
    model: Autoencoder,
    x: np.ndarray,
    steps: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
    verbose: int = 0,
) -> list[float]:
    """Train a model by `fit`, on batches of one size; return the loss of every 100 steps, nats.

    The order of the examples depends on the seed alone, and no global seed is touched. An epoch is
    what `steps` make of it: small tables are passed over often.
    """
    random = np.random.default_rng(seed)
    batch = min(batch_size, len(x))
    tensorflow = keras.backend.backend() == "tensorflow"
    model.compile(
        keras.optimizers.Adam(learning_rate),
        # Training takes seconds, as does XLA's compilation.
        jit_compile=False if tensorflow else "auto",
        steps_per_execution=10 if tensorflow else 1,
    )
    order: np.ndarray = np.zeros(0, "int64")
    losses = []
    for first in range(0, steps, CHUNK):
        wanted = min(CHUNK, steps - first) * batch
        while len(order) < wanted:
            order = np.concatenate([order, random.permutation(len(x))])
        chosen, order = order[:wanted], order[wanted:]
        logs = model.fit(x[chosen], batch_size=batch, shuffle=False, verbose=0).history
        losses.append(float(logs["loss"][0]))
        if verbose:
            print(f"step {first + wanted // batch}: loss {losses[-1]:.4f} nats")  # noqa: T201
    return losses


def _without_compilation(model: Autoencoder) -> dict[str, Any]:
    config: dict[str, Any] = keras.saving.serialize_keras_object(model)
    config.pop("compile_config", None)
    return config
