"""Run a format's converter; in a child."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keras_ae import _extras

# What TensorFlow and its Keras import where they find it; no conversion uses it.
UNUSED = ("jax", "matplotlib", "pandas", "sklearn")


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


def run(tell: Callable[[str], None], converter: str, conversion: dict[str, Any]) -> None:
    """Convert the source to one format.

    Args:
        tell: Called with the path of each file that is written.
        converter: The module that has the format's `convert`.
        conversion: A `Conversion` as a dict.
    """
    prepare()
    importlib.import_module(converter).convert(tell, Conversion(**conversion))


def prepare() -> None:
    """Import TensorFlow as if `UNUSED` weren't installed: in half the time."""
    if "tensorflow" in sys.modules:
        return  # this process was forked from one that has it
    with _extras.absent(*UNUSED):  # quantizers may use them
        importlib.import_module("tensorflow")
    # TensorFlow's converter collects garbage on each call: a quarter of a second, without this.
    gc.freeze()
