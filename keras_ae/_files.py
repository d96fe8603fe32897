"""Files: looked at before they are opened, written beside their place and moved into it."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import stat
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

MAX_UNPACKED_BYTES = 2**30  # of any archive
MAX_UNPACKED_RATIO = 100  # of a larger one, to its own size
_HERE = -100  # AT_FDCWD: paths are relative to the working directory
_EXCHANGE = 2  # RENAME_EXCHANGE
_UNKNOWN = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM)


def why_not(path: Path) -> str:
    """Return what is there instead of a file, in words; nothing where a file is.

    Opening a pipe would wait for whoever writes to it, for ever.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "no file of this name"
    except OSError as error:  # a name that is too long, a link to itself
        return error.strerror or type(error).__name__
    if stat.S_ISREG(mode):
        return ""
    return "a folder" if stat.S_ISDIR(mode) else "a pipe or a device"


def check_file(path: Path, expected: str) -> None:
    """Raise a ValueError if there is no file at a path."""
    received = why_not(path)
    if received:
        raise ValueError(f"{path}: expected {expected}. Received: {received}")


def check_archive(path: Path, expected: str) -> None:
    """Raise a ValueError if a zip file would unpack to far more than it is; before it does.

    What isn't a zip file passes, and so does a damaged one: its reader tells more.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except Exception:  # noqa: BLE001 - zipfile documents no list of what it raises
        return
    if unpacked > max(MAX_UNPACKED_BYTES, MAX_UNPACKED_RATIO * path.stat().st_size):
        raise ValueError(
            f"{path}: expected {expected}, of at most {MAX_UNPACKED_BYTES // 2**30} GB or "
            f"{MAX_UNPACKED_RATIO} times the file's size when unpacked. Received: {unpacked:,} "
            f"bytes in {path.stat().st_size:,}"
        )


@contextlib.contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """Give a path to write a file at, which then takes the place of `path`, whole or not at all.

    The file is on disk before it is moved: its name must not outlive a power cut without its
    content. After an error nothing is left of it, and what was at `path` is as it was.

    Args:
        path: The destination. The name that is given ends alike, as writers look at suffixes.
    """
    beside = path.with_name(f".{uuid.uuid4().hex}.{path.name}")
    try:
        yield beside
        flush(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Wait until a file is on disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


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
