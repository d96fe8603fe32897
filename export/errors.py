"""What can go wrong with an export, named for what it is."""

from __future__ import annotations

import re

_RAISED = re.compile(r"\w*(Error|Exception)\w*:|Exception encountered when calling")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class ExportError(RuntimeError):
    """An export or a check of one failed; nothing was left at the destination."""


class ParityError(ExportError):
    """An artifact doesn't compute what the model computes."""


class UnsupportedModelError(ExportError, ValueError):
    """A part of the model can't survive in a format that was asked for."""


class MissingDependencyError(ExportError, ImportError):
    """A package that a format or a check needs is not installed."""


def first_line(error: BaseException, length: int = 300) -> str:
    """Return the first line of an error that says something, cut to so many characters.

    Example:
        >>> first_line(ValueError(" Expected 3, received 4. ")), first_line(KeyError())
        ('Expected 3, received 4.', 'KeyError')
    """
    text = _COLOURS.sub("", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if lines and lines[0] == "in user code:":  # TensorFlow: then places, and what was raised last
        lines = [line for line in lines if _RAISED.match(line)] or lines[1:]
    line = lines[0] if lines else type(error).__name__
    if "Exception encountered when calling" in line and len(lines) > 1:  # Keras: which layer
        line = f"{line} {lines[1]}"
    return line if len(line) <= length else f"{line[:length]} ..."
