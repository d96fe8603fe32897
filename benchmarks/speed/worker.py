"""One contestant in a process of its own, spoken to by lines of JSON.

    PYTHON benchmarks/speed/worker.py CONTESTANT

The parent sends {"do": "start", "task": ..., ...}; the worker builds, answers {"ready": true} and
waits. {"do": "round"} runs one round (an epoch, or a number of calls) and answers its seconds;
{"do": "stop"} ends the task, {"do": "quit"} the process. Between commands it blocks in a read.
Only NumPy and the contestant's own packages are imported here.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import platform
import resource
import sys
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn

import numpy as np


class Finished(Exception):  # noqa: N818
    """Raised through a contestant's training loop to end it."""


class Channel:
    """Lines of JSON on what stdin and stdout were; everything printed goes to stderr."""

    def __init__(self) -> None:
        self._in = os.fdopen(os.dup(0), encoding="utf-8")
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)

    def send(self, message: dict[str, Any]) -> None:
        """Write one message."""
        self._out.write(json.dumps(message) + "\n")
        self._out.flush()

    def receive(self) -> dict[str, Any]:
        """Wait for one message; a parent that is gone means quit."""
        line = self._in.readline()
        return json.loads(line) if line else {"do": "quit"}


class Gate:
    """What a contestant calls before each round, with the result of the last: it times and waits.

    The clock runs from one call to the next, or to `stop`, less the time spent waiting for the
    parent, so that all of a framework's work within a round counts.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._started: float | None = None
        self._stopped: tuple[float, float] | None = None
        self._cpu = time.process_time()
        self._idle_cpu = 0.0

    def __call__(self, value: float | None = None) -> dict[str, Any]:
        """Report the round that ended, wait for the next and return the parent's command."""
        stopped, cpu = self._stopped or _now()
        self._stopped = None
        if self._started is None:
            self._channel.send({"ready": True})
        else:
            self._channel.send(
                {
                    "seconds": stopped - self._started,
                    "cpu_seconds": cpu - self._cpu,
                    "idle_cpu_seconds": self._idle_cpu,
                    "value": None if value is None else float(value),
                    "peak_mib": peak_mib(),
                }
            )
        idle = time.process_time()
        command = self._channel.receive()
        if command["do"] != "round":
            raise Finished(command["do"])
        self._idle_cpu = time.process_time() - idle
        self._started, self._cpu = _now()
        return command

    def stop(self) -> None:
        """End the round; what happens from here to the next call isn't timed."""
        self._stopped = _now()


def _now() -> tuple[float, float]:
    """Return the seconds of the clock, and those that this process used of all cores."""
    return time.perf_counter(), time.process_time()


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


def serve(name: str) -> None:
    """Load a contestant, answer who it is, and run tasks until told to quit."""
    channel = Channel()
    started = time.perf_counter()
    module, _, variant = name.partition(":")
    contestant = importlib.import_module(f"contestants.{module}").make(variant)
    hello = {
        "hello": name,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            **contestant.versions(),
        },
        "threads": contestant.threads(),
        "import_seconds": time.perf_counter() - started,
        "import_mib": peak_mib(),
    }
    channel.send(hello)
    while True:
        command = channel.receive()
        if command["do"] == "quit":
            return
        gate = Gate(channel)
        try:
            _run(contestant, command, gate)
        except Finished as end:
            if str(end) == "quit":
                return
            channel.send({"stopped": True})
        except Exception as error:  # noqa: BLE001 - the parent reports it and goes on
            traceback.print_exc()
            channel.send({"error": f"{type(error).__name__}: {error}"})
        gc.collect()


def _run(contestant: Any, command: dict[str, Any], gate: Gate) -> NoReturn:
    arguments = {key: value for key, value in command.items() if key not in ("do", "task")}
    getattr(contestant, command["task"])(gate=gate, **arguments)
    raise RuntimeError("a task must run until its gate ends it")


if __name__ == "__main__":
    serve(sys.argv[1])
