"""The parent's side: workers that are kept alive, and rounds in which they take turns."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import machine
import peers
from roster import Contestant

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
START_LIMIT = 300.0  # seconds to import
ANSWER_LIMIT = 900.0  # seconds for anything else, unless the caller says less


class WorkerError(RuntimeError):
    """A worker failed, died or took too long; the message says which."""


class Worker:
    """A contestant's process. It starts at once; `hello` waits until it has imported.

    Args:
        contestant: Whom to start.
        peers_folder: Where the virtual environments are.
        folder: Its working directory and log.
    """

    def __init__(self, contestant: Contestant, peers_folder: Path, folder: Path) -> None:
        self.contestant = contestant
        self.alive = True
        executable = sys.executable
        if contestant.peer is not None:
            executable = str(peers.python(contestant.peer, peers_folder))
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "log.txt"
        variables = contestant.variables()
        if contestant.peer is None:
            path = [str(ROOT), variables.get("PYTHONPATH", "")]
            variables["PYTHONPATH"] = os.pathsep.join(filter(None, path))
        else:
            variables.pop("PYTHONPATH", None)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [executable, str(HERE / "worker.py"), contestant.worker],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder,
                env=variables,
            )

    def hello(self) -> dict[str, Any]:
        """Return the versions, threads and memory that the worker reports once it has imported."""
        return self._receive(START_LIMIT)

    def start(self, task: str, **arguments: Any) -> dict[str, Any]:
        """Begin a task; return when it waits for its first round."""
        return self.ask({"do": "start", "task": task, **arguments})

    def round(self, limit: float = ANSWER_LIMIT, **arguments: Any) -> dict[str, Any]:
        """Run one round and return its figures, with what other processes used meanwhile."""
        before, started = machine.busy_seconds(), time.perf_counter()
        answer = self.ask({"do": "round", **arguments}, limit)
        after, wall = machine.busy_seconds(), time.perf_counter() - started
        if before is not None and after is not None:
            others = max(0.0, after - before - answer["cpu_seconds"])
            answer["others_cores"] = others / wall
        return answer

    def stop(self) -> None:
        """End the task; the process stays."""
        self.ask({"do": "stop"})

    def ask(self, message: dict[str, Any], limit: float = ANSWER_LIMIT) -> dict[str, Any]:
        """Send a message and return the answer."""
        try:
            assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise self._failed("is gone") from error
        return self._receive(limit)

    def close(self) -> None:
        """End the process, by force if it doesn't go."""
        if self._process.poll() is None:
            with contextlib.suppress(OSError, ValueError):
                self._process.stdin.close()  # type: ignore[union-attr]
            try:
                self._process.wait(5 if self.alive else 0.1)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError, ValueError):
                pipe.close()  # type: ignore[union-attr]
        self.alive = False

    def _receive(self, limit: float) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(limit):
                raise self._failed(f"took more than {limit:.0f} s")
        line = self._process.stdout.readline()
        if not line:
            raise self._failed("ended")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise WorkerError(f"{self.contestant.name}: {answer['error']}")
        return answer

    def _failed(self, what: str) -> WorkerError:
        """Return the error, with the end of the log; the process can't be used again."""
        self.alive = False
        self.close()
        tail = " | ".join(self._log.read_text("utf-8", "replace").splitlines()[-3:])
        return WorkerError(f"{self.contestant.name} {what}. {tail}".strip())


@contextlib.contextmanager
def workers(contestants: list[Contestant], peers_folder: Path) -> Iterator[dict[str, Worker]]:
    """Start all, side by side; end all afterwards, whatever happens."""
    with tempfile.TemporaryDirectory(prefix="keras_ae_speed_") as folder:
        started: dict[str, Worker] = {}
        try:
            for each in contestants:
                started[each.name] = Worker(each, peers_folder, Path(folder, each.name))
            yield started
        finally:
            for worker in started.values():
                worker.close()


def greet(team: dict[str, Worker]) -> tuple[dict[str, Any], dict[str, str]]:
    """Wait for all; return what each said, and the names and reasons of those who can't run."""
    said: dict[str, Any] = {}
    absent: dict[str, str] = {}
    for name, worker in team.items():
        try:
            said[name] = worker.hello()
        except WorkerError as error:
            absent[name] = str(error)
    for name in absent:
        team.pop(name).close()
    return said, absent
