"""A sparse code of k active units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers.bottlenecks.sparse_bottleneck import SparseBottleneck
from keras_ae.layers.penalties import DeadUnitPenalty, Penalty


@keras.saving.register_keras_serializable(package="keras_ae")
class TopKBottleneck(Configured, SparseBottleneck):
    """A sparse code: of each example, the k largest units are kept, the others are 0.

        activation = features @ kernel + bias
        latent = max(activation, 0) of the k units with the largest activation, else 0

    Exactly k units are active, fewer where fewer are positive. Units that tie for the last places
    are all left out, so that there are never more than k.

    Args:
        latent_dim: Integer >= 1, the number of units.
        k: Integer >= 1 and <= latent_dim, the units that are kept.
        penalty: A `Penalty` or a sequence of them; None for `DeadUnitPenalty()`, () for none.
        seed: Integer >= 0 or None, seed of the initial weights.
        **kwargs: Keras' layer arguments.

    Call arguments:
        features: Tensor of shape (batch, features) or (batch, height, width, channels).

    Returns:
        The latent, of shape (batch, latent_dim) or (batch, height, width, latent_dim).

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `latent_dim` or `k` is out of range.

    Example:
        >>> import numpy as np
        >>> latent = TopKBottleneck(16, k=3, seed=0)(np.eye(8, dtype="float32"))
        >>> np.count_nonzero(latent, axis=1).tolist()
        [3, 3, 3, 3, 3, 3, 3, 3]

    Reference:
        Gao et al., Scaling and Evaluating Sparse Autoencoders, 2024, equation 4; Makhzani and
        Frey, k-Sparse Autoencoders, 2014.
    """

    def __init__(
        self,
        latent_dim: int,
        k: int,
        penalty: Penalty | Sequence[Penalty] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        penalty = DeadUnitPenalty() if penalty is None else penalty
        super().__init__(latent_dim, penalty, seed, **kwargs)
        self.k = checked_k(k, self.latent_dim)

    def threshold_of(self, activation: Any, training: bool = False) -> Any:
        """Return the largest activation that isn't kept, at least 0: (batch, ..., 1)."""
        del training
        activation = ops.stop_gradient(activation)
        if self.k == self.latent_dim:
            return ops.zeros_like(activation[..., :1])
        largest, _ = ops.top_k(activation, self.k + 1)
        return ops.relu(largest[..., self.k :])


def checked_k(k: Any, latent_dim: int) -> int:
    """Return k if so many of the units can be kept."""
    k = _checks.integer("k", k, minimum=1)
    if k > latent_dim:
        raise ValueError(
            f"`k` must be an integer <= latent_dim, {latent_dim}. Received: k={_checks.shown(k)}"
        )
    return k
