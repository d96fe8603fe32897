"""Put a file or directory in the place of another."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from pathlib import Path

_HERE = -100  # AT_FDCWD: paths are relative to the working directory
_EXCHANGE = 2  # RENAME_EXCHANGE
_UNKNOWN = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM)


def replace_path(new: Path, path: Path, aside: Path | None = None) -> None:
    """Move a file or directory to a path that may be taken; what was there is removed.

    Linux swaps the two in one step. Elsewhere the old one is put aside first, and the path is
    free for as long as a renaming takes.

    Args:
        new: Path of what is complete, on the same disk.
        path: The destination.
        aside: Where the old one is kept meanwhile; None for a name beside it.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     new, path = Path(folder, "new"), Path(folder, "path")
        ...     new.mkdir()
        ...     _ = path.write_text("old")
        ...     replace_path(new, path)
        ...     path.is_dir(), [each.name for each in Path(folder).iterdir()]
        (True, ['path'])
    """
    directory = path.is_dir() and not path.is_symlink()
    if not os.path.lexists(path) or not (directory or new.is_dir()):
        new.replace(path)
        return
    if _exchanged(new, path):
        remove(new)
        return
    held = path.with_name(f"{path.name}.replaced") if aside is None else aside
    path.replace(held)
    try:
        new.replace(path)
    except OSError:
        held.replace(path)
        raise
    remove(held)


def remove(path: Path) -> None:
    """Remove a file, a link or a directory; nothing if there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _exchanged(one: Path, other: Path) -> bool:
    """Swap two paths in one step; return False where the system can't.

    Raises:
        OSError: One is missing, or they can't be renamed.
    """
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNKNOWN:
        return False
    raise OSError(code, os.strerror(code), str(one))
