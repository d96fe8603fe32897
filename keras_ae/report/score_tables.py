"""Scores as tables, whichever there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keras_ae.evaluation.score_names import score_name, score_values, unit_of
from keras_ae.plotting import ReportTable

TOLD_ELSEWHERE = {"kl_per_dimension", "left_out"}  # drawn as bars; told in a sentence


def score_tables(scores: Mapping[str, Any]) -> list[ReportTable]:
    """Return tables of all scores that have a value.

    Numbers are rows of the first table, also those inside of a score that has parts. A list of
    dictionaries is a table of its own.

    Args:
        scores: Mapping from a score's name to a number, a list, or a mapping of such; None where
            there is no value.
    """
    rows, tables = [], []
    told = {name: value for name, value in scores.items() if name not in TOLD_ELSEWHERE}
    for path, value in score_values(told):
        name = score_name(path)
        if _is_table(value):
            tables.append(_table(path.replace(".", " ").replace("_", " "), value))
        elif isinstance(value, bool | str | int | float):
            rows.append((name.words, number(value), name.unit_in(scores) or name.scale))
    first = [ReportTable(("score", "value", "unit"), rows)] if rows else []
    return [*first, *tables]


def left_out(scores: Mapping[str, Any]) -> str:
    """Return a sentence for each score that was asked for and could not be made."""
    reasons = scores.get("left_out") or {}
    return " ".join(f"{name.replace('_', ' ')}: {why}." for name, why in reasons.items())


def number(value: Any) -> str:
    """Return a number as a person reads it.

    Example:
        >>> number(-106.6912), number(0.0111107), number(2000), number(True)
        ('-106.69', '0.01111', '2,000', 'yes')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}" if 10 <= abs(value) < 1e9 else f"{value:.4g}"
    return str(value)


def _is_table(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) > 0
        and all(isinstance(each, Mapping) for each in value)
    )


def _table(caption: str, items: Any) -> ReportTable:
    names = list(dict.fromkeys(name for item in items for name in item))
    rows = [
        ["" if item.get(name) is None else number(item[name]) for name in names] for item in items
    ]
    return ReportTable([_with_unit(name) for name in names], rows, caption)


def _with_unit(name: str) -> str:
    """Return the head of a column: the name as it is, and a unit that it doesn't say."""
    words, unit = name.replace("_", " "), unit_of(name)
    return f"{words}, {unit}" if unit and unit not in words else words
