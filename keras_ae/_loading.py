"""Load what Keras has saved; what can't be loaded is told in one line, not on Keras' pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from keras_ae import _files

MAX_MESSAGE_CHARACTERS = 200  # of Keras' own words

# What Keras' page says somewhere, and what is wrong then.
_CAUSES = (
    (
        re.compile(r"deserialization of a `Lambda` layer|Lambda.*(?:unsafe|safe_mode)", re.DOTALL),
        "a Lambda layer or a function without a name, whose code Keras doesn't load from a file: "
        "write it as a layer class with keras.saving.register_keras_serializable()",
    ),
    (
        re.compile(r"Could not locate (?:class|function) '([^']+)'"),
        "the class or function {0!r}, which isn't known here: import the module that registers it "
        "by keras.saving.register_keras_serializable() first",
    ),
    (
        re.compile(r"Unknown (\w+): '([^']+)'"),
        "the unknown {0} {1!r}: import the module that registers it first",
    ),
)


def load_model(path: str | Path, expected: str) -> Any:
    """Return the Keras model in a file.

    Args:
        path: String or path.
        expected: String, what the error says that the file should be.

    Raises:
        ValueError: The file is missing, damaged, or has parts that Keras can't make.
    """
    import keras

    _files.check_file(Path(path), expected)
    _files.check_archive(Path(path), expected)
    try:
        return keras.models.load_model(path)
    except Exception as error:  # Keras documents no list of what it raises at a damaged file
        raise ValueError(f"{path}: expected {expected}. Received: {words(error)}") from error


def words(error: BaseException) -> str:
    """Return what is wrong in one line, from an error in whose text or causes it stands.

    Example:
        >>> words(TypeError("Could not locate class 'Mine'. Make sure custom classes ..."))
        "the class or function 'Mine', which isn't known here: import the module that registers it
        by keras.saving.register_keras_serializable() first"
    """
    text, cause = "", error
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        text += f"{cause}\n"
        cause = cause.__cause__ or cause.__context__  # type: ignore[assignment]
    for pattern, said in _CAUSES:
        found = pattern.search(text)
        if found:
            return said.format(*found.groups())
    return f"{type(error).__name__}: {' '.join(str(error).split())[:MAX_MESSAGE_CHARACTERS]}"
