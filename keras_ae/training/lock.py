"""One writer at a time."""

from __future__ import annotations

import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]


class Lock:
    """A file that one process at a time holds; it is let go when the process ends, however.

    Where the system has no such locks (Windows, some network drives), nothing is held.

    Args:
        path: Path of the file, which is there only while it is held, or after a kill.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "lock")
        ...     one, other = Lock(path), Lock(path)
        ...     first = one.acquire(), other.acquire()
        ...     one.release()
        ...     first, other.acquire()
        ((True, False), True)
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._process = os.getpid()
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Hold the file; return False if another one does.

        Raises:
            OSError: The file can't be made.
        """
        while fcntl is not None and self._descriptor is None:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            except OSError:
                pass  # a file system without locks
            # The last holder may have removed the file that was just opened.
            if _same(descriptor, self.path):
                self._descriptor = descriptor
            else:
                os.close(descriptor)
        return True

    def release(self) -> None:
        """Let go of the file, and remove it."""
        if self._descriptor is None or self._process != os.getpid():
            return
        self.path.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = None

    def __del__(self) -> None:
        self.release()


def _same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
