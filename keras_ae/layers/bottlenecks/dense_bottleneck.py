"""The bottleneck of the plain autoencoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers._activations import get_activation
from keras_ae.layers.bottlenecks.bottleneck import Bottleneck
from keras_ae.layers.penalties import Code, Penalty
from keras_ae.layers.priors import Prior


@keras.saving.register_keras_serializable(package="keras_ae")
class DenseBottleneck(Configured, Bottleneck):
    """A dense layer whose output is the code, optionally kept sparse.

        latent = activation(features @ kernel + bias)

    Args:
        latent_dim: Integer >= 1, size of the code, or of the vector at each place of a map.
        activation: Keras activation (name or function), or None for a linear code.
        penalty: A `Penalty` of a code without a posterior, such as `L1Penalty` or
            `TargetActivityPenalty` (which needs activation "sigmoid"); a sequence of them, or
            None.
        seed: Integer >= 0 or None, seed of the initial weights.
        prior: A `Prior` that the code shall follow, for a penalty that sees to it; then the model
            can `generate`. None for a code that isn't drawn.
        **kwargs: Keras' layer arguments.

    Call arguments:
        features: Tensor of shape (batch, features) or (batch, height, width, channels).

    Returns:
        The latent, of shape (batch, latent_dim) or (batch, height, width, latent_dim).

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `latent_dim` is less than 1, or the activation doesn't suit the penalty.

    Example:
        >>> import numpy as np
        >>> from keras_ae.layers import TargetActivityPenalty
        >>> bottleneck = DenseBottleneck(
        ...     3, activation="sigmoid", penalty=TargetActivityPenalty(0.1)
        ... )
        >>> bottleneck(np.ones((2, 5))).shape[1], len(bottleneck.losses)
        (3, 1)

    Reference:
        Hinton and Salakhutdinov, Reducing the Dimensionality of Data with Neural Networks, 2006.
    """

    may_be_bounded = True

    def __init__(
        self,
        latent_dim: int,
        activation: Any = None,
        penalty: Penalty | Sequence[Penalty] | None = None,
        seed: int | None = None,
        prior: Prior | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(latent_dim, prior, penalty, **kwargs)
        self.activation = get_activation(activation)
        sigmoid = self.activation is keras.activations.sigmoid
        for each in self.penalties:
            if each.code_range == (0.0, 1.0) and not sigmoid:
                raise ValueError(
                    f'`activation` must be "sigmoid" with a {type(each).__name__}, which judges '
                    f"values in [0, 1]. Received: activation={_checks.shown(activation)}"
                )
        self.seed = _checks.seed("seed", seed)
        self.dense = keras.layers.Dense(
            self.latent_dim,
            activation=self.activation,
            kernel_initializer=keras.initializers.GlorotUniform(self.seed),
            dtype=self.dtype_policy,
            name="dense",
        )

    @property
    def head(self) -> keras.layers.Dense:
        """The layer from features to the code."""
        return self.dense

    def build(self, input_shape: Any) -> None:
        if not self.dense.built:
            self.dense.build(input_shape)
        super().build(input_shape)

    def call(self, features: Any, training: bool | None = None) -> Any:
        latent = self.dense(features)
        self.penalize(Code(latent, None, self.prior, features, bool(training)))
        return latent

    def encode(self, features: Any) -> Any:
        """Return the code: (batch, *code_shape)."""
        return self.dense(features)
