"""The end of a process that waits for others in vain."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator

LIMIT_S = 600.0  # seconds without a batch, after which a process ends itself
EXIT_CODE = 75  # EX_TEMPFAIL of sysexits.h: run it again
_POLL_S = 0.5

_settings = {"limit_s": LIMIT_S}
_state = {"seen": 0.0}


def set_limit(limit_s: float) -> None:
    """Set how many seconds a process waits for its next batch."""
    _settings["limit_s"] = limit_s


def saw_batch() -> None:
    """Take note that there was a batch."""
    _state["seen"] = time.monotonic()


@contextlib.contextmanager
def watched(name: str) -> Iterator[None]:
    """End this process, with one line, if no batch comes for so long within the block.

    What waits for other processes, within a compiled step, can't be broken off in another way. A
    peer that is stuck or gone would be waited for without end.

    Args:
        name: String, what this process is called in the line.
    """
    limit, done = _settings["limit_s"], threading.Event()
    saw_batch()

    def watch() -> None:
        while not done.wait(min(_POLL_S, limit)):
            if time.monotonic() - _state["seen"] > limit:
                sys.stderr.write(
                    f"keras_ae: {name} waited {limit:g} s for its next batch, and ends: another "
                    "process is stuck or gone. Start all of them again; a run goes on from its "
                    "last checkpoint.\n"
                )
                sys.stderr.flush()
                os._exit(EXIT_CODE)

    thread = threading.Thread(target=watch, name="keras_ae watchdog", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
