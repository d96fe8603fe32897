"""What came of one attack: accepted, refused in one clear line, or ended somewhere deep."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from keras_ae.datasets import DataError
from keras_ae.export import ExportError

ROOT = Path(__file__).resolve().parents[2]
OURS = tuple(str(ROOT / folder) + os.sep for folder in ("keras_ae", "export"))
CLEAR = (ValueError, TypeError, DataError, ExportError)
ACCEPTED, REFUSED, DEEP = "accepted", "refused", "deep"
SHOWN = 500  # attacks between two lines of progress


@dataclasses.dataclass(frozen=True)
class Result:
    """What came of a case: the area and the call in words, "accepted", "refused" or "deep"."""

    area: str
    case: str
    outcome: str
    text: str


class Accepted(Exception):  # noqa: N818 - named for what happened
    """Raised by what stands for work that isn't an argument's affair any more."""


def outcome(call: Callable[[], Any], names: Iterable[str] = ()) -> tuple[str, str]:
    """Call, and return what came of it with the error's text.

    An error is clear if it is of a kind that the package documents, is one line, was raised by
    the package's own code, and names one of the arguments.

    Args:
        call: The attack.
        names: Names of the arguments; none if the error may name a file instead.
    """
    try:
        with quiet():
            call()
    except Accepted:
        return ACCEPTED, ""
    except Exception as error:  # noqa: BLE001 - that is the question
        text = str(error)
        names = tuple(names)
        # The system's own error about a file, which the package documents.
        of_file = isinstance(error, OSError) and error.filename is not None
        clear = of_file or (
            isinstance(error, CLEAR)
            and _raised_by_us(error)
            and (isinstance(error, ExportError) or "\n" not in text.strip())
            and (
                not names
                or ": expected " in text
                or any(re.search(rf"`[^`]*\b{name}\b", text) for name in names)
            )
        )
        return (REFUSED if clear else DEEP), f"{type(error).__name__}: {' '.join(text.split())}"
    return ACCEPTED, ""


def _raised_by_us(error: BaseException) -> bool:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_filename.startswith(OURS)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Hold back what the package prints, and its warnings."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield
