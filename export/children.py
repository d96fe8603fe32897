"""Run tasks in child processes, a few at a time, and tell what they have done."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from keras_ae.export import forked
from keras_ae.export.errors import ExportError
from keras_ae.export.scratch import scratch_folder

WORKER = "keras_ae.export._worker"
Process = subprocess.Popen[str] | forked.Forked


@dataclass(frozen=True)
class Task:
    """One task of a child.

    Args:
        title: String, what it does, for progress and errors.
        module: String, a module with a function `run(tell, **arguments)`.
        arguments: Dict of plain values.
        environment: Dict of variables that the child has besides the parent's.
        is_prepared: Whether the module has a function `prepare()` too, which may have been called
            already, in a process that this child is forked from.
    """

    title: str
    module: str
    arguments: dict[str, Any]
    environment: tuple[tuple[str, str], ...] = ()
    is_prepared: bool = False


def prepare(module: str) -> None:
    """Start what a module's prepared tasks are forked from, while there is other work to do."""
    if forked.AVAILABLE:
        forked.prepare(module, _environment())


def run_tasks(tasks: Sequence[Task], tell: Callable[[str], None]) -> list[Any]:
    """Run tasks in processes of their own, as many at once as there are cores.

    Args:
        tasks: What to run.
        tell: Called with each line of progress.

    Returns:
        What each task returned, in order.

    Raises:
        ExportError: A task failed, or its process ended without an answer. It names the file that
            has the traceback and all that the process printed.
    """
    lock = threading.Lock()

    def locked(message: str) -> None:
        with lock:
            tell(message)

    processes: list[Process] = []
    with ThreadPoolExecutor(max(1, min(len(tasks), os.cpu_count() or 1))) as pool:
        futures = [pool.submit(_run, task, locked, processes) for task in tasks]
        try:
            return [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            for process in processes:
                process.kill()
            raise


def _run(task: Task, tell: Callable[[str], None], processes: list[Process]) -> Any:
    with scratch_folder() as folder:
        job, result, log = (folder / name for name in ("job.json", "result.json", "log"))
        record = {
            "module": task.module,
            "arguments": task.arguments,
            "result": str(result),
            "parent": os.getpid(),
        }
        job.write_text(json.dumps(record), "utf-8")
        environment = _environment(TMPDIR=str(folder), **dict(task.environment))
        with (
            log.open("w", encoding="utf-8") as stderr,
            _start(task, job, environment, stderr) as process,
        ):
            processes.append(process)
            for line in process.stdout or ():
                tell(line.rstrip("\n"))
            code = process.wait()
        answer = json.loads(result.read_text("utf-8")) if result.exists() else {}
        if code == 0 and "value" in answer:
            return answer["value"]
        why = answer.get("error") or f"the process ended with code {code}"
        raise ExportError(f"{task.title} failed: {why}. All that it printed: {_kept(log)}")


def _environment(**chosen: str) -> dict[str, str]:
    return {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONWARNINGS": "ignore",
        # tf2onnx iterates over sets of names: with one hash seed its files are the same.
        "PYTHONHASHSEED": "0",
        **chosen,
    }


def _start(task: Task, job: Path, environment: dict[str, str], log: IO[str]) -> Process:
    """Start a task's process: forked where it can be."""
    if task.is_prepared and forked.AVAILABLE:
        process = forked.start(task.module, job, environment, log)
        if process is not None:
            return process
    return subprocess.Popen(
        [sys.executable, "-m", WORKER, str(job)],
        stdin=subprocess.PIPE,  # its end tells the child that this process has ended
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env=environment,
    )


def _kept(log: Path) -> Path:
    """Keep a failed child's log; return where."""
    number, name = tempfile.mkstemp(prefix="keras_ae-", suffix=".log")
    os.close(number)
    shutil.copyfile(log, name)
    return Path(name)
