"""What the bottlenecks of sparse codes share."""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae.layers.bottlenecks.bottleneck import Bottleneck
from keras_ae.layers.penalties import Code, Penalty


class SparseBottleneck(Bottleneck):
    """A dense layer of which a few units are kept: those above a threshold.

        activation = features @ kernel + bias
        latent = activation where activation > threshold, else 0

    A subclass says what the threshold is.

    Args:
        latent_dim: Integer >= 1.
        penalty: A `Penalty`, a sequence of them, or None.
        seed: Integer >= 0 or None, seed of the initial weights.
        **kwargs: Keras' layer arguments.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `latent_dim` is less than 1.
    """

    def __init__(
        self,
        latent_dim: int,
        penalty: Penalty | Sequence[Penalty] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(latent_dim, None, penalty, **kwargs)
        self.seed = _checks.seed("seed", seed)
        self.dense = keras.layers.Dense(
            self.latent_dim,
            kernel_initializer=keras.initializers.GlorotUniform(self.seed),
            dtype=self.dtype_policy,
            name="dense",
        )

    @abc.abstractmethod
    def threshold_of(self, activation: Any, training: bool = False) -> Any:
        """Return the threshold, which broadcasts to the activation's shape and is >= 0."""

    def activate(self, activation: Any, threshold: Any) -> Any:
        """Return the latent of a training step: where its gradient is a matter of its own."""
        return above(activation, threshold)

    @property
    def head(self) -> Any:
        """What `encoder_model` is made of; thresholds that are weights are copied into it."""
        return _Head(lambda z: above(z, self.spelled_threshold(z)), self.dense)

    def spelled_threshold(self, activation: Any) -> Any:
        """Return the threshold outside training, without variables of this layer."""
        return self.threshold_of(activation)

    def build(self, input_shape: Any) -> None:
        if not self.dense.built:
            self.dense.build(input_shape)
        super().build(input_shape)

    def call(self, features: Any, training: bool | None = None) -> Any:
        activation = self.dense(features)
        threshold = self.threshold_of(activation, bool(training))
        latent = self.activate(activation, threshold)
        self.penalize(
            Code(latent, None, None, features, bool(training), activation, threshold),
        )
        return latent

    def encode(self, features: Any) -> Any:
        """Return the code: (batch, *code_shape)."""
        activation = self.dense(features)
        return above(activation, self.threshold_of(activation))


class _Head:
    """The layer from features to the latent, as `spelled_out` calls one."""

    def __init__(self, keep: Callable[[Any], Any], dense: Any) -> None:
        self._keep, self._dense = keep, dense

    def call(self, features: Any) -> Any:
        return self._keep(self._dense(features))


def above(activation: Any, threshold: Any) -> Any:
    """Return an activation where it is above a threshold, else 0."""
    # Not `activation > threshold`: a converter to ONNX makes that a ThresholdedRelu, whose
    # threshold must be a single number.
    return activation * ops.cast(ops.less(threshold, activation), activation.dtype)
