"""What is measured of the contestants: a task, a grid of its arguments, and columns."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import team
from contestants import CONTESTANTS, TRAINING
from workloads import IMAGE_RECIPES, WORKLOADS

# A loss this much above the median means that a contestant bought its speed; after a few steps of
# large batches, seeds alone differ by some per cent.
LOSS_TOLERANCE = 0.1
IMAGE_WORKLOADS = ("dense_vae", "deep_ae", "conv_vae")
BATCHES = (32, 128, 1024)
ALL_EXAMPLES = 60_000  # of an epoch, at other batch sizes


@dataclass(frozen=True)
class Study:
    """A table of the result.

    Attributes:
        task: A method of the contestants.
        grid: Its arguments, cell by cell.
        against: Who takes part, and by whose time each one's is divided.
        what: The sentence above the table; {rounds} is how many are counted.
        columns: Header and value of a row, which has "title" too.
        most_rounds: As many as are worth their time.
    """

    task: str
    grid: Sequence[dict[str, Any]]
    against: dict[str, str]
    what: str
    columns: dict[str, Callable[[dict[str, Any]], Any]]
    most_rounds: int = 1_000


def training_grid(
    workloads: Sequence[str], batches: Sequence[int], examples: int | None = None
) -> list[dict[str, Any]]:
    """Return a cell for each network and batch size; `examples` is None for its own number."""
    return [
        {
            "workload": name,
            "batch": batch,
            "examples": examples or WORKLOADS[name].examples.get(batch, ALL_EXAMPLES),
        }
        for name in workloads
        for batch in batches
    ]


def library(row: dict[str, Any]) -> str:
    """Return a contestant's title up to its first comma."""
    return str(row["title"]).split(",")[0]


STUDIES = {
    "training": Study(
        "train",
        training_grid(IMAGE_WORKLOADS, BATCHES),
        dict.fromkeys(TRAINING, "ours"),
        "Seconds of a steady epoch, median of {rounds} alternating rounds.",
        {},  # report_tables.py has one table for each cell, and two over all of them
    ),
    "image_recipes": Study(
        "train_recipe",
        [{"recipe": name, "batch": 128, "examples": 1_024} for name in IMAGE_RECIPES],
        dict.fromkeys(("ours", "stock"), "ours"),
        "Seconds of a steady epoch of 1,024 images of 28 x 28 pixels, batch 128: by the clock, "
        "and those of all cores together; medians of {rounds} alternating rounds. Keras trains a "
        "plain `keras.Model` of the same layers.",
        {
            "recipe": lambda row: f"`{row['recipe']}`",
            "contestant": lambda row: row["title"],
            "s an epoch": lambda row: row["seconds"],
            "range": lambda row: f"{row['fastest']:.2f} - {row['slowest']:.2f}",
            "times ours": lambda row: f"{row['ratio']:.2f}" if "ratio" in row else "",
            "s of all cores": lambda row: row["cpu_seconds"],
            "times ours, all cores": lambda row: (
                f"{row['cpu_ratio']:.2f}" if "cpu_ratio" in row else ""
            ),
            "loss, nats": lambda row: f"{row['loss']:.1f}",
        },
    ),
    "log_likelihood": Study(
        "log_likelihood",
        [{"train": 10_000, "samples": 500}],
        dict.fromkeys(("ours", "ours_jax", "pythae"), "pythae"),
        "Dense VAE 784-400-20, 500 importance samples an image, median of {rounds} alternating "
        "rounds; `model.log_likelihood` and Pythae's `get_nll`.",
        {
            "contestant": library,
            "decoder passes a second": lambda row: row["work"] / row["seconds"],
            "times Pythae's": lambda row: 1 / row["ratio"] if "ratio" in row else None,
            "first call, s": lambda row: row["first"],
            "images": lambda row: str(row["images"]),
            "-log-likelihood of 20, nats": lambda row: row["nll"],
        },
    ),
    "latency": Study(
        "latency",
        [
            {"call": call, "images": images, "batch": batch, "repeats": repeats}
            for images, batch, repeats in ((1, 1, 20), (128, 128, 20), (10_000, 1_000, 2))
            for call in ("encode", "decode")
        ],
        {"ours": "ours", "stock": "ours", "ours_jax": "ours_jax", "stock_jax": "ours_jax"},
        "Dense VAE 784-400-20: `model.encode` and `model.decode` against `predict` of an encoder "
        "and a decoder in plain Keras, median of {rounds} alternating rounds; 10,000 images in "
        "batches of 1,000.",
        {
            "call": lambda row: row["call"],
            "images": lambda row: f"{row['images']:,}",
            "contestant": library,
            "ms a call": lambda row: 1000 * row["seconds"] / row["repeats"],
            "times ours": lambda row: row.get("ratio"),
        },
    ),
    "scaling": Study(
        "train",
        [
            {"workload": "table_vae", "batch": 256, "examples": rows}
            for rows in (10_000, 100_000, 1_000_000)
        ],
        dict.fromkeys(("ours", "stock", "stock_jit_32"), "ours"),
        "Dense VAE 32-64-8 on tables of 32 numbers a row, batch 256, float32, median of {rounds} "
        "alternating epochs.",
        {
            "rows": lambda row: f"{row['examples']:,}",
            "contestant": lambda row: row["title"],
            "s an epoch": lambda row: row["seconds"],
            "microseconds a row": lambda row: 1e6 * row["seconds"] / row["examples"],
            "times ours": lambda row: row.get("ratio"),
            "data, MiB": lambda row: row["examples"] * WORKLOADS["table_vae"].features * 4 / 2**20,
            "peak above imports, MiB": lambda row: row["peak_mib"] - row["import_mib"],
        },
        most_rounds=3,
    ),
}


