"""The figures of an evaluation."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Scores:
    """What a model scores on data: nats per example, means over the examples.

    Args:
        examples: Integer, how many examples were scored.
        nll: Float, -log likelihood of an example given its latent (sampled, for a variational
            model).
        reconstruction_mse: Float, mean over all values of the squared difference between an
            example and its reconstruction (from the latent without noise), in the data's units.
        latent_dim: Integer, size of the latent.
        kl: Float, KL(q(latent | x) || p(latent)), not weighted by beta; None without a prior.
        elbo: Float, the evidence bound -(nll + kl); None without a prior.
        log_likelihood: Float, the importance-weighted log-likelihood; None if not asked for.
        active_units: Integer, latent dimensions in use; None without a posterior.

    Example:
        >>> scores = Scores(
        ...     examples=10,
        ...     nll=80.0,
        ...     kl=20.0,
        ...     elbo=-100.0,
        ...     active_units=2,
        ...     reconstruction_mse=0.01,
        ...     latent_dim=3,
        ... )
        >>> dataclasses.asdict(scores)["elbo"]
        -100.0
    """

    examples: int
    nll: float
    reconstruction_mse: float
    latent_dim: int
    kl: float | None = None
    elbo: float | None = None
    log_likelihood: float | None = None
    active_units: int | None = None
