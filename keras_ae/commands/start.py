"""Import Keras quietly, and send the package's warnings to the terminal."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator

from rich.console import Console

from keras_ae import _backend, _extras
from keras_ae.commands.errors import BadInput

# What TensorFlow's C++ libraries write while they are loaded, at any log level.
_START_UP = re.compile(r"WARNING: All log messages before absl|[IW]\d{4} \d\d:\d\d:")

# What Keras and TensorFlow import where they find it, in a quarter of their time; no command needs
# what they do with it.
_UNUSED = {"jax", "sklearn"}

console = Console(stderr=True, highlight=False, soft_wrap=True)


def start(*further: str) -> None:
    """Check the backend and import Keras with it.

    Args:
        *further: Strings, modules that the command will import, where they are installed.

    Raises:
        BadInput: Keras or its backend isn't installed, or the backend isn't supported.
    """
    try:
        _backend.check()
    except ImportError as error:
        raise BadInput(str(error)) from error
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    wanted = ["keras_ae.models", *filter(_extras.installed, further)]
    if not sys.modules.keys() >= {"keras", *wanted}:
        with _without_start_up_log():
            with _extras.absent(*_UNUSED - {_backend.chosen()}):
                importlib.import_module("keras")
            for name in wanted:
                importlib.import_module(name)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    logger = logging.getLogger("keras_ae")
    if not any(isinstance(handler, _Handler) for handler in logger.handlers):
        logger.addHandler(_Handler())
        logger.propagate = False


class _Handler(logging.Handler):
    """Write a record as one line to stderr, above a progress bar that is there."""

    def emit(self, record: logging.LogRecord) -> None:
        console.print(f"{record.levelname.lower()}: {record.getMessage()}", markup=False)


@contextlib.contextmanager
def _without_start_up_log() -> Iterator[None]:
    """Hold back what is written to stderr meanwhile, and write it afterwards but for that log."""
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            lines = held.read().decode(errors="replace").splitlines(keepends=True)
            sys.stderr.write("".join(line for line in lines if not _START_UP.match(line)))
