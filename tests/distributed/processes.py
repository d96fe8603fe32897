"""Processes that a test starts, found by a mark in their environment, their own children too."""

import contextlib
import os
import pathlib
import signal
import subprocess
import time
import uuid

MARK = "KERAS_AE_TEST_MARK"
PROC = pathlib.Path("/proc")
# For what takes seconds on a quiet machine: a Ray worker that is just starting when its node dies
# gives up after a minute.
WAIT_S = 240.0


class Processes:
    """Start programs, find what they have started, and leave none of it behind."""

    def __init__(self):
        self.mark = uuid.uuid4().hex

    def start(self, command, cwd, **environment):
        """Start a program in a session of its own; its output goes to files in `cwd`."""
        hidden = ("KERAS", "PYTHON", "PYTEST", "VIRTUAL_ENV", "RAY", "SPARK")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        with (
            (cwd / "stdout").open("wb") as out,
            (cwd / "stderr").open("wb") as errors,
            _interruptible(),
        ):
            return subprocess.Popen(
                list(map(str, command)),
                cwd=cwd,
                env={**kept, MARK: self.mark, **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                start_new_session=True,
            )

    def alive(self):
        """Return the ids of all that is alive of them."""
        wanted = f"{MARK}={self.mark}".encode()
        found = []
        for folder in PROC.glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
        return found

    def writing(self, folder):
        """Return the ids of those that have a file open that is beside its place in a folder."""
        start = f"{folder}/."
        found = []
        for process in self.alive():
            with contextlib.suppress(OSError):
                links = (PROC / str(process) / "fd").iterdir()
                if any(os.readlink(link).startswith(start) for link in links):
                    found.append(process)
        return found

    def end(self, seconds=WAIT_S):
        """Wait until all of them have ended; kill what hasn't, and return how many those were."""
        with contextlib.suppress(TimeoutError):
            wait_for(lambda: not self.alive(), seconds)
        left = self.alive()
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        return len(left)


@contextlib.contextmanager
def _interruptible():
    """Let processes that start here hear Ctrl-C, though this one may have been told to ignore it.

    A shell has what it starts in the background ignore it, and children inherit that.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def wait_for(answer, seconds=WAIT_S, every=0.002):
    """Ask until there is an answer; return it, or raise a TimeoutError."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := answer():
            return found
        time.sleep(every)
    raise TimeoutError(f"no answer in {seconds} s")


def die(end):
    """End a worker before it has begun; a stand-in for what a worker begins with."""
    os._exit(1)
