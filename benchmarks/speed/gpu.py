r"""This package's `fit` and `log_likelihood` on a GPU, in one run that ends in time.

    python benchmarks/speed/gpu.py --data mnist.npz --output out/gpu.json

It needs JAX, Keras and NumPy, no TensorFlow. PyTorch and Pythae take part where this Python has
them. Parts, in order: training (dense and convolutional VAE, float32 and bfloat16, against Keras
on JAX, PyTorch and torch.compile, in rounds), log_likelihood against Pythae's loop, and iwae: the
run of Burda et al. with k = 5, for as long as the budget lasts. Its checkpoint is in a folder
beside the result, and a later call goes on from there.

A part that ends early leaves its time to the next. What doesn't fit into the budget is in the
result with the reason, as is who is missing. The result is written after each cell of a part.
--small is for a look at the script itself, on a CPU: its figures say nothing.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import itertools
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import report_tables
from gpu_parts import PARTS, Clock, said
from run import as_json, machine

BUDGET = 480.0  # seconds, of all parts
SHARES = {"training": 0.70, "log_likelihood": 0.10, "iwae": 0.20}  # of the budget
MODELS, PRECISIONS, BATCHES = ("dense_vae", "conv_vae"), ("float32", "bfloat16"), (128, 1024, 8192)
EXAMPLES = 57_344  # of an epoch: whole batches of each size
SMALL = {"batches": [128], "examples": 256, "rounds": 1}
ASKED_FOR = ("parts", "models", "precisions", "batches")
COLUMNS = {
    "network, batch, precision": lambda row: (
        f"{row['workload']}, {row['batch']}, {row['precision']}"
    ),
    "contestant": lambda row: row["title"],
    "s an epoch": lambda row: row["seconds"],
    "times ours": lambda row: row["ratio"],
    "share of the peak": lambda row: row["share_of_peak"],
    "device, MiB": lambda row: row["device_mib"],
    "loss, nats": lambda row: row["loss"],
}


def main() -> None:
    """Run the chosen parts."""
    arguments = _arguments()
    clock = Clock(arguments.budget, time.monotonic())
    result: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "data": arguments.data.name,
        "sha256": hashlib.sha256(arguments.data.read_bytes()).hexdigest(),
        "small": arguments.small,
        "budget_seconds": arguments.budget,
        "rounds": arguments.rounds,
        "asked_for": {name: list(getattr(arguments, name)) for name in ASKED_FOR},
        "machine": machine(None),
        "parts": {},
    }
    for name, end in ends(arguments.parts, arguments.budget).items():
        clock.end = end
        said(f"== {name}, {clock.left():.0f} s", clock)
        for part in PARTS[name](arguments, clock):
            result["parts"][name] = part
            result["goals"] = goals(result["parts"])
            result["seconds"] = round(clock.passed(), 1)
            write(result, arguments.output)
    rows = result["parts"].get("training", {"rows": []})["rows"]
    print(report_tables.table([report_tables.titled(row) for row in rows], COLUMNS))
    print(json.dumps({name: part["absent"] for name, part in result["parts"].items()}, indent=1))
    print(json.dumps(result["goals"], indent=1))


def ends(names: Sequence[str], budget: float) -> dict[str, float]:
    """Return after how many seconds each part must have ended, in the parts' order.

    >>> ends(["iwae", "training"], 90.0)
    {'training': 70.0, 'iwae': 90.0}
    """
    chosen = {name: share for name, share in SHARES.items() if name in names}
    sums = itertools.accumulate(chosen.values())
    whole = sum(chosen.values())
    return {name: round(budget * each / whole, 1) for name, each in zip(chosen, sums, strict=True)}


def goals(parts: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what was to be reached and what was; None where it wasn't measured."""
    rows = parts.get("training", {"rows": []})["rows"]
    stock = [row for row in rows if row["name"] == "stock_jax" and row["ratio"]]
    at_128 = [
        row["ratio"]
        for row in stock
        if (row["workload"], row["batch"], row["precision"]) == ("dense_vae", 128, "float32")
    ]
    scored = parts.get("log_likelihood", {"rows": []})["rows"]
    passes = [1 / row["ratio"] for row in scored if row["name"] == "ours_jax" and row["ratio"]]
    found = {
        "dense VAE, batch 128, float32: times as fast as Keras on JAX": (10.0, at_128),
        "the least of all cells: times as fast as Keras on JAX": (
            1.0,
            [row["ratio"] for row in stock],
        ),
        "log_likelihood: decoder passes a second, times Pythae's": (50.0, passes),
    }
    return [
        {
            "what": what,
            "to_reach": least,
            "found": min(values, default=None),
            "reached": min(values) >= least if values else None,
        }
        for what, (least, values) in found.items()
    ]


def write(result: dict[str, Any], path: Path) -> None:
    """Write the result beside its place, and move it there."""
    beside = path.with_suffix(".part")
    beside.write_text(as_json(result) + "\n", "utf-8")
    os.replace(beside, path)


def _arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--data", type=Path, default=os.environ.get("KERAS_AE_DATA"), help="MNIST's .npz"
    )
    options.add_argument("--output", type=Path, default=Path("gpu.json"))
    options.add_argument("--budget", type=float, default=BUDGET, help="seconds (default 480)")
    options.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    options.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    options.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=PRECISIONS)
    options.add_argument("--batches", nargs="+", type=int, default=BATCHES)
    options.add_argument("--rounds", type=int, default=5, help="steady epochs a contestant")
    options.add_argument(
        "--peers-folder", type=Path, help="where run.py keeps PyTorch; default: this Python has it"
    )
    options.add_argument(
        "--small", action="store_true", help="batch 128 and few images: no figures"
    )
    arguments = options.parse_args()
    if arguments.data is None or not Path(arguments.data).is_file():
        options.error(f"--data must be an .npz file. Received: {arguments.data}")
    if not arguments.budget > 0:
        options.error(f"--budget must be a number of seconds > 0. Received: {arguments.budget}")
    if arguments.rounds < 1:
        options.error(f"--rounds must be at least 1. Received: {arguments.rounds}")
    arguments.examples = EXAMPLES
    if arguments.small:
        vars(arguments).update(SMALL)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    return arguments


if __name__ == "__main__":
    main()
