"""The KL term of the evidence bound."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers.penalties.penalty import Penalty, batch_mean
from keras_ae.layers.posteriors import FullNormalPosterior, NormalPosterior
from keras_ae.layers.priors import StandardNormalPrior


@keras.saving.register_keras_serializable(package="keras_ae")
class KLPenalty(Configured, Penalty):
    """Add the KL divergence from posterior to prior to the loss.

        penalty = beta * mean over examples of KL(q(latent | x) || p(latent))

    The KL is exact where a closed form exists; otherwise it is estimated at the sampled latent,
    never at the mean. It is a plain layer: in a model of your own, pass mean and scale through it.

    `beta_weight` is the non-trainable variable that compiled steps read, that schedules such as
    `BetaWarmup` change, and that is saved; `beta` is the number given.

    Args:
        beta: Number >= 0, the weight of the KL. 1 gives the evidence bound; more gives a beta-VAE.
        free_bits: Number >= 0, nats per latent dimension that cost nothing: beta * sum over
            dimensions of max(free_bits, mean over the batch of the dimension's KL).
        capacity: Number >= 0 in nats or None: beta * |mean KL - capacity|. Not together with
            `free_bits`.
        **kwargs: Keras' layer arguments.

    Call arguments:
        mean: Tensor of shape (batch, latent_dim).
        scale: Tensor of shape (batch, latent_dim), or (batch, latent_dim, latent_dim) for Cholesky
            factors.
        latent: Tensor of shape (batch, latent_dim), drawn from the posterior; needed where the
            prior has no closed form.
        prior: A `Prior`; N(0, I) if None.

    Returns:
        mean and scale, unchanged, so that the layer can stand in a functional model.

    Raises:
        TypeError: An argument is not a number.
        ValueError: An argument is negative, or both `free_bits` and `capacity` are given.

    Example:
        >>> import numpy as np
        >>> penalty = KLPenalty(beta=2.0)
        >>> mean, scale = penalty(np.full((4, 1), 3.0), np.ones((4, 1)))
        >>> float(penalty.losses[0])  # 2 * 3**2 / 2
        9.0

    Reference:
        Kingma and Welling 2014, equation 10; Higgins et al., beta-VAE, 2017; Kingma et al.,
        Improved Variational Inference with Inverse Autoregressive Flow, 2016, appendix C.8 (free
        bits); Burgess et al., Understanding disentangling in beta-VAE, 2018, equation 8
        (capacity).
    """

    metric_name = "kl"

    def __init__(
        self,
        beta: float = 1.0,
        free_bits: float = 0.0,
        capacity: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.beta = _checks.number("beta", beta, minimum=0)
        self.free_bits = _checks.number("free_bits", free_bits, minimum=0)
        self.capacity = (
            None if capacity is None else _checks.number("capacity", capacity, minimum=0)
        )
        if free_bits and capacity is not None:
            raise ValueError(
                "`free_bits` and `capacity` exclude each other: give one of them. "
                f"Received: free_bits={_checks.shown(free_bits)}, "
                f"capacity={_checks.shown(capacity)}"
            )
        self.beta_weight = self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(beta),
            trainable=False,
            dtype="float32",
            autocast=False,  # read from a bfloat16 layer, it would be rounded to 3 digits
            name="beta_weight",
        )

    def call(self, mean: Any, scale: Any, latent: Any = None, prior: Any = None) -> Any:
        full = len(scale.shape) == len(mean.shape) + 1
        posterior = (FullNormalPosterior if full else NormalPosterior)(mean, scale)
        prior = StandardNormalPrior() if prior is None else prior
        if self.free_bits:
            self.record(prior.kl_per_dimension(posterior))
        elif latent is None and not prior.has_closed_form_kl(posterior):
            raise ValueError(
                "`latent` must be a latent drawn from the posterior: the KL to a "
                f"{type(prior).__name__} has no "
                "closed form. Received: latent=None"
            )
        else:
            self.record(prior.kl(posterior, latent))
        return mean, scale

    def total(self, values: Any, sample_weight: Any = None) -> Any:
        """Return beta times the mean KL, with free bits or capacity, a scalar in nats."""
        mean = batch_mean(values, sample_weight)
        if self.free_bits:
            mean = ops.sum(ops.maximum(mean, self.free_bits))
        elif self.capacity is not None:
            mean = ops.abs(mean - self.capacity)
        return self.beta_weight * mean

    def logged(self, values: Any) -> Any:
        """Return the unweighted KL of each example, of shape (batch,), in nats."""
        return ops.sum(values, axis=-1) if self.free_bits else values
