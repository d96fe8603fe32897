"""What is looked at before a file is opened: that it is one, and what it would unpack to."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

MAX_UNPACKED_BYTES = 2**30  # of any archive
MAX_UNPACKED_RATIO = 100  # of a larger one, to its own size


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
