"""The table of bfloat16 on docs/performance.md; benchmarks.evidence_table writes it there."""

from __future__ import annotations

import statistics
from typing import Any


def precision(rows: list[dict[str, Any]]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return head and lines: what training in bfloat16 takes beside float32, and its bound.

    Args:
        rows: List of dicts, the rows that benchmarks/precision.py wrote.
    """
    lines = []
    for row in rows:
        (base,) = (
            each["test_bound_nats"]
            for each in rows
            if (each["backend"], each["precision"]) == (row["backend"], "float32")
        )
        more = [a - b for a, b in zip(row["test_bound_nats"], base, strict=True)]
        lines.append(
            (
                f"{row['backend']}, {row['precision']}",
                f"{row['examples']:,}",
                f"{row['epochs']}",
                f"{row['seconds_an_epoch']:.2f}",
                f"{row['times_as_fast']:.2f}",
                f"{statistics.fmean(row['test_bound_nats']):.2f}",
                f"{statistics.fmean(row['in_float32_nats']):.2f}",
                ", ".join(f"{each:+.2f}" for each in more) if any(more) else "",
            )
        )
    head = ("backend, precision", "images an epoch", "epochs", "s an epoch", "times as fast")
    bounds = ("test bound, nats", "of the same weights in float32", "above float32, each seed")
    return (*head, *bounds), lines
