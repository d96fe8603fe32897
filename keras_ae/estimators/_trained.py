"""What the estimators share: they check their data, and train models on it."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from keras_ae import _checks
from keras_ae.estimators._training import Training, copy_model, make_model, table_options
from keras_ae.layers.preprocessing import check_adapted
from keras_ae.models import Autoencoder

LARGEST = 2**31 - 1
STEPS = 1000  # of a recipe, where none are given


class TrainedEstimator(BaseEstimator):
    """An estimator with the arguments model, latent_dim, options and those of training."""

    _suited = staticmethod(table_options)  # a recipe's options for tables, where none are given

    def _validated(self, X: Any, reset: bool) -> np.ndarray:  # noqa: N803 - scikit-learn's name
        """Return X as float32 of the rank that was fitted."""
        if not reset:
            check_is_fitted(self)
        x: np.ndarray = validate_data(
            self,
            X,
            reset=reset,
            dtype="float32",
            allow_nd=True,
            ensure_min_samples=2 if reset else 1,
        )
        return x

    def _fit_models(self, x: np.ndarray, members: int) -> list[Any]:
        """Return trained models: new ones of the recipe, or a copy of the given one."""
        _checks.integer("batch_size", self.batch_size, minimum=1)
        _checks.number("learning_rate", self.learning_rate, above=0)
        given = isinstance(self.model, Autoencoder)
        steps = (0 if given else STEPS) if self.steps is None else self.steps
        _checks.integer("steps", steps, minimum=0)
        if given and self.options is not None:
            raise ValueError(
                "`options` must be None for a model that is made already. "
                f"Received: options={self.options!r}"
            )
        random = check_random_state(self.random_state)
        seeds = [int(random.randint(LARGEST)) for _ in range(members)]
        models = [self._make_model(x, seed) for seed in seeds]
        models[0]._check_examples("X", x)  # the shape, and the likelihood's range
        self.losses_: list[list[float]] = []
        if steps:
            self.losses_ = self._train(models, x, steps, seeds)
        self.n_iter_ = max(steps, 1)
        return models

    def _make_model(self, x: np.ndarray, seed: int) -> Any:
        if isinstance(self.model, Autoencoder):
            check_adapted(self.model.preprocessor)
            return copy_model(self.model, x.shape[1:])
        return make_model(self.model, x, self.latent_dim, self.options, self._suited, seed)

    def _train(
        self, models: list[Any], x: np.ndarray, steps: int, seeds: list[int]
    ) -> list[list[float]]:
        """Train all models by the compiled functions of the first, whose own turn is the last."""
        first, *others = models
        weights = first.get_weights()
        training = Training(first, x, steps, self.batch_size, self.learning_rate, self.verbose)
        losses = []
        for model, seed in zip(others, seeds[1:], strict=True):
            losses.append(training.run(model.get_weights(), seed))
            model.set_weights(first.get_weights())
        return [training.run(weights, seeds[0]), *losses]
