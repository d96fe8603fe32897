"""Make the package's classes known to `keras.models.load_model` without importing Keras early.

Keras finds a saved class in a registry that the class's module fills when it is imported. `import
keras_ae` must fill it whichever of Keras and this package is imported first, and must not itself
wait for TensorFlow.

A package that the models need (probability, layers) imports Keras before any part of its own: the
models are then imported while nothing of it is half done.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from keras_ae import _backend


def register_after_keras() -> None:
    """Import the models now if Keras is loaded, else as soon as it is."""
    if "keras" in sys.modules:
        _backend.check()
        importlib.import_module("keras_ae.models")
    else:
        sys.meta_path.insert(0, _KerasFinder())


class _KerasFinder(importlib.abc.MetaPathFinder):
    """Finds Keras as the other finders would, with a loader that imports the models after it."""

    _asking = False

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """Return Keras' own spec with the loader wrapped; None for every other module."""
        del path, target
        if fullname != "keras" or self._asking:
            return None
        self._asking = True
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._asking = False
        if spec is not None and spec.loader is not None:
            spec.loader = _ThenModels(spec.loader, self)
        return spec


class _ThenModels(importlib.abc.Loader):
    """Runs another loader, then imports the models."""

    def __init__(self, loader: Any, finder: _KerasFinder) -> None:
        self._loader = loader
        self._finder = finder

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Leave it to the loader."""
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Run the loader, then import the models, whose classes register themselves."""
        _backend.check()
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        _backend.check()
        importlib.import_module("keras_ae.models")
