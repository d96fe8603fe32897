"""The penalty that makes codes of bits sure of each example and varied over all."""

from __future__ import annotations

import itertools
import math
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers.penalties.penalty import Code, Penalty, batch_mean

MAX_BITS_TOGETHER = 14  # 16,384 codes for each place, in memory


@keras.saving.register_keras_serializable(package="keras_ae")
class EntropyPenalty(Configured, Penalty):
    """Make each example's code certain, and all codes equally frequent.

        penalty = weight * places * (mean entropy of a place's code - entropy of the mean)

    in nats, where a place's code is drawn as a softmax over all codes of -1 and 1 has it:

        p(code | features) ~ exp(-|features - code|**2 / temperature)

    Its bits are independent, each 1 with probability sigmoid(4 features / temperature), so the
    first entropy is the sum of the bits' own. The mean is over the batch and all places, and its
    bits needn't be independent: so codes are enumerated, `bits_together` bits at a time, and the
    entropies of these groups are summed. That is exact where one group has all bits, and too much
    else: with 1, two codes that differ in every bit count as much as all codes do. The batch
    decides, so batches should be large.

    Args:
        weight: Number >= 0.
        temperature: Number > 0.
        bits_together: Integer from 1 to 14, the most bits of a group; all are of nearly one size.
            A place takes 2**bits_together numbers of memory.
        **kwargs: Keras' layer arguments.

    Call arguments:
        latent: Tensor of shape (batch, ..., latent_dim): the features; in a `LookupFreeQuantizer`
            they are what the signs are taken of.

    Returns:
        The latent, unchanged.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: A number is out of its range.

    Example:
        >>> import numpy as np
        >>> penalty = EntropyPenalty(weight=1.0)
        >>> _ = penalty(np.array([[9.0], [-9.0]]))  # sure of each, and both are as frequent
        >>> round(float(penalty.losses[0]), 4)  # -log 2
        -0.6931

    Reference:
        Yu et al., Language Model Beats Diffusion: Tokenizer is Key to Visual Generation, 2023,
        section 3.1; Jansen et al., Coincidence, Categorization, and Consolidation, 2020,
        equation 5.
    """

    metric_name = "entropy"

    def __init__(
        self,
        weight: float = 1.0,
        temperature: float = 1.0,
        bits_together: int = 8,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.weight = _checks.number("weight", weight, minimum=0)
        self.temperature = _checks.number("temperature", temperature, above=0)
        self.bits_together = _checks.integer(
            "bits_together", bits_together, minimum=1, maximum=MAX_BITS_TOGETHER
        )

    def values(self, code: Code) -> Any:
        """Return the log-odds of each bit: (batch, places, latent_dim)."""
        features = code.latent if code.features is None else code.features
        shape = (-1, math.prod(features.shape[1:-1]), features.shape[-1])
        features = ops.reshape(ops.cast(features, "float32"), shape)
        return 4.0 / self.temperature * features

    def total(self, values: Any, sample_weight: Any = None) -> Any:
        """Return the penalty of the batch, a scalar in nats."""
        certain = ops.mean(ops.sum(_bit_entropy(values), axis=-1), axis=1)
        varied = 0.0
        for bits in self._groups(values.shape[-1]):
            share = ops.mean(_code_shares(values[..., bits]), axis=1)
            varied = varied + _entropy(batch_mean(share, sample_weight))
        return self.weight * values.shape[1] * (batch_mean(certain, sample_weight) - varied)

    def logged(self, values: Any) -> Any:
        """Return the batch's penalty once for each example, of shape (batch,), in nats."""
        return self.total(values) * ops.ones_like(values[:, 0, 0])

    def _groups(self, bits: int) -> list[slice]:
        """Return which bits are enumerated together."""
        count = math.ceil(bits / self.bits_together)
        ends = [bits * group // count for group in range(count + 1)]
        return [slice(*pair) for pair in itertools.pairwise(ends)]


def _code_shares(log_odds: Any) -> Any:
    """Return the probability of every code of some bits: (batch, places, 2**bits)."""
    bits = log_odds.shape[-1]
    is_one = (np.arange(2**bits) // 2 ** np.arange(bits)[:, None] % 2).astype("float32")
    return ops.softmax(ops.matmul(log_odds, ops.convert_to_tensor(is_one)), axis=-1)


def _bit_entropy(log_odds: Any) -> Any:
    """Return the entropy of a bit, without cancellation: that of its absolute log-odds."""
    size = ops.abs(log_odds)
    return ops.softplus(-size) + size * ops.sigmoid(-size)


def _entropy(share: Any) -> Any:
    """Return -sum[ p log p ], where 0 log 0 = 0."""
    positive = share > 0
    safe = ops.where(positive, share, ops.ones_like(share))
    return -ops.sum(share * ops.log(safe))
