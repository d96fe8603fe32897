"""A sparse code of k active units an example on average."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers.bottlenecks.sparse_bottleneck import SparseBottleneck
from keras_ae.layers.bottlenecks.top_k_bottleneck import checked_k
from keras_ae.layers.penalties import DeadUnitPenalty, Penalty

UNKNOWN = -1.0  # the running threshold before the first training step: all that is positive stays


@keras.saving.register_keras_serializable(package="keras_ae")
class BatchTopKBottleneck(Configured, SparseBottleneck):
    """A sparse code: k units are active on average, more where an example needs more.

        activation = features @ kernel + bias
        in training:  latent = activation of the k * batch largest positive ones of the whole
                      batch, else 0
        otherwise:    latent = activation where it is positive and above running_threshold, else 0

    The running threshold is a moving mean of the smallest activation that a training batch kept;
    it is saved with the model. So outside training, and in exported files, an example's code
    doesn't depend on the others of its batch. Of activations that tie for a batch's last places
    all are left out.

    Args:
        latent_dim: Integer >= 1, the number of units.
        k: Integer >= 1 and <= latent_dim, the mean number of units that are kept of an example, or
            at a place of a map.
        momentum: Number >= 0 and < 1 of the running threshold: the share of it that a training
            step leaves.
        penalty: A `Penalty` or a sequence of them; None for `DeadUnitPenalty()`, () for none.
        seed: Integer >= 0 or None, seed of the initial weights.
        **kwargs: Keras' layer arguments.

    Call arguments:
        features: Tensor of shape (batch, features) or (batch, height, width, channels).
        training: Whether the batch decides, and moves the running threshold.

    Returns:
        The latent, of shape (batch, latent_dim) or (batch, height, width, latent_dim).

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `latent_dim`, `k` or `momentum` is out of range.

    Example:
        >>> import numpy as np
        >>> bottleneck = BatchTopKBottleneck(16, k=3, seed=0)
        >>> x = np.eye(8, dtype="float32")
        >>> int(np.count_nonzero(bottleneck(x, training=True)))  # 3 * 8
        24
        >>> int(np.count_nonzero(bottleneck.encode(x)))  # those above the smallest of them
        23

    Reference:
        Bussmann, Leask and Nanda, BatchTopK Sparse Autoencoders, 2024, equations 5 to 8.
    """

    def __init__(
        self,
        latent_dim: int,
        k: int,
        momentum: float = 0.99,
        penalty: Penalty | Sequence[Penalty] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        penalty = DeadUnitPenalty() if penalty is None else penalty
        super().__init__(latent_dim, penalty, seed, **kwargs)
        self.k = checked_k(k, self.latent_dim)
        self.momentum = _checks.number("momentum", momentum, minimum=0, below=1)

    def build(self, input_shape: Any) -> None:
        self.running_threshold = self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(UNKNOWN),
            trainable=False,
            dtype="float32",
            autocast=False,
            name="running_threshold",
        )
        super().build(input_shape)

    def threshold_of(self, activation: Any, training: bool = False) -> Any:
        """Return the batch's threshold in training, and move the running one; else that one."""
        if not training:
            return ops.cast(ops.relu(self.running_threshold), activation.dtype)
        flat = ops.reshape(ops.stop_gradient(activation), (-1,))
        if self.k == self.latent_dim:
            smallest, left_out = ops.relu(ops.min(flat)), ops.zeros_like(flat[0])
        else:
            kept = ops.shape(flat)[0] // self.latent_dim * self.k
            largest, _ = ops.top_k(flat, kept + 1)
            smallest, left_out = ops.relu(largest[-2]), ops.relu(largest[-1])
        self._move(ops.cast(smallest, "float32"))
        return left_out

    def spelled_threshold(self, activation: Any) -> Any:
        """Return a copy of the running threshold."""
        del activation
        return np.maximum(ops.convert_to_numpy(self.running_threshold), 0.0)

    def _move(self, smallest: Any) -> None:
        running = self.running_threshold
        moved = self.momentum * running + (1.0 - self.momentum) * smallest
        running.assign(ops.where(running < 0.0, smallest, moved))