def measure(
    study: Study,
    only: Sequence[str] | None,
    rounds: int,
    shared: dict[str, Any],
    peers: Path | None,
    limit: float = 900.0,
    time_left: Callable[[], float] = lambda: math.inf,
    together: bool = False,
) -> dict[str, Any]:
    """Return rows of figures, who is absent from which cell, and the versions of the others.

    Every cell has processes of its own. The first round compiles and isn't counted.

    Args:
        study: What to measure.
        only: Contestants that are asked for by name, or None for all.
        rounds: Rounds that are counted, if the study has no use for fewer.
        shared: Arguments of the task that all cells share.
        peers: Folder that holds the peers' virtual environment; None for peers of this Python.
        limit: Seconds that a round may take; who takes longer is left out of the cell.
        time_left: Returns the seconds that nothing may exceed.
        together: Whether the first round, which isn't counted, is run by all at once.
    """

    def turn(worker: team.Worker) -> dict[str, Any]:
        return worker.round(min(limit, time_left()))

    def finish(worker: team.Worker) -> dict[str, Any]:
        return worker.finish(min(limit, time_left()))

    rounds = min(rounds, study.most_rounds)
    rows: list[dict[str, Any]] = []
    absent: list[dict[str, Any]] = []
    found: dict[str, dict[str, str]] = {}
    for cell in study.grid:
        print("  " + ", ".join(f"{key} {cell[key]}" for key in cell), file=sys.stderr)
        names = [name for name in study.against if only is None or name in only]
        failed = {
            name: f"{name} takes minutes here; --only {name} asks for it"
            for name in names
            if only is None and cell.get("workload") in CONTESTANTS[name].leaves_out
        }
        able = [name for name in names if name not in failed]
        with team.workers(able, study.task, cell | shared, peers) as started:
            ready = team.take_turns(
                started,
                1,
                lambda worker: worker.versions(min(team.PREPARE_LIMIT, time_left())),
                failed,
            )
            found |= {name: answers[0] for name, answers in ready.items()}
            if together:
                for name in ready:
                    started[name].begin()
                firsts = team.take_turns(started, 1, finish, failed)
            else:
                firsts = team.take_turns(started, 1, turn, failed)
            others = team.take_turns(started, rounds, turn, failed)
            figures = {name: firsts[name] + each for name, each in others.items()}
        made = [
            {**cell, "name": name, **summary(mine, figures.get(study.against[name]))}
            for name, mine in figures.items()
        ]
        judge_losses(made)
        rows += [row | {"load": os.getloadavg()[0]} for row in made]
        absent += [{**cell, "name": name, "reason": why} for name, why in failed.items()]
    return {
        "what": study.what.format(rounds=rounds),
        "rows": rows,
        "absent": absent,
        "versions": found,
    }


def summary(
    figures: list[dict[str, Any]], reference: list[dict[str, Any]] | None
) -> dict[str, Any]:
    """Return the last round's figures with the counted rounds' medians, range and ratio.

    `ratio` is of the medians, for the same "work" where a round's figures say how much it was;
    `cpu_ratio` is that of the seconds of all cores, where both have them.
    """
    counted = [each["seconds"] for each in figures[1:]]
    result = {
        **figures[-1],
        "first": figures[0]["seconds"],
        "seconds": median(counted),
        "fastest": min(counted),
        "slowest": max(counted),
        "each": [round(each, 5) for each in counted],
    }
    if "cpu_seconds" in figures[-1]:
        result["cpu_seconds"] = median(each["cpu_seconds"] for each in figures[1:])
        if reference and "cpu_seconds" in reference[-1]:
            base = median(each["cpu_seconds"] for each in reference[1:])
            result["cpu_ratio"] = result["cpu_seconds"] / base
    if reference:
        base = median(each["seconds"] for each in reference[1:]) / reference[0].get("work", 1)
        result["ratio"] = result["seconds"] / result.get("work", 1) / base
    return result


def judge_losses(rows: list[dict[str, Any]]) -> None:
    """Mark who learned less than the others in the same number of epochs."""
    losses = [row["loss"] for row in rows if "loss" in row]
    for row in rows:
        if "loss" in row:
            row["learned"] = row["loss"] <= median(losses) * (1 + LOSS_TOLERANCE)
