"""One task of one contestant in a process of its own, spoken to by lines.

    PYTHON benchmarks/speed/worker.py JSON

The JSON has the contestant's "worker" and "options", the "task" and its "arguments". The process
prepares, answers its versions, and blocks in a read; for each line that it reads it runs a round
and answers its figures. Only NumPy and the contestant's own packages are imported.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import platform
import resource
import sys
import time
from pathlib import Path

import devices

PACKAGES = ("numpy", "keras", "keras_ae", "tensorflow", "jax", "torch", "pythae")


def main() -> None:
    """Run rounds until the parent closes its end."""
    job = json.loads(sys.argv[1])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a framework prints goes to the log
    module, _, name = job["worker"].partition(":")
    contestant = getattr(importlib.import_module(f"contestants.{module}"), name)(**job["options"])
    import_mib = peak_mib()
    rounds = getattr(contestant, job["task"])(**job["arguments"])
    next(rounds)
    print(json.dumps(versions()), file=answers, flush=True)
    for _ in sys.stdin:
        started = time.perf_counter()
        figures = next(rounds)
        seconds = time.perf_counter() - started
        memory = {"import_mib": import_mib, "peak_mib": peak_mib(), **devices.used()}
        print(json.dumps({"seconds": seconds, **memory, **figures}), file=answers, flush=True)


def versions() -> dict[str, str]:
    """Return the versions of Python and of what has been imported."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        if name in sys.modules:
            try:
                found[name.replace("_", "-")] = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                found[name.replace("_", "-")] = "not installed"  # this package, from its clone
    return found


def peak_mib() -> float:
    """Return the largest resident memory of this process so far, in MiB.

    Linux counts it for the program in /proc; getrusage's figure may be that of the parent, which
    the process was before it became this program.
    """
    try:
        lines = Path("/proc/self/status").read_text("utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    except (OSError, StopIteration):
        unit = 2**20 if sys.platform == "darwin" else 2**10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    main()
