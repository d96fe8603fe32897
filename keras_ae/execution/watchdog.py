"""The end of a process that waits for others in vain."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator

LIMIT_S = 600.0  # seconds without a batch, after which a process ends itself
EXIT_CODE = 75  # EX_TEMPFAIL of sysexits.h: run it again
_POLL_S = 0.5


class _Watch:
    """How long to wait, when there was a batch, and what broke training off."""

    limit_s = LIMIT_S
    seen = 0.0
    error: BaseException | None = None
    code = 0  # of the exit, where nobody catches that error


def set_limit(limit_s: float) -> None:
    """Set how many seconds a process waits for its next batch."""
    _Watch.limit_s = limit_s


def saw_batch() -> None:
    """Take note that there was a batch."""
    _Watch.seen = time.monotonic()


def end_without_others() -> None:
    """Let Python's exit, after an error in training, not wait for the other processes.

    They wait for this one: only its end tells them. To be called after JAX has made its own
    arrangements for the exit, so that this comes first.
    """

    @atexit.register
    def end() -> None:
        if _Watch.error is not None and getattr(sys, "last_value", None) is _Watch.error:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(_Watch.code)


@contextlib.contextmanager
def watched(name: str, lost: type[Exception]) -> Iterator[None]:
    """End this process, with one line, if no batch comes for so long within the block.

    What waits for other processes, within a compiled step, can't be broken off in another way. A
    peer that is stuck or gone would be waited for without end.

    Args:
        name: String, what this process is called in the line.
        lost: What is raised where another process is gone.

    Raises:
        RuntimeError: Another process is gone.
    """
    limit, done = _Watch.limit_s, threading.Event()
    saw_batch()

    def watch() -> None:
        while not done.wait(min(_POLL_S, limit)):
            if time.monotonic() - _Watch.seen > limit:
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
    except lost as error:
        first = str(error).strip().partition("\n")[0]
        _Watch.code = EXIT_CODE
        _Watch.error = RuntimeError(
            f"{name} lost another process, which has ended or can't be reached. Start all of them "
            f"again; a run goes on from its last checkpoint. Received: {first}"
        )
        raise _Watch.error from error
    except BaseException as error:
        _Watch.code, _Watch.error = 1, error
        raise
    finally:
        done.set()
        thread.join()
