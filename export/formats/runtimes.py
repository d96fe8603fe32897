"""Import a runtime when it is needed, or say which package has it."""

from __future__ import annotations

import importlib
from typing import Any

from keras_ae.export.errors import MissingDependencyError


def import_runtime(module: str, package: str, purpose: str) -> Any:
    """Return a runtime's module.

    Args:
        module: String, the name to import.
        package: String, the name to install.
        purpose: String, what the runtime does here: "run ONNX files".

    Raises:
        MissingDependencyError: the module can't be imported.

    Example:
        >>> import_runtime("fast_onnx", "fast-onnx", "run ONNX files")
        Traceback (most recent call last):
        keras_ae.export.errors.MissingDependencyError: `fast-onnx` is needed to run ONNX files...
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise missing(package, purpose) from error


def missing(package: str, purpose: str) -> MissingDependencyError:
    """Return the error that names the package to install."""
    return MissingDependencyError(
        f"`{package}` is needed to {purpose}. Install it with: pip install {package}"
    )


def import_class(place: str) -> Any:
    """Return the class that "module:class" names.

    Example:
        >>> import_class("pathlib:PurePath").__name__
        'PurePath'
    """
    module, name = place.split(":")
    return getattr(importlib.import_module(module), name)
