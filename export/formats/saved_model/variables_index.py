"""Check the table of a SavedModel's variables before TensorFlow reads it."""

from __future__ import annotations

import os
import pathlib

from keras_ae.export.errors import ExportError
from keras_ae.export.formats.saved_model.wire_format import variable_integer

# tensorflow/core/lib/io/format.h: the places of two blocks, padding, and a number that says what
# the file is; behind each block stand its kind and a check sum.
_FOOTER_BYTES, _MAGIC, _TRAILER_BYTES = 48, bytes.fromhex("57fb808b247547db"), 5


def check_variables_index(saved_model: pathlib.Path) -> None:
    """Refuse an index whose footer points out of the file.

    TensorFlow takes as much memory as the footer says before it compares the check sum of what
    it reads, and ends the whole process where that is more than there is.

    Args:
        saved_model: Path of the folder with `saved_model.pb`.

    Raises:
        ExportError: the file `variables/variables.index` is there, and isn't such a table.
    """
    path = saved_model / "variables" / "variables.index"
    if not path.exists():
        return
    if not path.is_file():
        raise ExportError("variables/variables.index is no file")
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END) - _FOOTER_BYTES
        file.seek(max(end, 0))
        footer = file.read()
    if not (len(footer) == _FOOTER_BYTES and footer.endswith(_MAGIC) and _fits(footer, end)):
        raise ExportError("variables/variables.index is damaged, or no table of variables")


def _fits(footer: bytes, end: int) -> bool:
    """Return whether the two blocks that the footer points to lie before it."""
    position = 0
    try:
        for _ in range(2):
            start, position = variable_integer(footer, position)
            size, position = variable_integer(footer, position)
            if start + size + _TRAILER_BYTES > end:
                return False
    except IndexError:
        return False
    return True
