"""Steady epochs of the same training, contestant against contestant."""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from typing import Any

import rounds
from team import Worker, WorkerError, greet, workers
from workloads import WORKLOADS, training_flops

OURS = "ours"
# A loss this much above the median means that a contestant bought its speed; after a few steps of
# large batches, seeds alone differ by some per cent.
LOSS_TOLERANCE = 0.1


def measure(
    contestants: list[Any],
    peers_folder: Path,
    models: list[str],
    batches: list[int],
    count: int,
    data: Path,
    examples: int | None = None,
    limit: float = 90.0,
    seed: int = 0,
) -> dict[str, Any]:
    """Return a cell for each model and batch size.

    Args:
        contestants: Of the roster.
        peers_folder: Where the virtual environments are.
        models: Keys of `WORKLOADS`.
        batches: Batch sizes.
        count: Rounds, each of one steady epoch a contestant.
        data: The .npz file.
        examples: Images an epoch, or None for the workload's own number.
        limit: Seconds that an epoch may take; a contestant above it is left out of the cell.
        seed: Of weights, noise and order.
    """
    cells: list[dict[str, Any]] = []
    with workers(contestants, peers_folder) as team:
        who, missing = greet(team)
        for reason in missing.values():
            print(f"  left out: {reason}", file=sys.stderr)
        for model in models:
            for batch in batches:
                size = examples or WORKLOADS[model].examples[batch]
                task = {
                    "workload": model,
                    "batch": batch,
                    "examples": size,
                    "data": str(data.resolve()),
                    "seed": seed,
                }
                print(f"{model}, batch {batch}, {size:,} images an epoch", file=sys.stderr)
                cells.append(_cell(team, task, count, limit, dict(missing)))
    return {
        "what": f"seconds a steady epoch, median of {count} alternating rounds",
        "contestants": {n: {"title": team_title(contestants, n), **who[n]} for n in who},
        "cells": cells,
    }


def team_title(contestants: list[Any], name: str) -> str:
    """Return what the tables call a contestant."""
    return str(next(each.title for each in contestants if each.name == name))


def _cell(
    team: dict[str, Worker],
    task: dict[str, Any],
    count: int,
    limit: float,
    absent: dict[str, str],
) -> dict[str, Any]:
    """Return the figures of one model at one batch size."""
    first: dict[str, dict[str, Any]] = {}
    for name, worker in team.items():
        if task["workload"] in worker.contestant.leaves_out:
            absent[name] = f"{name} takes minutes here; --only {name} asks for it"
            continue
        if not worker.alive:
            absent[name] = f"{name} failed in an earlier table"
            continue
        try:
            worker.start("train", **task)
            first[name] = worker.round(limit)
        except WorkerError as error:
            rounds.note(absent, name, error)
    running = {name: team[name] for name in first}
    figures = rounds.alternate(running, count, lambda worker: worker.round(limit), absent)
    for name in figures:
        team[name].stop()
    reference = figures.get(OURS)
    rows = []
    for name, mine in figures.items():
        row = {"name": name, **rounds.summary(mine, reference)}
        row["images_per_second"] = task["examples"] / row["seconds"]
        row["first_epoch_seconds"] = first[name]["seconds"]
        row["compile_seconds"] = max(0.0, first[name]["seconds"] - row["seconds"])
        row["cpu_seconds"] = median(each["cpu_seconds"] for each in mine)
        row["loss"] = mine[-1]["value"]
        row["peak_mib"] = mine[-1]["peak_mib"]
        row["idle_cpu_seconds"] = max(each["idle_cpu_seconds"] for each in mine)
        rows.append(row)
    _judge_losses(rows)
    workload = WORKLOADS[task["workload"]]
    return {
        "model": task["workload"],
        "title": workload.title,
        "batch": task["batch"],
        "examples": task["examples"],
        "epochs": count + 1,
        "gflop_per_epoch": training_flops(workload) * task["examples"] / 1e9,
        "rows": rows,
        "absent": absent,
        "others_cores": rounds.others(figures),
    }


def _judge_losses(rows: list[dict[str, Any]]) -> None:
    """Mark who learned less than the others in the same number of epochs."""
    if not rows:
        return
    middle = median(row["loss"] for row in rows)
    for row in rows:
        row["learned"] = row["loss"] <= middle * (1 + LOSS_TOLERANCE)
