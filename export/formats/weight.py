"""A stored tensor of a file, as far as its size and its bits go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple


class Weight(NamedTuple):
    """A stored tensor of more than one axis; one that is used twice counts once.

    Args:
        key: What tells it from the others of its file.
        size: Integer, how many numbers it holds.
        bits: Integer, of each number.
    """

    key: Any
    size: int
    bits: int


def is_matrix(sizes: Iterable[int]) -> bool:
    """Whether more than one axis has more than one place: a bias or a mean hasn't.

    Example:
        >>> is_matrix((3, 4)), is_matrix((1, 4))
        (True, False)
    """
    return sum(size > 1 for size in sizes) > 1
