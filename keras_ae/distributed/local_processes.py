"""Several processes of this machine that train together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import IO, Any

from keras_ae import _backend
from keras_ae.distributed.environment import ADDRESSES, COUNT, PLACE

LOST = 75  # `watchdog.EXIT_CODE`, which can't be imported without Keras
TOLD_LINES = 20  # of what the process said that ended the others


def run_processes(command: Sequence[str], count: int) -> int:
    """Run a program that calls `start`, in several processes of this machine, to its end.

    The first one has this process' streams. What the others write is shown when one of them fails
    and has ended the rest.

    Args:
        command: Sequence of strings.
        count: Integer >= 2, processes.

    Returns:
        The exit code: 0, or that of the process that failed first of itself.

    Raises:
        ValueError: The backend isn't JAX.
    """
    if _backend.chosen() != "jax":
        raise ValueError(
            "Several processes train together on JAX. Expected KERAS_BACKEND=jax. "
            f"Received: KERAS_BACKEND={_backend.chosen()}"
        )
    common = {**os.environ, COUNT: str(count), ADDRESSES: f"localhost:{_free_port()}"}
    with ExitStack() as stack:
        logs: list[IO[bytes] | None] = [None]
        logs += [stack.enter_context(tempfile.TemporaryFile()) for _ in range(count - 1)]
        started = [
            subprocess.Popen(command, env={**common, PLACE: str(place)}, stdout=log, stderr=log)
            for place, log in enumerate(logs)
        ]
        with _passing_on(started):
            codes = [_wait(each) for each in started]
        failed = [place for place, code in enumerate(codes) if code]
        cause = next((place for place in failed if codes[place] != LOST), None)
        if cause is None:
            return LOST if failed else 0
        if codes[cause] < 0:
            sys.stderr.write(f"process {cause} of {count} was ended by signal {-codes[cause]}\n")
        elif log := logs[cause]:
            log.seek(0)
            lines = log.read().decode(errors="replace").splitlines()[-TOLD_LINES:]
            sys.stderr.writelines(f"process {cause} of {count}: {line}\n" for line in lines)
        code = codes[cause]
        return code if code > 0 else 128 - code


@contextmanager
def _passing_on(started: Sequence[Any]) -> Iterator[None]:
    """Let SIGTERM end the processes too; Ctrl-C reaches them from the terminal by itself."""

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        for each in started:
            each.terminate()

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _wait(process: Any) -> int:
    """Return its exit code; it hears of Ctrl-C itself, and ends when it has saved."""
    while True:
        try:
            code: int = process.wait()
            return code
        except KeyboardInterrupt:
            continue


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("localhost", 0))
        port: int = found.getsockname()[1]
        return port
