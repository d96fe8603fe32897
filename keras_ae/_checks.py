"""The wording of argument errors: what it is, what was expected, what was received.

A check returns what the caller keeps: Python's own number for NumPy's, which Keras refuses in many
places and JSON in all.
"""

from __future__ import annotations

import itertools
import math
import os
import reprlib
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from numbers import Integral, Real
from pathlib import Path
from types import UnionType
from typing import Any

import numpy as np

MAX_COUNT = 2**63 - 1  # what arrays and files can count to
MAX_SEED = 2**31 - 1
MAX_SHOWN_CHARACTERS = 200  # of a value, in an error


class _Short(reprlib.Repr):
    """`repr` of a few items and levels: aliases in a YAML file nest 430 bytes to gigabytes."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 4
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdict = 8
        self.maxstring = self.maxother = self.maxlong = MAX_SHOWN_CHARACTERS

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        if level <= 0 and x:
            return "{...}"
        items = [
            f"{self.repr1(key, level - 1)}: {self.repr1(value, level - 1)}"
            for key, value in itertools.islice(x.items(), self.maxdict)
        ]
        return f"{{{', '.join(items + ['...'] * (len(x) > self.maxdict))}}}"


def shown(value: Any) -> str:
    """Return `repr(value)` for an error: one line, cut where it is long.

    Example:
        >>> shown({"units": [64] * 1000})
        "{'units': [64, 64, 64, 64, 64, 64, 64, 64, ...]}"
    """
    text = _Short().repr(value)
    if "\n" in text:
        text = " ".join(text.split())
    return text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[: MAX_SHOWN_CHARACTERS - 3]}..."


def number(
    name: str,
    value: Any,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> float:
    """Return `value` as an int or a float if it is finite and in bounds (`above`, `below` not).

    Raises:
        TypeError: `value` is not a number.
        ValueError: `value` is not finite, or out of bounds.
    """
    expected = "a number" + _bounds(minimum, maximum, above, below)
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"`{name}` must be {expected}. Received: {name}={shown(value)}")
    try:
        size = float(value)
    except OverflowError:
        size = math.inf
    outside = (
        not math.isfinite(size)
        or (minimum is not None and size < minimum)
        or (maximum is not None and size > maximum)
        or (above is not None and size <= above)
        or (below is not None and size >= below)
    )
    if outside:
        raise ValueError(f"`{name}` must be {expected}. Received: {name}={shown(value)}")
    return int(value) if isinstance(value, Integral) else size


def integer(
    name: str, value: Any, *, minimum: int | None = None, maximum: int | None = None
) -> int:
    """Return `value` as an int if it is a whole number in bounds.

    Raises:
        TypeError: `value` is not a whole number.
        ValueError: `value` is out of bounds.
    """
    expected = "an integer" + _bounds(minimum, maximum, None, None)
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"`{name}` must be {expected}. Received: {name}={shown(value)}")
    whole = int(value)
    if (minimum is not None and whole < minimum) or (maximum is not None and whole > maximum):
        raise ValueError(f"`{name}` must be {expected}. Received: {name}={shown(value)}")
    if abs(whole) > MAX_COUNT:
        raise ValueError(f"`{name}` must be less than 2**63. Received: {name}={shown(value)}")
    return whole


def seed(name: str, value: Any) -> int | None:
    """Return `value` if it is None or an integer from 0 to 2**31 - 1, as every backend takes."""
    if value is None:
        return None
    whole = integer(name, value, minimum=0)
    if whole > MAX_SEED:
        raise ValueError(
            f"`{name}` must be an integer >= 0 and <= {MAX_SEED}. Received: {name}={shown(value)}"
        )
    return whole


def noise_seed(value: Any) -> Any:
    """Return `value` as what `keras.random` draws from: an int, a `SeedGenerator`, or None."""
    return seed("seed", value) if isinstance(value, Integral) else value


def shape(
    name: str, value: Any, *, ranks: Sequence[int] | None = None, any_size: bool = False
) -> tuple[Any, ...]:
    """Return `value` as a tuple if it is the shape of an example: positive integers.

    With `any_size` it may also be (None, None, channels), that of images of any size.

    Raises:
        TypeError: `value` is not a sequence of integers.
        ValueError: a size is not positive, or the number of axes is not one of `ranks`.
    """
    expected = "a tuple of positive integers, without the batch axis"
    if ranks is not None:
        expected += f", of length {' or '.join(map(str, ranks))}"
    received = f"Received: {name}={shown(value)}"
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise TypeError(f"`{name}` must be {expected}. {received}")
    if any_size and len(value) == 3 and value[0] is None and value[1] is None:
        return None, None, *shape(name, value[2:])
    if any(isinstance(size, bool) or not isinstance(size, Integral) for size in value):
        raise TypeError(f"`{name}` must be {expected}. {received}")
    if (
        not value
        or any(not 0 < size <= MAX_COUNT for size in value)
        or (ranks is not None and len(value) not in ranks)
    ):
        raise ValueError(f"`{name}` must be {expected}. {received}")
    return tuple(int(size) for size in value)


def integers(name: str, value: Any, *, empty: bool = False) -> tuple[int, ...]:
    """Return `value` as a tuple if it is a sequence of positive integers, such as filters."""
    if empty and isinstance(value, Sequence) and not isinstance(value, str) and not value:
        return ()
    expected = f"a {'possibly empty' if empty else 'non-empty'} sequence of positive integers"
    received = f"Received: {name}={shown(value)}"
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise TypeError(f"`{name}` must be {expected}. {received}")
    if any(isinstance(item, bool) or not isinstance(item, Integral) for item in value):
        raise TypeError(f"`{name}` must be {expected}. {received}")
    if not value or any(not 0 < item <= MAX_COUNT for item in value):
        raise ValueError(f"`{name}` must be {expected}. {received}")
    return tuple(int(item) for item in value)


def instance(
    name: str, value: Any, kind: type | tuple[type, ...] | UnionType, expected: str
) -> Any:
    """Return `value` if it is an instance of `kind`; `expected` says in words what that is."""
    if not isinstance(value, kind):
        raise TypeError(f"`{name}` must be {expected}. Received: {name}={shown(value)}")
    return value


def boolean(name: str, value: Any) -> bool:
    """Return `value` if it is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"`{name}` must be True or False. Received: {name}={shown(value)}")
    return bool(value)


