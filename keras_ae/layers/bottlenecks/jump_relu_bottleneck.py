"""A sparse code whose units have thresholds that are learned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers._straight_through import rectangle, with_gradient
from keras_ae.layers.bottlenecks.sparse_bottleneck import SparseBottleneck, above
from keras_ae.layers.penalties import L0Penalty, Penalty


@keras.saving.register_keras_serializable(package="keras_ae")
class JumpReLUBottleneck(Configured, SparseBottleneck):
    """A sparse code: a unit is active above a threshold of its own, which is learned.

        activation = features @ kernel + bias
        latent = activation where activation > threshold, else 0,   threshold = exp(log_threshold)

    The latent jumps at the threshold, so its derivative by the threshold is taken to be
    -threshold * K((activation - threshold) / bandwidth) / bandwidth, where K(u) = 1 for |u| < 1/2,
    else 0: over many examples that estimates the derivative of the expected loss. Make the
    bandwidth wide enough that some activations of a batch are within it.

    How many units are active follows from the weight of the `L0Penalty`.

    Args:
        latent_dim: Integer >= 1, the number of units.
        threshold: Number > 0, each unit's before training.
        bandwidth: Number > 0, the width of the kernel, in units of the activation.
        penalty: A `Penalty` or a sequence of them; None for `L0Penalty(bandwidth=bandwidth)`, ()
            for none. `DeadUnitPenalty` goes with it.
        seed: Integer >= 0 or None, seed of the initial weights.
        **kwargs: Keras' layer arguments.

    Call arguments:
        features: Tensor of shape (batch, features) or (batch, height, width, channels).

    Returns:
        The latent, of shape (batch, latent_dim) or (batch, height, width, latent_dim).

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `latent_dim`, `threshold` or `bandwidth` is out of range.

    Example:
        >>> import numpy as np
        >>> latent = JumpReLUBottleneck(16, threshold=0.2, seed=0)(np.eye(8, dtype="float32"))
        >>> values = np.asarray(latent)
        >>> bool(values[values != 0].min() > 0.2)
        True

    Reference:
        Rajamanoharan et al., Jumping Ahead: Improving Reconstruction Fidelity with JumpReLU Sparse
        Autoencoders, 2024, equations 3, 4 and 11.
    """

    def __init__(
        self,
        latent_dim: int,
        threshold: float = 0.1,
        bandwidth: float = 0.1,
        penalty: Penalty | Sequence[Penalty] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        threshold = _checks.number("threshold", threshold, above=0)
        bandwidth = _checks.number("bandwidth", bandwidth, above=0)
        penalty = L0Penalty(bandwidth=bandwidth) if penalty is None else penalty
        super().__init__(latent_dim, penalty, seed, **kwargs)
        self.threshold = threshold
        self.bandwidth = bandwidth

    def build(self, input_shape: Any) -> None:
        self.log_threshold = self.add_weight(
            shape=(self.latent_dim,),
            initializer=keras.initializers.Constant(math.log(self.threshold)),
            dtype="float32",
            autocast=False,
            name="log_threshold",
        )
        super().build(input_shape)

    def threshold_of(self, activation: Any, training: bool = False) -> Any:
        """Return the threshold of each unit: (latent_dim,)."""
        del training
        return ops.cast(ops.exp(self.log_threshold), activation.dtype)

    def activate(self, activation: Any, threshold: Any) -> Any:
        """Return the latent, whose gradient by the threshold is the kernel's estimate."""
        derivative = -threshold * rectangle(activation, threshold, self.bandwidth)
        return with_gradient(above(activation, threshold), threshold, derivative)

    def spelled_threshold(self, activation: Any) -> Any:
        """Return a copy of the thresholds."""
        del activation
        return ops.convert_to_numpy(ops.exp(self.log_threshold))
