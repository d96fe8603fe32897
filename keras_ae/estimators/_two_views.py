"""The default search for anomalies in tables: columns one by one, and a denoiser of whole rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from keras_ae.estimators import _views
from keras_ae.estimators._trained import TrainedEstimator
from keras_ae.estimators.scores import AnomalyScore, DenoisingError, resolve_score
from keras_ae.layers import (
    FixedScale,
    GaussianCorruption,
    GaussianLikelihood,
    KernelMarginals,
    RobustScaling,
)

NOISE = 1.0  # of training and score, in standard deviations of the columns
SCORE = DenoisingError(NOISE)
UNITS, LATENT_DIM = (64,), 64
NAMED_LATENT_DIM = 2  # of a recipe that is named
ROWS_AT_ONCE = 4096  # of a table, in memory for a view


def plan(x: np.ndarray, seed: int) -> tuple[str, int, dict[str, Any]]:
    """Return the recipe of the denoiser, the size of its code and its options.

    The code is wide: the noise keeps the denoiser from copying. Columns get mean 0 and deviation
    1, so that one noise suits them all.

    Args:
        x: Array of shape (rows, columns).
        seed: Integer, seed of the noise.
    """
    table = x.astype("float64")
    spread = table.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    options = {
        "preprocessor": RobustScaling(table.mean(axis=0).tolist(), spread.tolist()),
        "corruption": GaussianCorruption(NOISE, seed=seed),
        "likelihood": GaussianLikelihood(FixedScale(1.0)),
        "units": UNITS,
        "activation": "silu",
    }
    return "denoising", LATENT_DIM, options


def usual_rows(marginals: KernelMarginals, x: np.ndarray) -> np.ndarray:
    """Return the rows that are usual column by column: a denoiser learns their ways alone."""
    parts = [x[start : start + ROWS_AT_ONCE] for start in range(0, len(x), ROWS_AT_ONCE)]
    nats = [ops.convert_to_numpy(ops.sum(marginals(part), axis=1)) for part in parts]
    return x[_views.usual(np.concatenate(nats))]


class ByDefaultTwoViews(TrainedEstimator):
    """An estimator that looks at a table in two ways if no model is named."""

    _views: list[KernelMarginals]

    def _has_views(self, x: np.ndarray) -> bool:
        """Whether there is no model by name: a table then is looked at in two ways."""
        return self.model is None and x.ndim == 2

    def _plan(self, x: np.ndarray, seed: int) -> tuple[Any, int, dict[str, Any]]:
        named = ("vae" if self.model is None else self.model, NAMED_LATENT_DIM)
        found = plan(x, seed) if self._has_views(x) else (*named, self._suited(x))
        return found if self.latent_dim is None else (found[0], self.latent_dim, found[2])

    def _score_for(self, x: np.ndarray) -> AnomalyScore:
        usual = SCORE if self._has_views(x) else "elbo"
        return resolve_score(usual if self.scoring is None else self.scoring)

    def _check_for(self, model: Any, x: np.ndarray) -> None:
        super()._check_for(model, x)
        self._score_for(x).check(model)

    def _trained_on(self, x: np.ndarray) -> np.ndarray:
        """Return the rows that are usual column by column, if there is a view of columns."""
        self._views = [KernelMarginals.of(x)] if self._has_views(x) else []
        return usual_rows(self._views[0], x) if self._views else x
