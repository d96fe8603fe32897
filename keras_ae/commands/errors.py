"""What the command line tells in one line, with an exit code of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


class BadInput(Exception):  # noqa: N818 - named for what went wrong
    """An argument or a file that can't be used; nothing was written."""


class Interrupted(Exception):  # noqa: N818 - named for what happened
    """Ctrl-C; the message tells what is saved and how to go on."""


class Ended(Exception):  # noqa: N818 - named for what happened
    """Processes that told of their end themselves; `code` is the exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@contextlib.contextmanager
def bad_input() -> Iterator[None]:
    """Turn the package's errors about arguments and data into `BadInput`."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise BadInput(str(error)) from error
