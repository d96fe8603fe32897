"""The error of data that can't be read or used."""

from __future__ import annotations

from typing import Any


class DataError(ValueError):
    """Data that can't be read or used: one line names the file, what it should be, what it is.

    Args:
        source: The file, folder or named dataset, as the user wrote it.
        expected: String, what should have been there.
        received: What was there; an exception gives its own message.

    Example:
        >>> print(DataError("digits.csv", "a number in every cell", "'two' in column 'a', row 7"))
        digits.csv: expected a number in every cell. Received: 'two' in column 'a', row 7
    """

    def __init__(self, source: Any, expected: str, received: Any) -> None:
        super().__init__(source, expected, received)
        self.source = str(source)
        self.expected = expected
        self.received = _words(received)

    def __str__(self) -> str:
        line = f"{self.source}: expected {self.expected}. Received: {self.received}"
        return " ".join(line.split())


def _words(received: Any) -> str:
    if isinstance(received, OSError) and received.strerror:
        return received.strerror
    if isinstance(received, BaseException):
        return (
            f"{type(received).__name__}: {received}" if str(received) else type(received).__name__
        )
    return str(received)
