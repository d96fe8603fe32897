"""The score that needs no likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras import ops

from keras_ae.estimators.scores.anomaly_score import AnomalyScore
from keras_ae.probability.densities import sum_event


@dataclass(frozen=True)
class ReconstructionError(AnomalyScore):
    """The squared error of the reconstruction, at the latent without noise.

        strangeness = sum over outputs of (x - reconstruction)**2

    In the space that the model's preprocessor makes, where columns are comparable.

    Example:
        >>> import numpy as np
        >>> from keras_ae import create_model
        >>> model = create_model("autoencoder", (3,), latent_dim=2, units=(4,), seed=0)
        >>> x = np.ones((5, 3), "float32")
        >>> contributions, rest = ReconstructionError().terms(model, x)
        >>> tuple(contributions.shape), float(rest[0])
        ((5, 3), 0.0)
    """

    def terms(self, model: Any, x: Any) -> tuple[Any, Any]:
        """Return each output's squared error, and 0."""
        target = model._preprocessed(x)
        latent = model.bottleneck.encode(model.encoder(target))
        error = ops.square(target - model.likelihood.mean(model.decoder(latent)))
        return error, ops.zeros_like(sum_event(error))
