"""The machine, and how much of it others used while something was timed."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np

SIDE = 2048  # of the matrices that are multiplied


def describe() -> dict[str, Any]:
    """Return the machine in words and numbers."""
    cores = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    return {
        "processor": _processor(),
        "cores": cores,
        "memory_gib": _memory_gib(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def matmul_gflops(repeats: int = 8) -> float:
    """Return the best rate of NumPy's float32 matrix product, on all cores, in GFLOP a second.

    No training that computes its products in full can take less time than they take at this rate.
    """
    random = np.random.default_rng(0)
    a, b = (random.random((SIDE, SIDE), dtype="float32") for _ in range(2))
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        np.matmul(a, b)
        seconds.append(time.perf_counter() - start)
    return 2 * SIDE**3 / min(seconds) / 1e9


def busy_seconds() -> float | None:
    """Return the CPU seconds that all processes have used since the start, where Linux tells."""
    try:
        first = Path("/proc/stat").read_text("utf-8").splitlines()[0].split()
    except OSError:
        return None
    user, nice, system, _idle, _wait, irq, softirq = map(int, first[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (ValueError, OSError, AttributeError):
        return None
