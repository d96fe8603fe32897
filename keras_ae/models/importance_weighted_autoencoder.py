"""A variational autoencoder that is trained on the tighter, importance-weighted bound."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae.layers.bottlenecks import StochasticBottleneck
from keras_ae.layers.corruptions import Corruption
from keras_ae.layers.likelihoods import Likelihood
from keras_ae.layers.penalties import Code
from keras_ae.layers.penalties.penalty import batch_mean
from keras_ae.models._importance import Drawn, draw
from keras_ae.models._phase import HandedOn
from keras_ae.models.variational_autoencoder import VariationalAutoencoder
from keras_ae.probability.bounds import importance_weighted_bound


@keras.saving.register_keras_serializable(package="keras_ae")
class ImportanceWeightedAutoencoder(VariationalAutoencoder):
    """A variational autoencoder whose loss is the importance-weighted bound of k latents.

        loss = mean of -log( 1/k sum over i of w_i ),   latent_i ~ q(latent | x),
        log w_i = log p(x | latent_i) + beta * (log p(latent_i) - log q(latent_i | x))

    At beta = 1 and k = 1 this is a draw of the negative evidence bound, and with more latents it
    falls, on average, to -log p(x): latents that explain x badly cost little, so q need not be
    the true posterior.

    The logs show the loss and the two parts of the evidence bound beside it: nll, the mean of
    -log p(x | latent_i), and kl. nll + kl is about the loss that a `VariationalAutoencoder` would
    show, and not less than this one, on average. Training and evaluation draw k latents; all else
    is as in `VariationalAutoencoder`.

    Args:
        encoder: As in `Autoencoder`.
        bottleneck: A `NormalBottleneck`, `FullNormalBottleneck` or another `StochasticBottleneck`.
            Its `KLPenalty` gives beta and its schedule (1 without one); free bits and a capacity
            don't go with weights.
        decoder: As in `Autoencoder`.
        likelihood: As in `Autoencoder`.
        num_samples: Integer >= 1, k. A step costs k passes of the decoder and one of the encoder.
        preprocessor: As in `Autoencoder`.
        redraw: As in `Autoencoder`.
        **kwargs: Keras' model arguments.

    Raises:
        TypeError: A part is of the wrong type.
        ValueError: `num_samples` is less than 1, the penalty has free bits or a capacity, or the
            decoder's output doesn't fit the data and the likelihood.

    Example:
        >>> import numpy as np
        >>> from keras_ae.layers import NormalBottleneck, dense_decoder, dense_encoder
        >>> model = ImportanceWeightedAutoencoder(
        ...     encoder=dense_encoder((4,), units=(8,)),
        ...     bottleneck=NormalBottleneck(2, seed=0),
        ...     decoder=dense_decoder((4,), latent_dim=2, units=(8,)),
        ...     num_samples=50,
        ... )
        >>> model.compile("adam")
        >>> scores = model.evaluate(np.eye(4, dtype="float32"), verbose=0, return_dict=True)
        >>> scores["loss"] < scores["nll"] + scores["kl"]
        True

    Reference:
        Burda, Grosse and Salakhutdinov, Importance Weighted Autoencoders, 2016, equations 8 and
        13.
    """

    def __init__(
        self,
        encoder: Any,
        bottleneck: StochasticBottleneck,
        decoder: Any,
        likelihood: Likelihood | None = None,
        num_samples: int = 5,
        preprocessor: Any = None,
        redraw: Corruption | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(encoder, bottleneck, decoder, likelihood, preprocessor, redraw, **kwargs)
        for penalty in bottleneck.penalties:
            free_bits = getattr(penalty, "free_bits", 0.0)
            capacity = getattr(penalty, "capacity", None)
            if penalty.is_kl and (free_bits or capacity is not None):
                raise ValueError(
                    "`bottleneck` must have a penalty without free bits or capacity: the KL is "
                    f"part of the weights. Received: free_bits={free_bits}, capacity={capacity}"
                )
            if penalty.needs_decoder:
                raise ValueError(
                    "`bottleneck` must have penalties of the code alone: several latents are "
                    f"decoded here. Received: a {type(penalty).__name__}"
                )
        self.num_samples = _checks.integer("num_samples", num_samples, minimum=1)
        self._handed_on = HandedOn()
        self._build_if_outermost(ImportanceWeightedAutoencoder)

    def call(self, x: Any, training: bool | None = None) -> Any:
        if not (training or self._phase.testing):
            self._handed_on.value = None
            return super().call(x, training)
        inputs = self._inputs(x, training)
        features = self.encoder(inputs, training=training)
        self._check_one_size("training by several latents an example")
        posterior = self.bottleneck.posterior(features)
        shape = (self.num_samples, ops.shape(features)[0], *self.bottleneck.code_shape)
        noise = self.bottleneck.sampling.seed_generator
        if self._phase.testing:
            noise = self._evaluation_noise
        epsilon = keras.random.normal(shape, dtype="float32", seed=noise)
        drawn = self._handed_on.value = draw(self, posterior, epsilon, training)
        first, prior = self._first(drawn.latent), self.bottleneck.prior
        self.bottleneck.penalize(Code(first, posterior, prior, features, bool(training)))
        return self._first(drawn.parameters)

    def _first(self, tensor: Any) -> Any:
        """Return the first sample of each example of a tensor of shape (k * batch, ...)."""
        return ops.reshape(tensor, (self.num_samples, -1, *tensor.shape[1:]))[0]

    def _terms(self, target: Any, parameters: Any, sample_weight: Any) -> tuple[Any, Any]:
        drawn: Drawn | None = self._handed_on.take()
        if drawn is None:  # called at the posterior's mean, where there are no weights
            return super()._terms(target, parameters, sample_weight)
        log_likelihood = drawn.log_likelihood(self.likelihood.log_prob, self._target(target))
        beta, others = 1.0, self._added()
        for penalty, mean in zip(self.penalties, self._penalty_means, strict=True):
            values = penalty.take()
            mean.update_state(penalty.logged(values), sample_weight)
            others = others - penalty.total(values)
            if penalty.is_kl:  # logged, but part of the weights
                beta = penalty.beta_weight
            else:
                others = others + penalty.total(values, sample_weight)
        weights = log_likelihood + beta * drawn.log_ratio
        loss = batch_mean(-importance_weighted_bound(weights), sample_weight)
        return -ops.mean(log_likelihood, axis=0), loss + others
