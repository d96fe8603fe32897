"""Each number rounded to one of a few levels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers.bottlenecks._gradients import straight_through
from keras_ae.layers.bottlenecks.quantizer import MAX_CODES, Quantizer
from keras_ae.layers.penalties import Code, Penalty


@keras.saving.register_keras_serializable(package="keras_ae")
class FiniteScalarQuantizer(Configured, Quantizer):
    """Bound each number and round it to one of its levels: a codebook that needs no learning.

        bounded = tanh(features @ kernel + bias)
        latent  = the nearest of L evenly spaced values from -1 to 1

    for a number of L levels: -1, 0, 1 of three, and -1, -1/3, 1/3, 1 of four, which is half a step
    off 0. Gradients pass the rounding unchanged. There is a code for each combination of levels;
    its index counts them, the first number's fastest. Where all levels are odd, small features all
    round to 0, from which training starts slowly: give some numbers an even count.

    Endpoints, logs and shapes are those of `Quantizer`.

    Args:
        levels: Sequence of integers >= 2, the levels of each number of a code; `latent_dim` is its
            length, and its product, the number of codes, at most 2**31.
        penalty: A `Penalty` of a code without a posterior, a sequence of them, or None: nothing
            has to be held together here.
        seed: Integer >= 0 or None, seed of the initial weights.
        **kwargs: Keras' layer arguments.

    Call arguments:
        features: Tensor of shape (batch, features) or (batch, height, width, channels).

    Returns:
        The latent, of shape (batch, latent_dim) or (batch, height, width, latent_dim), float32.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of its range.

    Example:
        >>> import numpy as np
        >>> bottleneck = FiniteScalarQuantizer((3, 2), seed=0)
        >>> bottleneck.codes, bottleneck.latent_dim
        (6, 2)
        >>> [[float(number) for number in code] for code in bottleneck.embed(np.arange(4))]
        [[-1.0, -1.0], [0.0, -1.0], [1.0, -1.0], [-1.0, 1.0]]

    Reference:
        Mentzer et al., Finite Scalar Quantization: VQ-VAE Made Simple, 2023, section 3.1; there a
        number of even levels is shifted by half a step.
    """

    def __init__(
        self,
        levels: Sequence[int],
        penalty: Penalty | Sequence[Penalty] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        levels = _checks.integers("levels", levels)
        codes = math.prod(levels)
        if min(levels) < 2 or codes > MAX_CODES:
            raise ValueError(
                "`levels` must be integers >= 2 whose product is at most 2**31. "
                f"Received: levels={_checks.shown(levels)}"
            )
        super().__init__(len(levels), penalty, seed, **kwargs)
        self.levels = levels
        self.codes = codes
        self._places = np.cumprod((1, *levels[:-1])).astype("int32")
        self._half = (np.array(levels, "float32") - 1.0) / 2.0

    def call(self, features: Any, training: bool | None = None) -> Any:
        projected = self.project(features)
        ranks = self._ranks(projected)
        self._chosen.values = self._index(ranks)
        bounded, latent = ops.tanh(projected), self._values(ranks)
        self.penalize(Code(latent, features=bounded, training=bool(training)))
        return straight_through(bounded, latent)

    def choose(self, features: Any) -> Any:
        """Return the index of the levels of each place, int32."""
        return self._index(self._ranks(features))

    def embed(self, indices: Any) -> Any:
        """Return the levels' values of each index, of shape (batch, ..., latent_dim)."""
        ranks = ops.expand_dims(indices, -1) // self._places % np.array(self.levels, "int32")
        return self._values(ops.cast(ranks, "float32"))

    def code_of(self, features: Any) -> Any:
        """Return the levels' values for what `project` returns, of its shape."""
        return self._values(self._ranks(features))

    def _ranks(self, features: Any) -> Any:
        """Return the level of each number, from 0, as a float."""
        return ops.round((ops.tanh(features) + 1.0) * self._half)

    def _values(self, ranks: Any) -> Any:
        return ranks / self._half - 1.0

    def _index(self, ranks: Any) -> Any:
        return ops.sum(ops.cast(ranks, "int32") * self._places, axis=-1)