def text(name: str, value: Any) -> str:
    """Return `value` if it is a string."""
    return str(instance(name, value, str, "a string"))


def is_word(value: Any, word: str) -> bool:
    """Return whether a value is that string; comparing an array would give an array."""
    return isinstance(value, str) and value == word


def choice(name: str, value: Any, known: Iterable[str], where: str = "") -> str:
    """Return `value` if it is one of the known strings; `where` says in words whose they are."""
    known = list(known)
    if not isinstance(value, str) or value not in known:
        raise ValueError(
            f"`{name}` must be one of {', '.join(known)}{where}. Received: {name}={shown(value)}"
        )
    return value


def numbers(name: str, value: Any, *, above: float | None = None) -> list[float]:
    """Return a non-empty sequence of numbers as floats.

    Raises:
        TypeError: `value` is no such sequence.
        ValueError: A number is not finite, or not above the bound.
    """
    if isinstance(value, str) or not isinstance(value, Sequence) or not len(value):
        raise TypeError(
            f"`{name}` must be a non-empty sequence of numbers. Received: {name}={shown(value)}"
        )
    return [float(number(name, each, above=above)) for each in value]


def items(name: str, value: Any, expected: str) -> list[Any]:
    """Return what a list, a tuple, a set, an array or an iterator holds; text isn't taken apart.

    Raises:
        TypeError: It is none of those; `expected` says in words what it must be.
    """
    array = isinstance(value, np.ndarray) and value.ndim > 0
    sequence = isinstance(value, (Sequence, Set, Iterator)) and not isinstance(value, (str, bytes))
    if not (array or sequence):
        raise TypeError(f"`{name}` must be {expected}. Received: {name}={shown(value)}")
    return list(value)


def selection(name: str, value: Any, known: Iterable[str], expected: str) -> list[str]:
    """Return names that are all known, at least one; a string is one name."""
    known = list(known)
    values = [value] if isinstance(value, str) else items(name, value, expected)
    unknown = [each for each in values if not (isinstance(each, str) and each in known)]
    if unknown or not values:
        raise ValueError(f"`{name}` must be {expected}. Received: {name}={shown(tuple(values))}")
    return values


def path(name: str, value: Any) -> Path:
    """Return `value` as a path if it is a string or a path."""
    if not isinstance(value, (str, os.PathLike)) or isinstance(os.fspath(value), bytes):
        raise TypeError(f"`{name}` must be a string or a path. Received: {name}={shown(value)}")
    if "\0" in os.fspath(value):
        raise ValueError(f"`{name}` must be a path. Received: {name}={shown(value)}")
    return Path(value)


def called(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a user's function makes of arrays; what it raises becomes one line."""
    try:
        return function(*arguments)
    except Exception as error:
        raise ValueError(
            f"`{name}` must be a function that takes {len(arguments)} array(s). "
            f"Received: {type(error).__name__}: {shown(str(error))}"
        ) from error


def _bounds(
    minimum: float | None, maximum: float | None, above: float | None, below: float | None
) -> str:
    parts = [
        f"{sign} {bound}"
        for sign, bound in ((">=", minimum), (">", above), ("<=", maximum), ("<", below))
        if bound is not None
    ]
    return f" {' and '.join(parts)}" if parts else ""
