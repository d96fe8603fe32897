"""The process that children are forked from: `python -m keras_ae.export._fork_server MODULE`.

It calls the module's `prepare()`. Each message of the socket that is its stdin is a job and comes
with four files: the child's stdin, stdout and stderr, and one that is told the child's number and
then its exit code. It ends when the socket is closed, or when no job came for a while.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

from keras_ae.export._worker import run_job

MAX_REQUEST_BYTES = 1 << 20
MAX_IDLE_SECONDS = 60.0  # it holds half a gigabyte
MAX_WAIT_SECONDS = 1.0  # between two looks at whether the parent lives


class _Server:
    def __init__(self) -> None:
        self._parent = os.getppid()
        self._jobs = socket.socket(fileno=0)
        # What is called when a file can be read, which a child's is at its end.
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._jobs, selectors.EVENT_READ, self._start)
        self._children = 0

    def serve(self) -> None:
        while self._selector.get_map():
            events = self._selector.select(
                MAX_WAIT_SECONDS if self._children else MAX_IDLE_SECONDS
            )
            if not events and (not self._children or os.getppid() != self._parent):
                return  # children end with this process
            for key, _ in events:
                key.data()

    def _start(self) -> None:
        message, files, _, _ = socket.recv_fds(self._jobs, MAX_REQUEST_BYTES, 4)
        if not message:  # the socket is closed
            self._selector.unregister(self._jobs)
            return
        *standard, status = files
        server = os.getpid()
        number = os.fork()
        if number == 0:
            self._selector.close()
            os._exit(_become(json.loads(message), standard, server))
        for each in standard:
            os.close(each)
        ended = os.pidfd_open(number)
        tell = functools.partial(self._tell_end, ended, number, status)
        self._selector.register(ended, selectors.EVENT_READ, tell)
        self._children += 1
        _tell(status, number)

    def _tell_end(self, ended: int, number: int, status: int) -> None:
        self._selector.unregister(ended)
        self._children -= 1
        _tell(status, os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]))
        os.close(ended)
        os.close(status)


def _tell(status: int, number: int) -> None:
    with contextlib.suppress(BrokenPipeError):  # nobody waits for it
        os.write(status, f"{number}\n".encode())


def _become(request: dict[str, Any], standard: list[int], parent: int) -> int:
    """Run a job as a new process would; return its exit code."""
    for place, each in enumerate(standard):
        os.dup2(each, place)
        os.close(each)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["cwd"])
    tempfile.tempdir = None  # read from the environment again
    return run_job(Path(request["job"]), parent)


def main() -> None:
    """Prepare and serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its children itself
    with contextlib.suppress(Exception):  # each child tries again, and tells
        importlib.import_module(sys.argv[1]).prepare()
    _Server().serve()


if __name__ == "__main__":
    main()
