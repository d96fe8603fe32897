"""Run a format's converter; in a child."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from keras_ae.export.formats.conversion import Conversion


def run(tell: Callable[[str], None], converter: str, conversion: dict[str, Any]) -> None:
    """Convert the source to one format.

    Args:
        tell: Called with the path of each file that is written.
        converter: The module that has the format's `convert`.
        conversion: A `Conversion` as a dict.
    """
    importlib.import_module(converter).convert(tell, Conversion(**conversion))
