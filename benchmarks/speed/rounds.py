"""Rounds in which contestants take turns, and what is made of their figures."""

from __future__ import annotations

import sys
from collections.abc import Callable
from statistics import median
from typing import Any

from team import Worker, WorkerError


def alternate(
    team: dict[str, Worker],
    rounds: int,
    turn: Callable[[Worker], dict[str, Any]],
    absent: dict[str, str],
) -> dict[str, list[dict[str, Any]]]:
    """Return each contestant's figures of `rounds` rounds.

    Everybody has one turn a round; who goes first moves on by one each round, so that nobody
    always follows the same neighbour. Who fails is noted in `absent` and left out.
    """
    figures: dict[str, list[dict[str, Any]]] = {name: [] for name in team}
    names = list(team)
    for index in range(rounds):
        first = index % max(1, len(names))
        for name in names[first:] + names[:first]:
            if name not in figures:
                continue
            try:
                figures[name].append(turn(team[name]))
            except WorkerError as error:
                note(absent, name, error)
                del figures[name]
    return figures


def note(absent: dict[str, str], name: str, error: Exception) -> None:
    """Keep why a contestant is not in a table, and say so."""
    absent[name] = str(error)
    print(f"  left out: {error}", file=sys.stderr)


def summary(figures: list[dict[str, Any]], reference: list[dict[str, Any]] | None) -> Any:
    """Return median, range and ratios to a reference's figures of the same rounds.

    `ratio` is the ratio of medians, `paired_ratio` the median of the ratios round by round: what
    slows the machine for a whole round cancels in the second.
    """
    seconds = [each["seconds"] for each in figures]
    result: dict[str, Any] = {
        "seconds": median(seconds),
        "fastest": min(seconds),
        "slowest": max(seconds),
        "each": [round(each, 5) for each in seconds],
    }
    if reference:
        base = [each["seconds"] for each in reference]
        result["ratio"] = median(seconds) / median(base)
        result["paired_ratio"] = median(a / b for a, b in zip(seconds, base, strict=True))
    return result


def others(figures: dict[str, list[dict[str, Any]]]) -> float | None:
    """Return the most CPU cores that other processes kept busy in any timed round."""
    known = [each.get("others_cores") for rows in figures.values() for each in rows]
    known = [each for each in known if each is not None]
    return max(known) if known else None
