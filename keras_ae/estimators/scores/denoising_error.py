"""The score of a denoising autoencoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from keras_ae import _checks
from keras_ae.estimators.scores.anomaly_score import AnomalyScore
from keras_ae.probability.densities import sum_event


@dataclass(frozen=True)
class DenoisingError(AnomalyScore):
    """How far from an example the reconstructions of its noisy versions are.

        strangeness = mean over k and both signs of sum over outputs of (x - reconstruction_k)**2
        reconstruction_k = decoder(encoder(x +- stddev * epsilon_k))

    In the space that the model's preprocessor makes. A denoiser pulls noisy inputs to where
    examples are dense: one that lies where there are few is pulled away. The noise is the same
    for every example, and exported with the score; both signs of each are taken, so that what is
    odd in it cancels.

    Args:
        stddev: Number > 0, standard deviation of the noise in the preprocessed space, such as
            that of the corruption in training.
        pairs: Integer >= 1, how many noises there are, each with both signs.
        seed: Integer >= 0, seed of the noise.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range.

    Example:
        >>> import numpy as np
        >>> from keras_ae import create_model
        >>> model = create_model("autoencoder", (3,), latent_dim=2, units=(4,), seed=0)
        >>> contributions, rest = DenoisingError().terms(model, np.ones((5, 3), "float32"))
        >>> tuple(contributions.shape), float(rest[0])
        ((5, 3), 0.0)

    Reference:
        Alain and Bengio, What Regularized Auto-Encoders Learn from the Data-Generating
        Distribution, 2014, theorem 1: what a denoiser changes is the gradient of the log-density,
        times the noise's variance.
    """

    stddev: float = 1.0
    pairs: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        stddev = float(_checks.number("stddev", self.stddev, above=0))
        object.__setattr__(self, "stddev", stddev)
        object.__setattr__(self, "pairs", _checks.integer("pairs", self.pairs, minimum=1))
        object.__setattr__(self, "seed", _checks.seed("seed", self.seed))

    def terms(self, model: Any, x: Any) -> tuple[Any, Any]:
        """Return each output's mean squared error, and 0."""
        target = model._preprocessed(x)
        shape = (self.pairs, *(1 if each is None else each for each in target.shape[1:]))
        noise = np.random.default_rng(self.seed).standard_normal(shape, "float32") * self.stddev
        errors = []
        for each in (*noise, *-noise):
            latent = model.bottleneck.encode(model.encoder(target + each.astype("float32")))
            error = target - model.likelihood.mean(model.decoder(latent))
            errors.append(ops.square(error))
        mean = sum(errors[1:], start=errors[0]) / len(errors)
        return mean, ops.zeros_like(sum_event(mean))
