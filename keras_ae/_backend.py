"""The backends that the package supports, checked when Keras is imported."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from keras_ae import _extras

SUPPORTED = ("tensorflow", "jax")


def check() -> None:
    """Raise an ImportError if Keras runs, or will run, on a backend that isn't supported.

    Before Keras is loaded its settings tell which, and it and the backend must be installed; the
    check is made again after.
    """
    config = getattr(sys.modules.get("keras"), "config", None)
    backend = chosen() if config is None else config.backend()
    if backend not in SUPPORTED:
        raise ImportError(
            f"KERAS_BACKEND must be {' or '.join(SUPPORTED)} for keras_ae. "
            f"Received: KERAS_BACKEND={backend}"
        )
    if config is None:
        _extras.require("keras")
        _require(backend)


def _require(backend: str) -> None:
    """Raise if a backend isn't installed, and say how to get it or the other one."""
    if _extras.installed(backend):
        return
    (other,) = set(SUPPORTED) - {backend}
    install, instead = (f"pip install 'keras-ae[{name}]'" for name in (backend, other))
    remedy = f"Install it with: {install}; or {other} with: {instead}, and set"
    if _extras.installed(other):
        remedy = f"Install it with: {install}; or, as {other} is installed, set"
    raise ImportError(
        f"Keras is set to run on {backend}, which isn't installed. {remedy} KERAS_BACKEND={other}",
        name=backend,
    )


def chosen() -> str:
    """Return the backend that Keras takes: of the environment, its file, or its default."""
    if chosen := os.environ.get("KERAS_BACKEND"):
        return chosen
    home = os.environ.get("KERAS_HOME", "~/.keras")
    try:
        settings = json.loads(Path(os.path.expanduser(home), "keras.json").read_text("utf-8"))
        return str(settings.get("backend", SUPPORTED[0]))
    except (OSError, ValueError, AttributeError):  # no such file, or not what Keras writes
        return SUPPORTED[0]
