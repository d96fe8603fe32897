"""The end of a process that waits for others in vain."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator

LIMIT_S = 600.0  # seconds without a batch, after which a process ends itself
EXIT_CODE = 75  # EX_TEMPFAIL of sysexits.h: run it again
_POLL_S = 0.5


class _Watch:
    """How long to wait, when there was a batch, who else trains, and what told of their end."""

    limit_s = LIMIT_S
    seen = 0.0
    others = False
    lost: BaseException | None = None


def set_limit(limit_s: float) -> None:
    """Set how many seconds a process waits for its next batch."""
    _Watch.limit_s = limit_s


def saw_batch() -> None:
    """Take note that there was a batch."""
    _Watch.seen = time.monotonic()


def end_without_others() -> None:
    """Let Python's exit, after an error that nobody caught, not wait for the other processes.

    They wait for this one: only its end tells them. To be called after JAX has made its own
    arrangements for the exit, so that this comes first.
    """
    _Watch.others = True

    @atexit.register
    def end() -> None:
        error = getattr(sys, "last_value", None)
        if error is not None and not hasattr(sys, "ps1"):  # a session's errors are read, not lost
            end_at_once(EXIT_CODE if error is _Watch.lost else 1)


def end_at_once(code: int) -> None:
    """End this process, if others train with it, without waiting for them as Python's exit does.

    Args:
        code: Integer, the exit code; with 0 nothing is done.
    """
    if _Watch.others and code:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def lost_another() -> bool:
    """Whether this process has found another one gone."""
    return _Watch.lost is not None


@contextlib.contextmanager
def watched(name: str, tells_of_loss: Callable[[BaseException], bool]) -> Iterator[None]:
    """End this process, with one line, if no batch comes for so long within the block.

    What waits for other processes, within a compiled step, can't be broken off in another way. A
    peer that is stuck or gone would be waited for without end.

    Args:
        name: String, what this process is called in the line.
        tells_of_loss: Function from an error to whether another process is gone.

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
    except Exception as error:
        if not tells_of_loss(error):
            raise
        first = str(error).strip().partition("\n")[0]
        _Watch.lost = RuntimeError(
            f"{name} lost another process, which has ended or can't be reached. Start all of them "
            f"again; a run goes on from its last checkpoint. Received: {first}"
        )
        raise _Watch.lost from error
    finally:
        done.set()
        thread.join()
