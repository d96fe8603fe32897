"""The KL term of the evidence bound."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers.penalties.penalty import Code, Penalty, batch_mean
from keras_ae.layers.priors import StandardNormalPrior
from keras_ae.layers.sampling import posterior_of
from keras_ae.probability.densities import sum_event


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
        mean: Tensor of shape (batch, ...).
        scale: Tensor of the mean's shape.
        latent: Tensor of the mean's shape, drawn from the posterior; needed where the prior has
            no closed form.
        prior: A `Prior`; N(0, I) if None.
        scale_tril: In place of scale: tensor of shape (batch, latent_dim, latent_dim), Cholesky
            factors.

    Returns:
        mean and scale (or scale_tril), unchanged, so that the layer can stand in a functional
        model.

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
    is_kl = True

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

    def call(  # type: ignore[override]  # two tensors and not a latent
        self,
        mean: Any,
        scale: Any = None,
        latent: Any = None,
        prior: Any = None,
        scale_tril: Any = None,
    ) -> Any:
        posterior = posterior_of(mean, scale, scale_tril)
        self.penalize(Code(latent, posterior, prior))
        return mean, scale if scale_tril is None else scale_tril

    def values(self, code: Code) -> Any:
        """Return the KL of each example, in nats: (batch,), or with free bits each dimension's."""
        posterior, latent = code.posterior, code.latent
        prior = StandardNormalPrior() if code.prior is None else code.prior
        if self.free_bits:
            return prior.kl_per_dimension(posterior)
        if latent is None and not prior.has_closed_form_kl(posterior):
            raise ValueError(
                "`latent` must be a latent drawn from the posterior: the KL to a "
                f"{type(prior).__name__} has no "
                "closed form. Received: latent=None"
            )
        return prior.kl(posterior, latent)

    def needs_latent(self, posterior: Any, prior: Any) -> bool:
        """Whether the KL has no closed form."""
        return not prior.has_closed_form_kl(posterior)

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
        return sum_event(values) if self.free_bits else values
