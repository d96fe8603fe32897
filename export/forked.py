"""Children that begin where another process stands: it has imported TensorFlow, and forks.

Only on Linux: elsewhere libraries don't outlive a fork.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Self

AVAILABLE = sys.platform == "linux"
SERVER = "keras_ae.export._fork_server"
# Variables that Python and the libraries read once, when they start.
_READ_AT_START = (
    *("PYTHON", "LD_", "TF_", "XLA_", "CUDA_", "KERAS_", "OMP_", "OPENBLAS_", "MKL_", "KMP_"),
    "ONEDNN_",
)
_lock = threading.Lock()
_servers: dict[str, _Server] = {}


class Forked:
    """A forked child, used as `subprocess.Popen` is.

    Attributes:
        stdout: What it prints, as text.
    """

    def __init__(self, stdin: int, stdout: int, status: IO[str], number: int) -> None:
        self.stdout = os.fdopen(stdout, encoding="utf-8")
        self._stdin, self._status, self._number = stdin, status, number
        self._ended = False

    def wait(self) -> int:
        """Wait for its end; return its exit code, or minus the signal that ended it."""
        code = int(self._status.readline() or -signal.SIGKILL)  # nothing: with its server
        self._ended = True
        return code

    def kill(self) -> None:
        """End it at once, if it runs."""
        if not self._ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._number, signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._stdin)  # which ends the child
        self.stdout.close()
        if not self._ended:
            self.wait()
        self._status.close()


def prepare(module: str, environment: Mapping[str, str]) -> None:
    """Start the process that a module's jobs are forked from, unless there is one.

    It calls the module's `prepare()`, and ends with this process or when it had no job for a
    while.

    Args:
        module: String, a module with a function `prepare()`.
        environment: The whole environment of a job.
    """
    with _lock:
        _server(module, environment)


def start(module: str, job: Path, environment: Mapping[str, str], log: IO[str]) -> Forked | None:
    """Start a job in a fork of the prepared process.

    Args:
        module: String, a module with a function `prepare()`.
        job: Path of the job.
        environment: The child's whole environment.
        log: File that gets what the child prints to stderr.

    Returns:
        The child, or None if there can be none.
    """
    request = json.dumps({"job": str(job), "environment": dict(environment), "cwd": os.getcwd()})
    with _lock:
        forked = _server(module, environment).fork(request, log)
        if forked is None:  # the server has just ended
            forked = _server(module, environment).fork(request, log)
    return forked


def _server(module: str, environment: Mapping[str, str]) -> _Server:
    """Return a module's server as one that starts now would be."""
    server = _servers.get(module)
    if server is None or not server.is_as(environment):
        if server is not None:
            server.close()
        server = _servers[module] = _Server(module, environment)
    return server


class _Server:
    """The prepared process, and the socket through which it gets jobs."""

    def __init__(self, module: str, environment: Mapping[str, str]) -> None:
        self._owner = os.getpid()
        self._read_at_start = _read_at_start(environment)
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                [sys.executable, "-m", SERVER, module],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # A job's temporary folder ends with the job.
                env={name: value for name, value in environment.items() if name != "TMPDIR"},
            )
        atexit.register(self.close)

    def is_as(self, environment: Mapping[str, str]) -> bool:
        """Whether it lives, is this process' own, and as one that starts now would be."""
        return (
            self._owner == os.getpid()
            and self._process.poll() is None
            and self._read_at_start == _read_at_start(environment)
        )

    def fork(self, request: str, log: IO[str]) -> Forked | None:
        """Return a new child, or None if the server has ended or ends now."""
        child_stdin, stdin = os.pipe()
        stdout, child_stdout = os.pipe()
        status, server_status = os.pipe()
        theirs = [child_stdin, child_stdout, log.fileno(), server_status]
        with contextlib.suppress(OSError):
            socket.send_fds(self._socket, [request.encode()], theirs)
        for descriptor in (child_stdin, child_stdout, server_status):
            os.close(descriptor)
        answers = os.fdopen(status, encoding="utf-8")
        if number := answers.readline():
            return Forked(stdin, stdout, answers, int(number))
        answers.close()
        os.close(stdin)
        os.close(stdout)
        self._process.wait()
        return None

    def close(self) -> None:
        """Let it end, when its jobs have."""
        atexit.unregister(self.close)
        self._socket.close()
        if self._owner == os.getpid():
            self._process.wait()


def _read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: each for name, each in environment.items() if name.startswith(_READ_AT_START)}
