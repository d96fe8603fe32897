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
        stages: Integer >= 1, number of codebooks, each counted by itself; None where indices have
            no axis of them.
    """

    def __init__(self, codes: int, name: str, stages: int | None = None) -> None:
        super().__init__(name=name, dtype="float32")
        self.codes = codes
        self.stages = stages
        size = codes * (stages or 1)
        self.counts = self.add_variable(
            shape=(size,), initializer="zeros", dtype="float32", name="counts"
        )

    def update_state(self, indices: Any, sample_weight: Any = None) -> None:
        """Count the codes of a batch.

        Args:
            indices: Tensor of shape (batch, ...), integers; the last axis is that of stages.
            sample_weight: Tensor of shape (batch,), what each example counts; None for 1.
        """
        each = ops.ones_like(indices, dtype="float32")
        if sample_weight is not None:
            ones = (1,) * (len(indices.shape) - 1)
            each = each * ops.reshape(ops.cast(sample_weight, "float32"), (-1, *ones))
        if self.stages is not None:  # as one codebook, the stages' codes one after another
            indices = indices + self.codes * ops.arange(self.stages, dtype="int32")
        flat = ops.reshape(each, (-1,)), ops.reshape(indices, (-1,))
        self.counts.assign(self.counts.value + ops.segment_sum(*flat, self.counts.shape[0]))

    def by_stage(self) -> Any:
        """Return the counts, of shape (stages, codes)."""
        return ops.reshape(self.counts.value, (-1, self.codes))


class Perplexity(CodeCounts):
    """exp of the entropy of the codes' shares, in nats: as many codes used evenly say as much.

    It is 1 where all examples have one code, and the number of codes where each is as frequent.
    """

    def __init__(self, codes: int, stages: int | None = None) -> None:
        super().__init__(codes, "perplexity", stages)

    def result(self) -> Any:
        """Return the perplexity, from 1 to the number of codes."""
        counts = self.by_stage()
        share = counts / ops.maximum(ops.sum(counts, axis=-1, keepdims=True), 1.0)
        safe = ops.where(share > 0, share, ops.ones_like(share))
        return ops.mean(ops.exp(-ops.sum(share * ops.log(safe), axis=-1)))


class UsedShare(CodeCounts):
    """The share of the codes that occur."""

    def __init__(self, codes: int, stages: int | None = None) -> None:
        super().__init__(codes, "used_share", stages)

    def result(self) -> Any:
        """Return the share, from 0 to 1."""
        return ops.mean(ops.cast(self.counts.value > 0, "float32"))
