"""Time and memory of training as the data grow: tables of 10 thousand to a million rows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import rounds
from log_likelihood import who_title
from team import Worker, WorkerError, greet, workers
from workloads import WORKLOADS

ROWS = (10_000, 100_000, 1_000_000)
NAMES = ("ours", "stock", "stock_jit_32")
BATCH = 256


def measure(
    contestants: list[Any],
    peers_folder: Path,
    count: int,
    sizes: Any = ROWS,
    batch: int = BATCH,
    seed: int = 0,
) -> dict[str, Any]:
    """Return seconds an epoch and peak memory; every figure is from a process of its own.

    Memory is the process's largest resident size, and what of it came after its imports; the data
    themselves are counted in it once, and so is every copy that a framework makes.
    """
    columns = WORKLOADS["table_vae"].features
    rows: list[dict[str, Any]] = []
    absent: dict[str, str] = {}
    heard: dict[str, Any] = {}
    for size in sizes:
        print(f"a table of {size:,} rows", file=sys.stderr)
        with workers([each for each in contestants if each.name in NAMES], peers_folder) as team:
            who, missing = greet(team)
            heard |= who
            absent.update(missing)
            for name in list(team):
                task = {"workload": "table_vae", "batch": batch, "examples": size, "data": None}
                try:
                    team[name].start("train", seed=seed, **task)
                    team[name].round()
                except WorkerError as error:
                    rounds.note(absent, f"{name}, {size:,} rows", error)
                    team.pop(name).close()
            figures = rounds.alternate(team, count, Worker.round, absent)
        for name, mine in figures.items():
            row = {"name": name, "rows": size, **rounds.summary(mine, figures.get("ours"))}
            row["data_mib"] = size * columns * 4 / 2**20
            row["peak_mib"] = mine[-1]["peak_mib"]
            row["above_import_mib"] = row["peak_mib"] - who[name]["import_mib"]
            row["loss"] = mine[-1]["value"]
            rows.append(row)
    table = [
        {
            "rows": f"{row['rows']:,}",
            "contestant": _title(contestants, row["name"]),
            "s an epoch": row["seconds"],
            "microseconds a row": 1e6 * row["seconds"] / row["rows"],
            "times ours": row.get("ratio"),
            "data, MiB": row["data_mib"],
            "peak above imports, MiB": row["above_import_mib"],
        }
        for row in rows
    ]
    return {
        "what": (
            f"Dense VAE {columns}-64-8 on tables of {columns} numbers a row, batch {batch}, "
            f"float32, median of {count} alternating epochs."
        ),
        "contestants": {
            name: {"title": who_title(contestants, name), **heard[name]} for name in heard
        },
        "rows": rows,
        "table": table,
        "absent": absent,
    }


def _title(contestants: list[Any], name: str) -> str:
    return str(next(each.title for each in contestants if each.name == name))
