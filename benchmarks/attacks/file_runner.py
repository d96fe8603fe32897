"""Run the attacks with files in processes that may die, and tell which attack ended one."""

from __future__ import annotations

import itertools
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.attacks.outcome import DEEP, ROOT, SHOWN, Result

HANG = 180  # seconds without an answer, on a busy machine too
START = 180  # seconds until TensorFlow is there, on a busy machine


def run(seed: int, count: int, jobs: int) -> list[Result]:
    """Make so many attacks, in as many processes at once as `jobs` says; show how far they are."""
    made = itertools.count(1)

    def tell() -> None:
        if not (number := next(made)) % SHOWN:
            print(f"files: {number} of {count}", file=sys.stderr, flush=True)

    with ThreadPoolExecutor(jobs) as pool:
        found = pool.map(lambda job: _series(seed, job, jobs, count, tell), range(jobs))
        return [each for results in found for each in results]


def _series(
    seed: int, first: int, step: int, count: int, tell: Callable[[], None]
) -> list[Result]:
    """Make every so-manieth attack; go on behind one that hangs or ends its process."""
    results: list[Result] = []
    while first < count:
        found, last, how = _process(seed, first, step, count, tell)
        results += found
        if last is None:
            return results
        results.append(Result("files", f"attack {last} of seed {seed}", DEEP, how))
        first = last + step
    return results


def _process(
    seed: int, first: int, step: int, count: int, tell: Callable[[], None]
) -> tuple[list[Result], int | None, str]:
    """Return the results of one process, and the attack that it died or hung in, and how."""
    command = [sys.executable, "-m", "benchmarks.attacks.file_worker"]
    with subprocess.Popen(
        [*command, *map(str, (seed, first, step, count))],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    ) as process:
        return _answers(process, first, tell)


def _answers(
    process: Any, first: int, tell: Callable[[], None]
) -> tuple[list[Result], int | None, str]:
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    results: list[Result] = []
    current, limit = None, START
    while True:
        try:
            line = lines.get(timeout=limit)
        except queue.Empty:
            process.kill()
            process.wait()
            return results, first if current is None else current, f"hung for {limit} s"
        if line is None:
            code = process.wait()
            if current is None and code:
                return results, first, f"the process ended with code {code} before it began"
            return results, current, f"the process ended with code {code}"
        if not line.startswith("["):  # what a runtime prints
            continue
        answer, limit = json.loads(line), HANG
        current = answer[0]
        if len(answer) > 1:
            current = None
            results.append(Result(f"files: {answer[1]}", *answer[2:]))
            tell()
