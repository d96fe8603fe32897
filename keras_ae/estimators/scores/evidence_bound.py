"""The score in nats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras_ae.estimators.scores.anomaly_score import AnomalyScore


@dataclass(frozen=True)
class EvidenceBound(AnomalyScore):
    """-log p(x | latent) + KL(q(latent | x) || p(latent)), at the latent without noise.

    The contributions are the nll of each output, the rest is the KL; where the loss has no KL it
    is 0. These are the model's `score_terms`, and their sum its `anomaly_score`: at the
    posterior's mean a score and not a bound.

    Example:
        >>> import numpy as np
        >>> from keras_ae import create_model
        >>> model = create_model("vae", (3,), latent_dim=2, units=(4,), seed=0)
        >>> x = np.ones((5, 3), "float32")
        >>> contributions, kl = EvidenceBound().terms(model, x)
        >>> total = np.sum(contributions, axis=1) + kl
        >>> bool(np.allclose(total, model.anomaly_score(x), rtol=1e-5))
        True
    """

    def terms(self, model: Any, x: Any) -> tuple[Any, Any]:
        """Return each output's nll, and the KL (0 where the loss has none)."""
        terms: tuple[Any, Any] = model.score_terms(x)
        return terms
