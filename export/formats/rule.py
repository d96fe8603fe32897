"""An operation that doesn't survive in a format, found by measuring."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from keras_ae.export._traced_graph import TracedOperation


@dataclass(frozen=True)
class Rule:
    """An operation of TensorFlow that a format's converter or runtime breaks on.

    Args:
        operations: Regular expression of the whole name of TensorFlow operations.
        why: String, what happens.
        fix: String, what to do.
        applies: Function of a `TracedOperation`, whether this one breaks.
    """

    operations: str
    why: str
    fix: str
    applies: Callable[[TracedOperation], bool] = bool

    def breaks(self, traced: TracedOperation) -> bool:
        """Whether the operation doesn't survive."""
        return bool(re.fullmatch(self.operations, traced.operation.type)) and self.applies(traced)
