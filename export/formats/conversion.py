"""What a converter is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Conversion:
    """What a format's converter is told, in the process that it runs in.

    Args:
        directory: String, the bundle, which holds the source.
        endpoints: Dict from endpoint to the names of its inputs, in order.
        precisions: List of those that the format makes.
        calibration: String, path of the calibration data, or None.
        metadata: Dict of constant strings to put into each file.
        options: Dict of the format's own options.
    """

    directory: str
    endpoints: Mapping[str, Sequence[str]]
    precisions: Sequence[str]
    calibration: str | None
    metadata: Mapping[str, str]
    options: Mapping[str, Any]
