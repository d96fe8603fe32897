"""What the readers of files have in common."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

from keras_ae import _checks
from keras_ae._files import why_not
from keras_ae.datasets.errors import DataError


@contextlib.contextmanager
def reading(source: str | Path, expected: str) -> Iterator[None]:
    """Turn whatever a decoder raises at a damaged file into a `DataError` that names the file.

    Decoders document no complete list of what they raise (zipfile, zlib and Pillow raise eight
    types between them), so every `Exception` counts; keep the block to the decoder's own call.
    """
    try:
        yield
    except DataError:
        raise
    except Exception as error:
        raise DataError(source, expected, error) from error


def existing_file(path: str | Path, expected: str) -> Path:
    """Return `path` as a `Path` if it is a file that isn't empty."""
    path = _checks.path("path", path)
    received = why_not(path)
    if received:
        raise DataError(path, expected, received)
    if path.stat().st_size == 0:
        raise DataError(path, expected, "an empty file")
    return path


def sha256(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
