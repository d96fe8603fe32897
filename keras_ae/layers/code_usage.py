"""Metrics of how a code of finitely many values uses them."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


class CodeCounts(keras.metrics.Metric):
    """Count how often each code occurs, over all batches since the last reset.

    Args:
        codes: Integer >= 1, number of codes.
        name: String, what the logs call it.
    """

    def __init__(self, codes: int, name: str) -> None:
        super().__init__(name=name, dtype="float32")
        self.codes = codes
        self.counts = self.add_variable(
            shape=(codes,), initializer="zeros", dtype="float32", name="counts"
        )

    def update_state(self, indices: Any, sample_weight: Any = None) -> None:
        """Count the codes of a batch.

        Args:
            indices: Tensor of shape (batch, ...), integers.
            sample_weight: Tensor of shape (batch,), what each example counts; None for 1.
        """
        each = ops.ones_like(indices, dtype="float32")
        if sample_weight is not None:
            ones = (1,) * (len(indices.shape) - 1)
            each = each * ops.reshape(ops.cast(sample_weight, "float32"), (-1, *ones))
        found = ops.segment_sum(ops.reshape(each, (-1,)), ops.reshape(indices, (-1,)), self.codes)
        self.counts.assign(self.counts.value + found)


class Perplexity(CodeCounts):
    """exp of the entropy of the codes' shares, in nats: as many codes used evenly say as much.

    It is 1 where all examples have one code, and the number of codes where each is as frequent.
    """

    def __init__(self, codes: int) -> None:
        super().__init__(codes, "perplexity")

    def result(self) -> Any:
        """Return the perplexity, from 1 to the number of codes."""
        counts = self.counts.value
        share = counts / ops.maximum(ops.sum(counts), 1.0)
        safe = ops.where(share > 0, share, ops.ones_like(share))
        return ops.exp(-ops.sum(share * ops.log(safe)))


class UsedShare(CodeCounts):
    """The share of the codes that occur."""

    def __init__(self, codes: int) -> None:
        super().__init__(codes, "used_share")

    def result(self) -> Any:
        """Return the share, from 0 to 1."""
        return ops.mean(ops.cast(self.counts.value > 0, "float32"))
