"""The parent's side: a process for each contestant, and rounds in which they take turns."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from contestants import CONTESTANTS

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PREPARE_LIMIT = 600.0  # seconds to import and prepare, all side by side
# Exact, as constraints.txt is for this package: a table names what it was measured with.
PEERS = ("torch==2.14.1", "pythae==0.1.2", "numpy==2.4.6")
# Frameworks that share a GPU must not each take all of its memory.
SHARED_GPU = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}


class WorkerError(RuntimeError):
    """A worker failed, died or took too long; the message says which."""


class Worker:
    """A contestant's process. It starts at once; `versions` waits until it has prepared.

    Args:
        name: A key of `CONTESTANTS`.
        task: A method of the contestant.
        arguments: Those of the method.
        peers: Folder that holds the peers' virtual environment; None for peers of this Python.
        folder: Its working directory and log.
    """

    def __init__(
        self, name: str, task: str, arguments: dict[str, Any], peers: Path | None, folder: Path
    ) -> None:
        self.name = name
        contestant = CONTESTANTS[name]
        job = {"worker": contestant.worker, "options": contestant.options}
        job |= {"task": task, "arguments": arguments}
        variables = environment(TQDM_DISABLE="1", **SHARED_GPU)
        variables["KERAS_BACKEND"] = contestant.backend
        executable = sys.executable
        if contestant.peer and peers is not None:
            executable = peers_python(peers)
            variables.pop("PYTHONPATH")
        if contestant.checkout:
            variables["PYTHONPATH"] = contestant.checkout
        folder.mkdir()
        self._log = folder / "log.txt"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [executable, str(HERE / "worker.py"), json.dumps(job)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder,
                env=variables,
            )

    def versions(self, limit: float = PREPARE_LIMIT) -> dict[str, str]:
        """Return the versions that the worker reports once it has prepared."""
        return self._receive(limit)

    def begin(self) -> None:
        """Have it begin a round; `finish` waits for it."""
        with contextlib.suppress(OSError):  # a process that has ended has no answer either
            self._process.stdin.write(b"\n")
            self._process.stdin.flush()

    def finish(self, limit: float) -> dict[str, Any]:
        """Return the figures of the round that has begun, after at most `limit` seconds."""
        return self._receive(limit)

    def round(self, limit: float) -> dict[str, Any]:
        """Run one round, of at most `limit` seconds, and return its figures."""
        self.begin()
        return self.finish(limit)

    def close(self) -> None:
        """End the process, by force if it doesn't go."""
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _receive(self, limit: float) -> dict[str, Any]:
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(max(0.0, limit)):
                self._process.kill()
                took = f"took more than {limit:.0f} s" if limit > 0 else "had no time left"
                raise WorkerError(f"{self.name} {took}")
        line = self._process.stdout.readline()
        if not line:
            last = self._log.read_text("utf-8", "replace").strip().splitlines()[-1:]
            raise WorkerError(f"{self.name} ended. {' '.join(last)}".strip())
        return json.loads(line)


@contextlib.contextmanager
def workers(
    names: list[str], task: str, arguments: dict[str, Any], peers: Path | None
) -> Iterator[dict[str, Worker]]:
    """Start all, side by side; end all afterwards, whatever happens."""
    with tempfile.TemporaryDirectory(prefix="keras_ae_speed_") as folder:
        started: dict[str, Worker] = {}
        try:
            for name in names:
                started[name] = Worker(name, task, arguments, peers, Path(folder, name))
            yield started
        finally:
            for worker in started.values():
                worker.close()


def take_turns(
    team: dict[str, Any], rounds: int, turn: Callable[[Any], Any], failed: dict[str, str]
) -> dict[str, list[Any]]:
    """Return each contestant's answers of `rounds` rounds.

    Everybody has one turn a round; who goes first moves on by one each round, so that nobody
    always follows the same neighbour. Who fails is noted in `failed` and left out.
    """
    answers: dict[str, list[Any]] = {name: [] for name in team if name not in failed}
    names = list(answers)
    for index in range(rounds):
        first = index % max(1, len(names))
        for name in names[first:] + names[:first]:
            if name not in answers:
                continue
            try:
                answers[name].append(turn(team[name]))
            except WorkerError as error:
                failed[name] = str(error)
                print(f"  left out: {error}", file=sys.stderr)
                del answers[name]
    return answers


def environment(**more: str) -> dict[str, str]:
    """Return this process' variables for one that imports this package, quietly, and `more`."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": path, **more}


def peers_folder() -> Path:
    """Return where the peers' virtual environment is kept by default: in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "keras_ae", "peers")


def peers_python(folder: Path) -> str:
    """Return the Python of the peers' environment, made first where it isn't there yet."""
    home = folder / "pythae"
    python = home / "bin" / "python"
    complete = home / ".complete"  # only a whole environment has it, a broken one is made again
    if not complete.exists():
        print(f"making {home} with {' '.join(PEERS)} (a large download)", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PEERS], check=True)
        complete.touch()
    return str(python)
