r"""The speed of this package beside what one would use instead, in one run on one machine.

    python benchmarks/speed/run.py --data mnist.npz

Parts: training (the same networks, data, batches and epochs), image_recipes, log_likelihood,
latency, scaling, start_up and in_use. Contestants are processes that take turns, so that a slow
minute of the machine slows all of them; ratios are of medians. PyTorch and Pythae are installed
into a virtual environment of their own at the first run. The result is written as JSON and as
Markdown. With KERAS_AE_BEFORE, a folder with another state of this repository, that one trains in
turn too.

A framework that sees a GPU computes there. Give the card's peak rate for the precision, and the
last row of the first table is the share of the peak that this package reaches:

    python benchmarks/speed/run.py --data mnist.npz --parts training --batches 128 1024 8192 \
        --examples 60000 --precision bfloat16 --peak-gflops 989400
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import report_tables
import team
import whole
from contestants import TRAINING
from studies import BATCHES, IMAGE_WORKLOADS, STUDIES, measure, training_grid

PARTS = (*STUDIES, "start_up", "in_use")
SIDE = 2048  # of the matrices whose product gives the machine's rate


def main() -> None:
    """Run the chosen parts; exit 1 where a contestant learned less than the others."""
    arguments = _arguments()
    started = time.time()
    result: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "data": arguments.data.name,
        "sha256": hashlib.sha256(arguments.data.read_bytes()).hexdigest(),
        "rounds": arguments.rounds,
        "precision": arguments.precision,
        "machine": machine(arguments.peak_gflops),
        "parts": {},
    }
    for part in arguments.parts:
        print(f"== {part}", file=sys.stderr)
        result["parts"][part] = _measure(part, arguments)
        result["minutes"] = round((time.time() - started) / 60, 1)
        # After each part: a run that is broken off keeps what it has.
        arguments.output.write_text(as_json(result) + "\n", "utf-8")
        page = report_tables.document(result)
        arguments.output.with_suffix(".md").write_text(page, "utf-8")
    print(page)
    rows = [row for part in result["parts"].values() for row in part["rows"]]
    if not all(row.get("learned", True) for row in rows):
        raise SystemExit("A contestant learned less than the others: see the loss column.")


def machine(peak_gflops: float | None) -> dict[str, Any]:
    """Return the machine in words and numbers; products at the rate given, or else at NumPy's."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    affinity = getattr(os, "sched_getaffinity", None)  # macOS has none
    return {
        "processor": _processor(),
        "cores": len(affinity(0)) if affinity else os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "gpu": _gpu(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "matmul_gflops": peak_gflops or matmul_gflops(),
        "matmul": "as given" if peak_gflops else f"NumPy, {SIDE} x {SIDE}",
    }


def matmul_gflops(repeats: int = 8) -> float:
    """Return the best rate of NumPy's float32 matrix product, on all cores, in GFLOP a second.

    No training that computes its products in full can take less time than they take at this rate.
    """
    random = np.random.default_rng(0)
    a, b = (random.random((SIDE, SIDE), dtype="float32") for _ in range(2))
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        np.matmul(a, b)
        seconds.append(time.perf_counter() - start)
    return 2 * SIDE**3 / min(seconds) / 1e9


def as_json(value: Any, indent: str = "\n") -> str:
    """Return JSON with a line for each row: for each value that holds no objects."""
    deeper = indent + " "
    if isinstance(value, dict) and any(map(_holds_objects, value.values())):
        inside = [f"{json.dumps(key)}: {as_json(each, deeper)}" for key, each in value.items()]
        return "{" + deeper + ("," + deeper).join(inside) + indent + "}"
    if isinstance(value, list) and any(map(_holds_objects, value)):
        inside = [as_json(each, deeper) for each in value]
        return "[" + deeper + ("," + deeper).join(inside) + indent + "]"
    return json.dumps(value)


def _measure(part: str, arguments: argparse.Namespace) -> dict[str, Any]:
    if part not in STUDIES:
        return whole.measure(part, arguments.rounds, arguments.data)
    study = STUDIES[part]
    if part == "training":
        grid = training_grid(arguments.models, arguments.batches, arguments.examples)
        study = dataclasses.replace(study, grid=grid)
    shared = {"data": str(arguments.data.resolve()), "precision": arguments.precision}
    return measure(
        study, arguments.only, arguments.rounds, shared, arguments.peers_folder, arguments.limit
    )


def _holds_objects(value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return any(isinstance(each, dict) for each in values)


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8")
        return text.partition("model name")[2].splitlines()[0].strip("\t: ")
    except (OSError, IndexError):
        return platform.processor() or "unknown"


def _gpu() -> str | None:
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return ", ".join(done.stdout.split("\n")).strip(", ") or None


def _arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("KERAS_AE_DATA"),
        help="MNIST as .npz with x_train; default: $KERAS_AE_DATA",
    )
    options.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    options.add_argument("--models", nargs="+", choices=IMAGE_WORKLOADS, default=IMAGE_WORKLOADS)
    options.add_argument("--batches", nargs="+", type=int, default=BATCHES)
    options.add_argument("--rounds", type=int, default=5, help="steady epochs a contestant")
    options.add_argument(
        "--examples", type=int, help="images an epoch; default: each model's own number"
    )
    options.add_argument(
        "--only", nargs="+", choices=TRAINING, metavar="NAME", help=", ".join(TRAINING)
    )
    options.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    options.add_argument(
        "--peak-gflops",
        type=float,
        help="rate of matrix products to compare with; default: NumPy's, measured",
    )
    options.add_argument("--peers-folder", type=Path, default=team.peers_folder())
    options.add_argument(
        "--limit", type=float, default=90.0, help="seconds that a round may take (default 90)"
    )
    options.add_argument("--output", type=Path, default=Path("speed.json"))
    arguments = options.parse_args()
    if arguments.data is None or not Path(arguments.data).is_file():
        options.error(f"--data must be an .npz file. Received: {arguments.data}")
    if arguments.rounds < 1:
        options.error(f"--rounds must be at least 1. Received: {arguments.rounds}")
    return arguments


if __name__ == "__main__":
    main()
