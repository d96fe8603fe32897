"""Each number's sign: a code of bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers.bottlenecks._gradients import straight_through
from keras_ae.layers.bottlenecks.quantizer import MAX_CODES, Quantizer
from keras_ae.layers.penalties import Code, CommitmentPenalty, EntropyPenalty, Penalty

MAX_BITS = MAX_CODES.bit_length() - 1  # whose codes int32 indices tell apart


@keras.saving.register_keras_serializable(package="keras_ae")
class LookupFreeQuantizer(Configured, Quantizer):
    """Replace each number by its sign: 2**latent_dim codes, and nothing to look up.

        projected = features @ kernel + bias
        latent    = 1 where projected > 0, else -1

    Gradients pass the sign unchanged. The index of a code is the binary number of its signs, the
    first number's the lowest bit. The codes are those of a `FiniteScalarQuantizer` of two levels;
    here a penalty sees to it that all are used.

    Endpoints, logs and shapes are those of `Quantizer`.

    Args:
        latent_dim: Integer >= 1 and <= 31, bits of a code.
        penalty: A `Penalty` of a code without a posterior, a sequence of them, or None for
            `CommitmentPenalty()` and `EntropyPenalty()`.
        seed: Integer >= 0 or None, seed of the initial weights.
        **kwargs: Keras' layer arguments.

    Call arguments:
        features: Tensor of shape (batch, features) or (batch, height, width, channels).

    Returns:
        The latent, -1 and 1, of shape (batch, latent_dim) or (batch, height, width, latent_dim),
        float32.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of its range.

    Example:
        >>> import numpy as np
        >>> bottleneck = LookupFreeQuantizer(2, seed=0)
        >>> [[float(number) for number in code] for code in bottleneck.embed(np.arange(4))]
        [[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]]

    Reference:
        Yu et al., Language Model Beats Diffusion: Tokenizer is Key to Visual Generation, 2023,
        section 3.1.
    """

    def __init__(
        self,
        latent_dim: int,
        penalty: Penalty | Sequence[Penalty] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        penalty = [CommitmentPenalty(), EntropyPenalty()] if penalty is None else penalty
        super().__init__(latent_dim, penalty, seed, **kwargs)
        self.codes = 2 ** _checks.integer("latent_dim", latent_dim, maximum=MAX_BITS)
        self._places = (2 ** np.arange(self.latent_dim)).astype("int32")

    def call(self, features: Any, training: bool | None = None) -> Any:
        projected = self.project(features)
        self._chosen.values = self.choose(projected)
        latent = self.code_of(projected)
        self.penalize(Code(latent, features=projected, training=bool(training)))
        return straight_through(projected, latent)

    def choose(self, features: Any) -> Any:
        """Return the index of the signs of each place, int32."""
        return ops.sum(ops.cast(features > 0, "int32") * self._places, axis=-1)

    def embed(self, indices: Any) -> Any:
        """Return the signs of each index, of shape (batch, ..., latent_dim)."""
        bits = ops.expand_dims(indices, -1) // self._places % 2
        return 2.0 * ops.cast(bits, "float32") - 1.0

    def code_of(self, features: Any) -> Any:
        """Return the signs of what `project` returns, of its shape."""
        return 2.0 * ops.cast(features > 0, "float32") - 1.0
