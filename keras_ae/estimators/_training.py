"""From a recipe's name, or a model, and an array to trained models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae import _checks, _loading
from keras_ae.layers import LaplaceLikelihood, PredictedScale, RobustScaling
from keras_ae.models import Autoencoder, create_model, list_models

STEPS_GATHERED_TOGETHER = 250  # whose batches are copied at once
MIN_RELATIVE_SCALE = 0.1  # of a column's robust scale
DEFAULT_UNITS = (64, 32)


def table_options(x: np.ndarray) -> dict[str, Any]:
    """Return the options that suit tables: robustly scaled columns and small networks.

    What isn't a table, such as images, gets the recipe's own.
    """
    if x.ndim != 2:
        return {}
    return {"preprocessor": RobustScaling.of(x), "units": DEFAULT_UNITS}


def detection_options(x: np.ndarray) -> dict[str, Any]:
    """Return the options that suit the search for anomalies in tables: heavy tails, own scales.

    Minus the log-likelihood is then, up to constants, the sum over columns of |error| / scale +
    log(scale), where the decoder says for each row and column how large an error is usual.
    """
    options = table_options(x)
    return options and {
        **options,
        "likelihood": LaplaceLikelihood(PredictedScale(MIN_RELATIVE_SCALE)),
    }


def make_model(
    recipe: Any,
    x: np.ndarray,
    latent_dim: int,
    options: Mapping[str, Any] | None,
    suited: dict[str, Any],
    seed: int,
) -> Any:
    """Return a new model: the recipe's, with the options that suit the data, and the user's.

    Raises:
        TypeError: `recipe` is neither a name nor an `Autoencoder`, or an option is unknown.
        ValueError: The name is unknown, or an option is out of range.
    """
    _checks.instance("model", recipe, str, "the name of a recipe or an Autoencoder")
    _checks.choice("model", recipe, list_models())
    given = (
        {} if options is None else dict(_checks.instance("options", options, Mapping, "a dict"))
    )
    if not all(isinstance(name, str) for name in given):
        raise TypeError(
            f"`options` must be a dict with strings for keys. Received: {_checks.shown(given)}"
        )
    return create_model(recipe, x.shape[1:], latent_dim, **{**suited, "seed": seed, **given})


def copy_model(model: Autoencoder, shape: tuple[int, ...]) -> Autoencoder:
    """Return a model of the same configuration and weights, built for examples of a shape.

    The user's own layers are copied by their own classes, registered or not, and a Lambda by its
    code: nothing of it comes from a file.

    Raises:
        ValueError: A part can't be made anew from its configuration.
    """
    if not model.built:
        model.build((None, *shape))
    classes = {type(layer).__name__: type(layer) for layer in model._flatten_layers()}
    try:
        copy = keras.saving.deserialize_keras_object(
            _without_compilation(model), classes, safe_mode=False
        )
    except Exception as error:  # Keras documents no list of what it raises
        raise ValueError(
            "`model` must be of layers that can be made anew from get_config(). "
            f"Received: {_loading.words(error)}"
        ) from error
    if not copy.built:
        copy.build((None, *shape))
    copy.set_weights(model.get_weights())
    return copy


class Training:
    """One way of training for several models of one configuration, compiled once.

    Batches are of one size. Their order depends on the seed alone, and no global seed is touched.
    An epoch is what `steps` make of it: small tables are passed over often.

    Args:
        model: The `Autoencoder` that is trained; `run` starts it anew from given weights.
        x: Array of examples.
        steps: Integer >= 1.
        batch_size: Integer >= 1.
        learning_rate: Number > 0.
        verbose: 0 for silence.
    """

    def __init__(
        self,
        model: Autoencoder,
        x: np.ndarray,
        steps: int,
        batch_size: int,
        learning_rate: float,
        verbose: int = 0,
    ) -> None:
        self.model = model
        self.x = x
        self.steps = steps
        self.batch = min(batch_size, len(x))
        self.verbose = verbose
        tensorflow = keras.backend.backend() == "tensorflow"
        model.compile(
            keras.optimizers.Adam(learning_rate),
            # XLA's compilation takes longer than the whole training of a table.
            jit_compile=False if tensorflow else "auto",
            steps_per_execution=10 if tensorflow else 1,
        )
        self._start = [ops.convert_to_numpy(each) for each in model.optimizer.variables]

    def run(self, weights: list[np.ndarray], seed: int) -> list[float]:
        """Train from these weights; return each loss, in nats, of steps gathered together."""
        self.model.set_weights(weights)
        for variable, start in zip(self.model.optimizer.variables, self._start, strict=True):
            variable.assign(start)
        random = np.random.default_rng(seed)
        order: np.ndarray = np.zeros(0, "int64")
        losses = []
        for first in range(0, self.steps, STEPS_GATHERED_TOGETHER):
            wanted = min(STEPS_GATHERED_TOGETHER, self.steps - first) * self.batch
            while len(order) < wanted:
                order = np.concatenate([order, random.permutation(len(self.x))])
            chosen, order = self.x[order[:wanted]], order[wanted:]
            history = self.model.fit(chosen, batch_size=self.batch, shuffle=False, verbose=0)
            losses.append(float(history.history["loss"][0]))
            if self.verbose:
                done = first + wanted // self.batch
                print(f"step {done}: loss {losses[-1]:.4f} nats")  # noqa: T201
        return losses


def _without_compilation(model: Autoencoder) -> dict[str, Any]:
    config: dict[str, Any] = keras.saving.serialize_keras_object(model)
    config.pop("compile_config", None)
    return config
