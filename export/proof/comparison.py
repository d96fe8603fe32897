"""One output of an artifact beside the model's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Comparison:
    """One output of an artifact beside the model's, the largest of all batches.

    Args:
        endpoint: String.
        output: String, the tensor's name.
        data: String, "sample" or "drawn".
        batches: Tuple of the batch sizes that were run.
        max_absolute: Largest absolute error; of integers the share that differs; infinite where
            NaN or infinity aren't where they were expected.
        max_relative: Largest error relative to the expected value, where that isn't 0.
        allowed: What the worst element was allowed.
        passed: Whether every element is within what it is allowed.
    """

    endpoint: str
    output: str
    data: str
    batches: tuple[int, ...]
    max_absolute: float
    max_relative: float
    allowed: float
    passed: bool

    @property
    def text(self) -> str:
        """The comparison in one line."""
        return (
            f"{self.endpoint}/{self.output} on {self.data} data: max absolute error "
            f"{self.max_absolute:.3g} (allowed {self.allowed:.3g}), max relative "
            f"{self.max_relative:.3g}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as JSON holds them."""
        return asdict(self)
