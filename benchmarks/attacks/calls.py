"""A call that is right in every argument, of which one is then made wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any


@dataclasses.dataclass(frozen=True)
class Call:
    """A public function or method with right arguments.

    Args:
        area: String, the package, as the tables show it.
        name: String, what is called.
        function: What is called.
        arguments: Function that returns a dict of right arguments, made anew for each call.
        skip: Names of the values that are no mistake here, with what they'd cost.
        unnamed: Whether the error may name something else than an argument, such as a file.
    """

    area: str
    name: str
    function: Callable[..., Any]
    arguments: Callable[[], dict[str, Any]]
    skip: tuple[str, ...] = ()
    unnamed: bool = False
