"""What a measurement was made on."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

from keras_ae.export.bundle.manifest import versions

_FACTS = Path("/proc/cpuinfo")


def describe_machine() -> dict[str, Any]:
    """Return the processor's name, its cores, the system and the versions of the packages.

    Example:
        >>> sorted(describe_machine())
        ['cores', 'cpu', 'packages', 'system']
    """
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "packages": versions(),
    }


def _cpu() -> str:
    """Return the processor's name, which Python has no function for on Linux."""
    lines = _FACTS.read_text("utf-8").splitlines() if _FACTS.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
