"""The progress of long work: a bar and what is done, on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from keras_ae import _checks, _extras


def check_verbose(verbose: Any) -> None:
    """Raise a TypeError if `verbose` is neither a truth value nor a function."""
    if not callable(verbose):
        expected = "True, False or a function that gets each line"
        _checks.instance("verbose", verbose, (bool, int, np.bool_), expected)


class Progress:
    """Count the steps of an export, or of other long work.

    Args:
        verbose: True for a bar on a terminal and lines elsewhere, False for silence, or a
            function that gets each line.
        title: String, what stands before the bar until the first step is done.
    """

    def __init__(self, verbose: bool | Callable[[str], None], title: str = "export") -> None:
        self._verbose = verbose
        self._title = title
        self._bar: Any = None
        self._task: Any = None
        self._total = 0
        self._done = 0

    def __enter__(self) -> Self:
        if self._verbose is True and not _extras.installed("rich"):
            self._verbose = _write
        if self._verbose is True:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
            from rich.progress import Progress as Bar

            console = Console(stderr=True, highlight=False)
            if console.is_terminal:
                columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
                self._bar = Bar(*columns, console=console, transient=True)
                self._task = self._bar.add_task(self._title, total=None)
                self._bar.start()
            else:
                self._verbose = lambda line: console.print(line, markup=False)
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def expect(self, steps: int) -> None:
        """Say how many steps there will be; 0 where nobody knows."""
        self._total = steps

    def step(self, line: str) -> None:
        """Tell that one more step is done."""
        self._done += 1
        if self._bar is not None:
            total = self._total or None
            self._bar.update(self._task, completed=self._done, total=total, description=line)
        elif callable(self._verbose):
            of = f"/{self._total}" if self._total else ""
            self._verbose(f"[{self._done}{of}] {line}")


def _write(line: str) -> None:
    sys.stderr.write(f"{line}\n")
