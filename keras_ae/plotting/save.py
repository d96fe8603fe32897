"""Figures as files."""

from __future__ import annotations

import io
import os
from pathlib import Path

from matplotlib.figure import Figure

from keras_ae import _checks, _files

_SUFFIXES = (".png", ".pdf", ".svg")


def save(figure: Figure, path: str | os.PathLike[str]) -> Path:
    """Write a figure to a file, whole or not at all.

    It is written beside its destination and then moved there: a reader never sees half a file,
    and a full disk leaves the previous file as it was.

    Args:
        figure: `matplotlib.figure.Figure`, such as those of this package.
        path: String or path that ends in .png, .pdf or .svg, in a folder that exists. A file that
            is there already is replaced.

    Returns:
        The path.

    Raises:
        TypeError: `figure` is not a figure.
        ValueError: `path` has another suffix.
        OSError: the folder is missing or can't be written to, or the disk is full.

    Example:
        >>> import pathlib
        >>> import tempfile
        >>> from keras_ae.plotting import training_curves
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     written = save(training_curves({"loss": [2.0, 1.0]}), f"{folder}/curves.png")
        ...     written.read_bytes()[1:4]
        b'PNG'
    """
    _checks.instance("figure", figure, Figure, "a `matplotlib.figure.Figure`")
    path = _checks.path("path", path)
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise ValueError(
            f"`path` must end in {', '.join(_SUFFIXES)}. Received: path={_checks.shown(str(path))}"
        )
    content = io.BytesIO()
    figure.savefig(content, format=suffix[1:], dpi="figure")
    with _files.written_beside(path) as beside:
        beside.write_bytes(content.getvalue())
    return path
