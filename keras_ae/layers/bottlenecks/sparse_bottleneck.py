"""What the bottlenecks of sparse codes share."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any

from keras import ops

from keras_ae import _checks
from keras_ae.layers.bottlenecks.bottleneck import Bottleneck
from keras_ae.layers.bottlenecks.normal_head import projection
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
        self.dense = projection(self.latent_dim, "dense", self.seed, 0, self.dtype_policy)

    @abc.abstractmethod
    def threshold_of(self, activation: Any, training: bool = False) -> Any:
        """Return the threshold, which broadcasts to the activation's shape and is >= 0."""

    def activate(self, activation: Any, threshold: Any) -> Any:
        """Return the latent of a training step: where its gradient is a matter of its own."""
        return above(activation, threshold)

    def plain_code(self, features: Any) -> Any:
        """Return the code, with copies of thresholds that are weights."""
        activation = self.dense(features)
        return above(activation, self.spelled_threshold(activation))

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


def above(activation: Any, threshold: Any) -> Any:
    """Return an activation where it is above a threshold, else 0."""
    # Not `activation > threshold`: a converter to ONNX makes that a ThresholdedRelu, whose
    # threshold must be a single number.
    return activation * ops.cast(ops.less(threshold, activation), activation.dtype)
