"""One wrong argument at a time, all others right."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.attacks.calls import Call
from benchmarks.attacks.export_calls import export_calls
from benchmarks.attacks.function_calls import function_calls
from benchmarks.attacks.model_calls import maker_calls, model_calls
from benchmarks.attacks.outcome import Result, outcome
from benchmarks.attacks.run_calls import run_calls
from benchmarks.attacks.values import VALUES, wrong_values

AREAS: dict[str, Callable[[], list[Call]]] = {  # what one process attacks
    "methods": model_calls,
    "makers": maker_calls,
    "functions": function_calls,
    "runs": run_calls,
    "export": export_calls,
}


@dataclasses.dataclass(frozen=True)
class Case:
    """One wrong argument.

    Args:
        part: String, a key of `AREAS`.
        place: Integer, which of its calls.
        argument: String, which argument is wrong.
        value: String, which of `VALUES` it is given.
    """

    part: str
    place: int
    argument: str
    value: str


@functools.cache
def calls(part: str) -> list[Call]:
    """Return the right calls of a part, made once in a process."""
    return AREAS[part]()


def cases(part: str) -> list[Case]:
    """Return every case of a part."""
    return [
        Case(part, place, argument, value)
        for place, call in enumerate(calls(part))
        for argument in call.arguments()
        for value in wrong_values(argument)
        if value not in call.skip
    ]


def attack(case: Case) -> Result:
    """Make one call with one wrong argument."""
    call = calls(case.part)[case.place]
    arguments = {**call.arguments(), case.argument: VALUES[case.value]()}
    names = () if call.unnamed else (*arguments, "options", "data")
    what, text = outcome(functools.partial(call.function, **arguments), names)
    return Result(call.area, f"{call.name}({case.argument}={case.value})", what, text)


def table(results: Sequence[Result]) -> str:
    """Return a line an area: how many were tried, accepted, refused, and how many ended deep."""
    lines = ["area                      tried  accepted  refused   deep   share"]
    ordered = sorted(results, key=lambda each: each.area)
    for area, group in itertools.groupby(ordered, key=lambda each: each.area):
        found = [each.outcome for each in group]
        counts = [found.count(kind) for kind in ("accepted", "refused", "deep")]
        numbers: Any = (len(found), *counts, 100 * counts[2] / len(found))
        lines.append("{:<25}{:>6}{:>10}{:>9}{:>7}{:>7.2f} %".format(area, *numbers))
    return "\n".join(lines)
