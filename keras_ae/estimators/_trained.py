"""What the estimators share: they check their data, and train models on it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from keras_ae import _arrays, _checks, _float32
from keras_ae.estimators._training import Training, copy_model, make_model, table_options
from keras_ae.execution import arguments, processes
from keras_ae.layers import RobustScaling
from keras_ae.layers.preprocessing import check_adapted
from keras_ae.models import Autoencoder

SEED_LIMIT = 2**31 - 1
MAX_MESSAGE_CHARACTERS = 400  # of scikit-learn's own words
DEFAULT_STEPS = 1000  # of a recipe, where none are given
RECIPE = object()  # stands for the preprocessor that a recipe gets for tables


@contextlib.contextmanager
def in_one_line(name: str) -> Iterator[None]:
    """Keep what scikit-learn's checks say, which its own tests look for, in one line."""
    try:
        yield
    except (TypeError, ValueError) as error:
        words = re.sub(r" array=.*?\](?=\.? )", "", " ".join(str(error).split()))
        cut = (
            words
            if len(words) <= MAX_MESSAGE_CHARACTERS
            else f"{words[: MAX_MESSAGE_CHARACTERS - 3]}..."
        )
        raise type(error)(f"`{name}` can't be used: {cut}") from error


class TrainedEstimator(BaseEstimator):
    """An estimator with the arguments model, latent_dim, options and those of training."""

    # A recipe's options that suit the data, where none are given.
    _suited: Any = staticmethod(table_options)

    def _validated(self, X: Any, reset: bool) -> np.ndarray:  # noqa: N803 - scikit-learn's name
        """Return X as an array of numbers, in its own precision."""
        if not reset:
            check_is_fitted(self)
        _arrays.not_masked("X", X)
        if hasattr(X, "columns"):
            _arrays.numbers("X", X)  # names the column that isn't numbers
        options = {"dtype": "numeric", "allow_nd": True, "ensure_all_finite": False}
        fewest = 2 if reset else 1
        with in_one_line("X"):
            x: np.ndarray = validate_data(
                self, X, reset=reset, ensure_min_samples=fewest, **options
            )
        _arrays.finite("X", x)  # in one line, which scikit-learn's error isn't
        return x

    def _centred(self, x: np.ndarray) -> np.ndarray:
        """Return examples as the models take them: float32, less `location_`."""
        return _float32.cast("X", x, self.location_)

    def _fit_models(self, table: np.ndarray, members: int) -> list[Any]:
        """Return trained models: new ones of the recipe, or a copy of the given one."""
        processes.check_alone(type(self).__name__)
        batch_size = _checks.integer("batch_size", self.batch_size, minimum=1)
        learning_rate = float(_checks.number("learning_rate", self.learning_rate, above=0))
        given = isinstance(self.model, Autoencoder)
        steps = (0 if given else DEFAULT_STEPS) if self.steps is None else self.steps
        steps = _checks.integer("steps", steps, minimum=0)
        if given and self.options is not None:
            raise ValueError(
                "`options` must be None for a model that is made already. "
                f"Received: options={_checks.shown(self.options)}"
            )
        self.location_ = self._location(table)
        x = self._centred(table)
        with in_one_line("random_state"):
            random = check_random_state(self.random_state)
        verbose = int(arguments.verbosity("verbose", self.verbose) != 0)
        seeds = [int(random.randint(SEED_LIMIT)) for _ in range(members)]
        models = [self._make_model(x, seed) for seed in seeds]
        self._check_for(models[0], x)
        rows = self._trained_on(x)
        self.losses_: list[list[float]] = []
        if steps:
            training = Training(models[0], rows, steps, batch_size, learning_rate, verbose)
            self.losses_ = self._train(models, seeds, training)
        self.n_iter_ = max(steps, 1)
        return models

    def _trained_on(self, x: Any) -> Any:
        """Return the examples that the models see in training: all of them."""
        return x

    def _plan(self, x: Any, seed: int) -> tuple[Any, int, dict[str, Any]]:  # noqa: ARG002
        """Return the recipe's name, the size of its latent, and options that suit the data."""
        return self.model, self.latent_dim, self._suited(x)

    def _check_for(self, model: Any, x: Any) -> None:
        model._check_examples("X", x)  # the shape, and the likelihood's range

    def _location(self, table: np.ndarray) -> np.ndarray | None:
        """Return what float32 needs subtracted, where the models' scaling can follow it."""
        given = isinstance(self.model, Autoencoder)
        layer = self.model.preprocessor if given else self._option("preprocessor", RECIPE)
        follows = layer is RECIPE or isinstance(layer, RobustScaling)
        return _float32.location(table) if follows and table.ndim == 2 else None

    def _option(self, name: str, default: Any) -> Any:
        return self.options.get(name, default) if isinstance(self.options, Mapping) else default

    def _make_model(self, x: np.ndarray, seed: int) -> Any:
        if isinstance(self.model, Autoencoder):
            check_adapted(self.model.preprocessor)
            copy = copy_model(self.model, x.shape[1:])
            if self.location_ is not None:
                copy.preprocessor.center = self._moved(copy.preprocessor).center
            return copy
        options = self.options
        if self.location_ is not None and self._option("preprocessor", None) is not None:
            options = {**options, "preprocessor": self._moved(options["preprocessor"])}
        recipe, latent_dim, suited = self._plan(x, seed)
        return make_model(recipe, x, latent_dim, options, suited, seed)

    def _moved(self, scaling: RobustScaling) -> RobustScaling:
        """Return the scaling of what is left after the subtraction of `location_`."""
        center = np.asarray(scaling.center) - self.location_
        return RobustScaling(center.tolist(), list(scaling.scale))

    def _train(self, models: list[Any], seeds: list[int], training: Training) -> list[list[float]]:
        """Train all models by the compiled functions of the first, whose own turn is the last."""
        first, *others = models
        weights = first.get_weights()
        losses = []
        for model, seed in zip(others, seeds[1:], strict=True):
            losses.append(training.run(model.get_weights(), seed))
            model.set_weights(first.get_weights())
        return [training.run(weights, seeds[0]), *losses]
