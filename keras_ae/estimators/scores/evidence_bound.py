"""The score in nats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras import ops

from keras_ae.estimators.scores import _parts
from keras_ae.estimators.scores.anomaly_score import AnomalyScore


@dataclass(frozen=True)
class EvidenceBound(AnomalyScore):
    """-log p(x | latent) + KL(q(latent | x) || p(latent)), at the latent without noise.

    The contributions are the nll of each output, the rest is the KL; for a model without a prior
    it is 0. This is the models' own `anomaly_score`: at the posterior's mean a score and not a
    bound.

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
        """Return each output's nll, and the KL (0 without a prior)."""
        target = _parts.preprocessed(model, x)
        features = model.encoder(target)
        if not _parts.is_variational(model):
            nll = _parts.contributions(model, target, model.bottleneck.encode(features))
            return nll, ops.zeros_like(_parts.sum_outputs(nll))
        bottleneck = model.bottleneck
        posterior = bottleneck.posterior(features)
        nll = _parts.contributions(model, target, posterior.mean)
        if bottleneck.has_closed_form_kl:
            return nll, bottleneck.kl(posterior)
        epsilon = _parts.broadcast_noise(bottleneck.score_noise, posterior.mean)
        return nll, bottleneck.kl(posterior, epsilon)
