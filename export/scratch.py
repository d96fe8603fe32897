"""Temporary folders that end with their process: what a killed one left, the next one removes."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows has no such locks: what is killed there leaves its folder
    fcntl = None  # type: ignore[assignment]


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give an empty temporary folder, removed at the end.

    Beside it is a file that this process has locked. The system opens the lock when the process
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
    sweep(base)
    with _locked(base) as lock:
        folder = Path(lock.name).with_suffix("")
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            Path(lock.name).unlink(missing_ok=True)


def sweep(base: Path) -> None:
    """Remove the folders of processes that have ended."""
    if fcntl is None:
        return
    for path in base.glob("*.lock"):
        with contextlib.suppress(OSError), path.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path.with_suffix(""), ignore_errors=True)
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def _locked(base: Path) -> Iterator[IO[bytes]]:
    """Give a new file that this process holds locked."""
    while True:
        with tempfile.NamedTemporaryFile(dir=base, suffix=".lock", delete=False) as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)
                # Another process may have swept it between its making and its lock.
                if not Path(file.name).exists():
                    continue
            yield file
            return


def _user() -> str:
    with contextlib.suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return str(getattr(os, "getuid", lambda: "user")())
