"""The bottleneck of the plain autoencoder."""

from __future__ import annotations

from typing import Any

import keras

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers._activations import get_activation
from keras_ae.layers.bottlenecks.bottleneck import Bottleneck
from keras_ae.layers.penalties import L1Penalty, Penalty, TargetActivityPenalty


@keras.saving.register_keras_serializable(package="keras_ae")
class DenseBottleneck(Configured, Bottleneck):
    """A dense layer whose output is the code, optionally kept sparse.

        latent = activation(features @ kernel + bias)

    Args:
        latent_dim: Integer >= 1, size of the code.
        activation: Keras activation (name or function), or None for a linear code.
        penalty: `L1Penalty`, `TargetActivityPenalty` (which needs activation "sigmoid"), or None.
        seed: Integer >= 0 or None, seed of the initial weights.
        **kwargs: Keras' layer arguments.

    Call arguments:
        features: Tensor of shape (batch, features).

    Returns:
        The latent, of shape (batch, latent_dim).

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `latent_dim` is less than 1, or the activation doesn't suit the penalty.

    Example:
        >>> import numpy as np
        >>> bottleneck = DenseBottleneck(
        ...     3, activation="sigmoid", penalty=TargetActivityPenalty(0.1)
        ... )
        >>> bottleneck(np.ones((2, 5))).shape[1], len(bottleneck.losses)
        (3, 1)

    Reference:
        Hinton and Salakhutdinov, Reducing the Dimensionality of Data with Neural Networks, 2006.
    """

    def __init__(
        self,
        latent_dim: int,
        activation: Any = None,
        penalty: L1Penalty | TargetActivityPenalty | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(latent_dim, **kwargs)
        self.activation = get_activation(activation)
        if penalty is not None:
            kinds = (L1Penalty, TargetActivityPenalty)
            _checks.instance(
                "penalty", penalty, kinds, "an L1Penalty, a TargetActivityPenalty or None"
            )
        sigmoid = self.activation is keras.activations.sigmoid
        if isinstance(penalty, TargetActivityPenalty) and not sigmoid:
            raise ValueError(
                '`activation` must be "sigmoid" with a TargetActivityPenalty, whose target is a '
                f"share of examples. Received: activation={_checks.shown(activation)}"
            )
        self.penalty = penalty
        self.seed = _checks.seed("seed", seed)
        self.dense = keras.layers.Dense(
            self.latent_dim,
            activation=self.activation,
            kernel_initializer=keras.initializers.GlorotUniform(self.seed),
            dtype=self.dtype_policy,
            name="dense",
        )

    @property
    def penalties(self) -> tuple[Penalty, ...]:
        """The sparsity penalty, if there is one."""
        return () if self.penalty is None else (self.penalty,)

    @property
    def head(self) -> keras.layers.Dense:
        """The layer from features to the code."""
        return self.dense

    def build(self, input_shape: Any) -> None:
        if not self.dense.built:
            self.dense.build(input_shape)
        if self.penalty is not None and not self.penalty.built:
            self.penalty.build((input_shape[0], self.latent_dim))

    def call(self, features: Any) -> Any:
        latent = self.dense(features)
        return latent if self.penalty is None else self.penalty(latent)

    def encode(self, features: Any) -> Any:
        """Return the code: (batch, latent_dim)."""
        return self.dense(features)
