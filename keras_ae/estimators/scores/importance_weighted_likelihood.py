"""The score that is closest to -log p(x)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from keras_ae import _checks
from keras_ae.estimators.scores.anomaly_score import AnomalyScore
from keras_ae.probability.densities import sum_event


@dataclass(frozen=True)
class ImportanceWeightedLikelihood(AnomalyScore):
    """Minus the importance-weighted log-likelihood, from noise that is part of the score.

        strangeness = -log 1/K sum over k of w_k
        w_k = p(x | latent_k) p(latent_k) / q(latent_k | x)

    latent_k is made of the k-th noise, which is the same for every example: the score is a
    function of the example alone, and exported with its noise. The contributions are those to the
    mean nll under the normalized weights w_k / sum(w), the rest is what remains.

    Args:
        num_samples: Integer >= 1, K.
        seed: Integer >= 0, seed of the noise.

    Raises:
        TypeError: An argument is not an integer.
        ValueError: An argument is out of range.

    Example:
        >>> import numpy as np
        >>> from keras_ae import create_model
        >>> model = create_model("vae", (3,), latent_dim=2, units=(4,), seed=0)
        >>> score = ImportanceWeightedLikelihood(num_samples=8)
        >>> contributions, rest = score.terms(model, np.ones((5, 3), "float32"))
        >>> tuple(contributions.shape), tuple(rest.shape)
        ((5, 3), (5,))

    Reference:
        Burda, Grosse and Salakhutdinov, Importance Weighted Autoencoders, 2016, equation 8.
    """

    num_samples: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        samples = _checks.integer("num_samples", self.num_samples, minimum=1)
        object.__setattr__(self, "num_samples", samples)
        object.__setattr__(self, "seed", _checks.seed("seed", self.seed))

    def check(self, model: Any) -> None:
        """Raise a ValueError if the model has no posterior.

        Args:
            model: An `Autoencoder`.
        """
        if "posterior" not in model.functions():
            raise ValueError(
                "`scoring` must be elbo, reconstruction_error or denoising_error for a model "
                "without a posterior. "
                f"Received: scoring={_checks.shown(self)}, model={type(model).__name__}"
            )

    def terms(self, model: Any, x: Any) -> tuple[Any, Any]:
        """Return each output's weighted nll, and the rest."""
        target = model._preprocessed(x)
        bottleneck = model.bottleneck
        posterior = bottleneck.posterior(model.encoder(target))
        shape = (self.num_samples, *bottleneck.code_shape)
        noise = np.random.default_rng(self.seed).standard_normal(shape, "float32")
        each, log_weights = [], []
        for epsilon in noise:
            latent, log_ratio = bottleneck.sample(posterior, epsilon)
            nll = -model.likelihood.log_prob_each(target, model.decoder(latent))
            each.append(nll)
            log_weights.append(log_ratio - sum_event(nll))
        stacked = ops.stack(log_weights, axis=-1)
        largest = ops.max(stacked, axis=-1, keepdims=True)
        weights = ops.exp(stacked - largest)
        total = ops.sum(weights, axis=-1, keepdims=True)
        score = -(largest + ops.log(total / self.num_samples))[:, 0]
        shares = ops.split(weights / total, self.num_samples, axis=-1)
        ones = (1,) * (len(target.shape) - 1)
        weighed = sum(
            ops.reshape(share, (-1, *ones)) * nll for share, nll in zip(shares, each, strict=True)
        )
        return weighed, score - sum_event(weighed)
