"""What the estimators share: they check their data, and train models on it."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from keras_ae import _checks
from keras_ae.estimators._training import copy_model, make_model, train
from keras_ae.layers.preprocessing import check_adapted
from keras_ae.models import Autoencoder

LARGEST = 2**31 - 1
STEPS = 1000  # of a recipe, where none are given


class TrainedEstimator(BaseEstimator):
    """An estimator with the arguments model, latent_dim, options and those of training."""

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
        models, self.losses_ = [], []
        for _ in range(members):
            seed = int(random.randint(LARGEST))
            if given:
                check_adapted(self.model.preprocessor)
                model = copy_model(self.model, x.shape[1:])
            else:
                model = make_model(self.model, x, self.latent_dim, self.options, seed)
            model._check_examples("X", x)  # the shape, and the likelihood's range
            if steps:
                self.losses_.append(
                    train(
                        model,
                        x,
                        steps,
                        self.batch_size,
                        self.learning_rate,
                        seed,
                        self.verbose,
                    )
                )
            models.append(model)
        self.n_iter_ = max(steps, 1)
        return models
