"""The parts of gpu.py: each gives what is known of it again and again, until its time is up."""

from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import devices
import studies
import team
from workloads import WORKLOADS, decoder_flops, training_flops

ROUND_LIMIT = 60.0  # seconds; the first round compiles
CONTESTANTS = ("ours_jax", "stock_jax", "torch", "torch_compile")
IWAE = ("--objective", "iwae", "--k", "5")
# --quick is on bundled digits, not on the data that is given.
SMALL_IWAE = "--quick --stages 1 --batch-size 200 --curve-samples 5 --samples 5"
PUBLISHED = {"nll": 85.54, "epochs": 3280}  # Burda et al., table 1, one stochastic layer, k = 5


@dataclasses.dataclass
class Clock:
    """The budget of a run.

    Attributes:
        budget: Seconds.
        started: The monotonic time at which they begin.
        end: Seconds after which the part that is running must have ended.
    """

    budget: float
    started: float
    end: float = 0.0

    def passed(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.started

    def left(self) -> float:
        """Return the seconds left to the part that is running."""
        return self.end - self.passed()


def said(text: str, clock: Clock) -> None:
    """Print a line of progress."""
    print(f"{clock.passed():5.0f} s {text}", file=sys.stderr, flush=True)


def training(arguments: argparse.Namespace, clock: Clock) -> Iterator[dict[str, Any]]:
    """Give the part after each cell; small batches first, as goals are set for them."""
    grid = [
        {"workload": model, "batch": batch, "examples": arguments.examples, "precision": precision}
        for batch in arguments.batches
        for precision in arguments.precisions
        for model in arguments.models
    ]
    study = dataclasses.replace(
        studies.STUDIES["training"], grid=grid, against=dict.fromkeys(CONTESTANTS, CONTESTANTS[0])
    )

    def figures(row: dict[str, Any]) -> dict[str, Any]:
        each = training_flops(WORKLOADS[row["workload"]])
        return shares(row, row["precision"], each * row["examples"] / row["seconds"])

    yield from measured(study, figures, arguments, clock)


def log_likelihood(arguments: argparse.Namespace, clock: Clock) -> Iterator[dict[str, Any]]:
    """Give the part, in which a ratio is of the time of a decoder pass."""
    samples = 20 if arguments.small else 5_000
    grid = [{"train": min(arguments.examples, 10_000), "samples": samples, "precision": "float32"}]
    study = dataclasses.replace(
        studies.STUDIES["log_likelihood"],
        grid=grid,
        against={"ours_jax": "pythae", "pythae": "pythae"},
        what="Dense VAE 784-400-20, decoder passes, median of {rounds} alternating rounds; "
        "`model.log_likelihood` and Pythae's `get_nll`.",
    )

    def figures(row: dict[str, Any]) -> dict[str, Any]:
        passes = row["work"] / row["seconds"]
        work = decoder_flops(WORKLOADS["dense_vae"]) * passes
        return {"passes_a_second": passes, **shares(row, row["precision"], work)}

    yield from measured(study, figures, arguments, clock)


def measured(
    study: studies.Study,
    figures: Callable[[dict[str, Any]], dict[str, Any]],
    arguments: argparse.Namespace,
    clock: Clock,
) -> Iterator[dict[str, Any]]:
    """Give what is known of a study after each cell.

    A cell begins if the longest one so far would end in time. One that doesn't, and who is left
    out of one, are in "absent".
    """
    part: dict[str, Any] = {"what": "", "rows": [], "absent": [], "versions": {}}
    longest = 0.0
    for cell in study.grid:
        began, left = clock.passed(), clock.left()
        if left > longest:
            one = dataclasses.replace(study, grid=[cell])
            made = studies.measure(
                one,
                list(study.against),
                arguments.rounds,
                {"data": str(arguments.data.resolve())},
                arguments.peers_folder,
                ROUND_LIMIT,
                clock.left,
                together=True,
            )
            longest = max(longest, clock.passed() - began)
            part["what"] = made["what"]
            part["rows"] += [row | figures(row) for row in made["rows"]]
            part["absent"] += made["absent"]
            part["versions"] |= made["versions"]
            said(f"   in {clock.passed() - began:.0f} s", clock)
        else:
            why = f"not begun: {max(0.0, left):.0f} s left, a cell takes {longest:.0f} s"
            part["absent"].append({**cell, "name": "all", "reason": why})
            said(f"   {cell}: {why}", clock)
        yield part


def iwae(arguments: argparse.Namespace, clock: Clock) -> Iterator[dict[str, Any]]:
    """Train until the time is up; the last checkpoint holds what there is."""
    folder = arguments.output.with_name(f"{arguments.output.stem}_iwae_k5")
    options = SMALL_IWAE.split() if arguments.small else ["--data", str(arguments.data.resolve())]
    places = ["--checkpoint", str(folder), "--output", str(folder / "result.json")]
    command = [sys.executable, "-m", "benchmarks.reproduce.burda_mnist", *IWAE, *options, *places]
    variables = team.environment(KERAS_BACKEND="jax", **team.SHARED_GPU)
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log.txt"
    ended, began = "by itself", clock.passed()
    with log.open("w") as lines:
        try:
            done = subprocess.run(
                command,
                env=variables,
                stdout=lines,
                stderr=subprocess.STDOUT,
                timeout=max(0.0, clock.left()),
            )
            if done.returncode:
                last = log.read_text("utf-8", "replace").strip().splitlines()[-1:]
                ended = f"by an error: {' '.join(last)}"
        except subprocess.TimeoutExpired:
            ended = "when its time was up"
    part = {
        "what": "Burda et al.: importance-weighted autoencoder, one stochastic layer, k = 5.",
        "rows": [],
        "absent": [],
        "published": PUBLISHED,
        "ended": ended,
        "seconds": round(clock.passed() - began, 1),
    }
    state = folder / "state.json"
    if state.exists():
        known = json.loads(state.read_text("utf-8"))
        about = {key: known[key] for key in ("epoch", "minutes", "model", "settings")}
        part["rows"] = known["curve"]  # test nats by epoch
        part["checkpoint"] = {"folder": folder.name, **about}
        said(f"   epoch {known['epoch']}: {known['curve'][-1]['nll']:.2f} nats", clock)
    if ended != "by itself" or not part["rows"]:
        reached = part["rows"][-1]["epoch"] if part["rows"] else 0
        why = f"ended {ended}, after {reached:,} of {PUBLISHED['epochs']:,} epochs"
        part["absent"].append({"name": "all", "reason": why})
    yield part


PARTS = {"training": training, "log_likelihood": log_likelihood, "iwae": iwae}


def shares(row: dict[str, Any], precision: str, flops_a_second: float) -> dict[str, Any]:
    """Return the rate of the matrix products, and its share of what the device can do at most."""
    peak = devices.peak_tflops(row["device"], precision)
    tflops = flops_a_second / 1e12
    return {
        "tflops": tflops,
        "peak_tflops": peak,
        "peak_of": peak and devices.PRODUCTS_IN[precision],
        "share_of_peak": peak and tflops / peak,
        "ratio": row.get("ratio"),
    }
