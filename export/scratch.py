"""Temporary folders that end with their process: what a killed one left, the next one removes."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from keras_ae.training.lock import Lock


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give an empty temporary folder, removed at the end.

    Beside it is a file that this process holds locked. The system opens the lock when the process
    ends, however it ends; folders whose lock is open are removed by the next call.

    Example:
        >>> with scratch_folder() as folder:
        ...     folder.is_dir()
        True
        >>> folder.exists()
        False
    """
    base = Path(tempfile.gettempdir(), f"keras_ae-{_user()}")
    base.mkdir(mode=0o700, exist_ok=True)
    _sweep(base)
    folder = base / uuid.uuid4().hex
    lock = Lock(folder.with_suffix(".lock"))
    lock.acquire()
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def _sweep(base: Path) -> None:
    """Remove the folders of processes that have ended."""
    if os.name == "nt":
        return  # it has no such locks: a folder may be a living process'
    for path in base.glob("*.lock"):
        with contextlib.suppress(OSError):
            lock = Lock(path)
            if lock.acquire():
                shutil.rmtree(path.with_suffix(""), ignore_errors=True)
                lock.release()


def _user() -> str:
    with contextlib.suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return str(getattr(os, "getuid", lambda: "user")())
