"""The speed of this package beside what one would use instead, in one run on one machine.

    python benchmarks/speed/run.py --data mnist.npz

Parts: training (the same networks, data, batches and epochs), log_likelihood, latency, scaling,
start_up and in_use. Contestants are processes that take turns, so that a slow minute of the
machine slows all of them; ratios are of medians. PyTorch and Pythae are installed into virtual
environments of their own at the first run (`--peers` chooses which, `--peers-folder` where). The
result is written as JSON and as Markdown.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import in_use
import latency
import log_likelihood
import machine
import peers
import report_tables
import roster
import scaling
import start_up
import training
from workloads import IMAGE_WORKLOADS, WORKLOADS, sha256

PARTS = ("training", "log_likelihood", "latency", "scaling", "start_up", "in_use")


def main() -> None:
    """Run the chosen parts; exit 1 where a contestant learned less than the others."""
    arguments = _arguments()
    try:
        contestants = roster.chosen(arguments.only, arguments.peers)
    except ValueError as error:
        raise SystemExit(str(error)) from None
    started = time.time()
    result: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "data": arguments.data.name,
        "sha256": sha256(arguments.data),
        "rounds": arguments.rounds,
        "machine": {**machine.describe(), "matmul_gflops": machine.matmul_gflops()},
        "load_before": _load(),
        "parts": {},
    }
    for part in arguments.parts:
        print(f"== {part}", file=sys.stderr)
        result["parts"][part] = _measure(part, contestants, arguments)
        result["load_after"] = _load()
        result["minutes"] = round((time.time() - started) / 60, 1)
        # After each part: a run that is broken off keeps what it has.
        report_tables.write(arguments.output, json.dumps(result, indent=1) + "\n")
        report_tables.write(arguments.output.with_suffix(".md"), report_tables.document(result))
    print(report_tables.document(result))
    cells = result["parts"].get("training", {}).get("cells", [])
    if not all(row["learned"] for cell in cells for row in cell["rows"]):
        raise SystemExit("A contestant learned less than the others: see the loss column.")


def _measure(part: str, contestants: list[Any], arguments: argparse.Namespace) -> dict[str, Any]:
    folder, count = arguments.peers_folder, arguments.rounds
    if part == "training":
        return training.measure(
            contestants,
            folder,
            arguments.models,
            arguments.batches,
            count,
            arguments.data,
            arguments.examples,
            arguments.limit,
        )
    if part == "log_likelihood":
        return log_likelihood.measure(contestants, folder, count, arguments.data)
    if part == "latency":
        return latency.measure(contestants, folder, count, arguments.data)
    if part == "scaling":
        return scaling.measure(contestants, folder, min(count, 3), arguments.rows)
    if part == "start_up":
        return start_up.measure(min(count, 5))
    return in_use.measure(min(count, 3), arguments.data)


def _load() -> float | None:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


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
    options.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    options.add_argument(
        "--models", nargs="+", choices=IMAGE_WORKLOADS, default=list(IMAGE_WORKLOADS)
    )
    batches = sorted(WORKLOADS["dense_vae"].examples)
    options.add_argument("--batches", nargs="+", type=int, choices=batches, default=batches)
    options.add_argument("--rounds", type=int, default=5, help="steady epochs a contestant")
    options.add_argument(
        "--examples", type=int, help="images an epoch; default: each model's own number"
    )
    options.add_argument(
        "--only", nargs="+", metavar="NAME", help=f"contestants: {', '.join(roster.ROSTER)}"
    )
    options.add_argument(
        "--peers",
        nargs="*",
        choices=sorted(peers.PEERS),
        default=sorted(peers.PEERS),
        help="which virtual environments may be made; none: --peers",
    )
    options.add_argument("--peers-folder", type=Path, default=peers.default_folder())
    options.add_argument(
        "--limit", type=float, default=90.0, help="seconds an epoch may take (default 90)"
    )
    options.add_argument(
        "--rows", nargs="+", type=int, default=list(scaling.ROWS), help="sizes for scaling"
    )
    options.add_argument("--output", type=Path, default=Path("speed.json"))
    arguments = options.parse_args()
    if arguments.data is None or not arguments.data.is_file():
        options.error(f"--data must be an .npz file. Received: {arguments.data}")
    if arguments.rounds < 1:
        options.error(f"--rounds must be at least 1. Received: {arguments.rounds}")
    return arguments


if __name__ == "__main__":
    main()
