"""Tasks on this machine: a pool of processes, each of which ends with the one that began it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from typing import Any

from keras_ae import _checks

TRIES = 4  # of what dies with its process, in every engine
Answer = int | str  # rows that were scored, or why not
Task = Callable[[str], Answer]


def run_local(
    task: Task, names: Sequence[str], workers: int | None, options: Mapping[str, Any]
) -> Iterator[tuple[str, Answer]]:
    """Run a task on each name in a pool of processes.

    A worker that is killed breaks Python's pool: a new one gets what isn't finished, as long as
    each pool finishes something, and `TRIES` times where none does.

    Args:
        task: Function that can be pickled.
        names: Sequence of strings.
        workers: Integer, how many processes; None for one a core.
        options: Must be empty: there is nothing to set.

    Yields:
        (name, what the task returned), as they are finished.

    Raises:
        ValueError: There are options.
        RuntimeError: Workers died again and again.
    """
    if options:
        raise ValueError(
            "`options` must be empty for the engine local. "
            f"Received: options={_checks.shown(dict(options))}"
        )
    count = workers or cores()
    left, failures = list(names), 0
    while left:
        before = len(left)
        try:
            for name, result in _run_pool(task, left, min(count, len(left))):
                left.remove(name)
                yield name, result
        except BrokenProcessPool as error:
            failures = 0 if len(left) < before else failures + 1
            if failures == TRIES:
                raise RuntimeError(
                    f"{failures} pools of workers died without finishing a file, the last one at "
                    f"{left[0]} or near it: out of memory, or killed"
                ) from error


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _run_pool(task: Task, names: Sequence[str], workers: int) -> Iterator[tuple[str, Answer]]:
    # Forking would copy the threads' locks of whatever runtime this process has begun.
    context = multiprocessing.get_context("spawn")
    end, held = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, context, _begin, (end,))
    try:
        futures: dict[Future[Answer], str] = {pool.submit(task, name): name for name in names}
        for future in as_completed(futures):
            yield futures[future], future.result()
        pool.shutdown()
    except Exception:  # of a task: what others have begun is finished
        pool.shutdown(cancel_futures=True)
        raise
    finally:
        held.close()  # after Ctrl-C: the workers end at once
        pool.shutdown(cancel_futures=True)
        end.close()


def _begin(end: Connection) -> None:
    """Make a worker leave Ctrl-C to its parent, and end when the parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(end,), daemon=True).start()


def _end_with(end: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        end.recv()  # the other end is only ever closed, by its process or with it
    os._exit(1)
