"""What is looked at before a file is opened: that it is one, and what it would unpack to."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

LARGEST = 2**30  # bytes that any archive may unpack to
RATIO = 100  # what a larger one may unpack to, in times its own size


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
    if unpacked > max(LARGEST, RATIO * path.stat().st_size):
        raise ValueError(
            f"{path}: expected {expected}, of at most {LARGEST // 2**30} GB or {RATIO} times the "
            f"file's size when unpacked. Received: {unpacked:,} bytes in "
            f"{path.stat().st_size:,}"
        )
