"""Images a second on a GPU, and the fraction of its matrix peak that training reaches.

    python benchmarks/speed/gpu.py --data mnist.npz

For TensorFlow and for JAX (with TensorFlow absent), in float32 and mixed bfloat16. The fraction is
of the peak measured on the spot with large matrix products, and of the vendor's number for cards
that are known. Without a GPU nothing is measured, and the script exits with 2.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import machine
import report_tables
from workloads import IMAGE_WORKLOADS, WORKLOADS, sha256

HERE = Path(__file__).parent
PRECISIONS = ("float32", "bfloat16")
# The vendors' dense peaks in TFLOP/s: float32 products on tensor cores as TF32, then bfloat16.
# The first name that the card's own contains counts.
CARDS = {
    "H100 PCIe": (378.0, 756.0),
    "H100": (494.7, 989.4),
    "H200": (494.7, 989.4),
    "A100": (156.0, 312.0),
}


def main() -> None:
    """Measure every backend that sees a GPU; exit 2 where none does."""
    arguments = _arguments()
    result: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "data": arguments.data.name,
        "sha256": sha256(arguments.data),
        "machine": machine.describe(),
        "cards": {},
        "peaks": [],
        "rows": [],
    }
    for backend in arguments.backends:
        try:
            result["cards"][backend] = ask(backend, {"do": "find"})
        except RuntimeError as error:
            result["cards"][backend] = None
            print(f"{backend}: {error}", file=sys.stderr)
    seen = {name: card for name, card in result["cards"].items() if card}
    if not seen:
        print(f"No GPU for {', '.join(arguments.backends)}: nothing measured.", file=sys.stderr)
        raise SystemExit(2)
    for backend, card in seen.items():
        for precision in PRECISIONS:
            _measure(result, backend, card, precision, arguments)
    text = table(result)
    report_tables.write(arguments.output, json.dumps(result, indent=1) + "\n")
    report_tables.write(arguments.output.with_suffix(".md"), text)
    print(text)


def ask(backend: str, task: dict[str, Any]) -> Any:
    """Run one task in a process of its own and return its answer."""
    variables = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, "KERAS_BACKEND": backend}
    path = [str(HERE.parents[1]), variables.get("PYTHONPATH", "")]
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, path))
    command = [sys.executable, str(HERE / "gpu_worker.py"), json.dumps(task)]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise RuntimeError(f"{task['do']} failed: {lines[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def vendor_peak(card: str, precision: str) -> float | None:
    """Return the vendor's dense peak in TFLOP/s for a known card, or None."""
    for name, peaks in CARDS.items():
        if name in card:
            return peaks[PRECISIONS.index(precision)]
    return None


def _measure(
    result: dict[str, Any], backend: str, card: str, precision: str, arguments: argparse.Namespace
) -> None:
    print(f"{backend}, {precision}", file=sys.stderr)
    peak = ask(backend, {"do": "peak", "precision": precision})["tflops"]
    vendor = vendor_peak(card, precision)
    here = {"backend": backend, "precision": precision, "peak_tflops": peak}
    result["peaks"].append({**here, "vendor_tflops": vendor})
    for model in arguments.models:
        for batch in arguments.batches:
            task = {"model": model, "precision": precision, "batch": batch}
            task |= {"examples": arguments.examples, "epochs": arguments.rounds}
            row = {**here, "model": model, "batch": batch}
            try:
                row |= ask(backend, {"do": "train", "data": str(arguments.data.resolve()), **task})
            except RuntimeError as error:
                result["rows"].append({**row, "error": str(error)})
                continue
            row["of_measured_peak"] = row["tflops"] / peak
            row["of_vendor_peak"] = row["tflops"] / vendor if vendor else None
            result["rows"].append(row)


def table(result: dict[str, Any]) -> str:
    """Return the measured rows as Markdown, and what failed below."""
    cards = ", ".join(f"{card} ({name})" for name, card in result["cards"].items() if card)
    measured = [row for row in result["rows"] if "error" not in row]
    rows = [
        (
            f"{WORKLOADS[row['model']].title}, batch {row['batch']}",
            row["backend"],
            row["precision"],
            report_tables.number(row["images_per_second"]),
            report_tables.number(row["tflops"]),
            f"{row['of_measured_peak']:.1%} of {row['peak_tflops']:.0f}",
            f"{row['of_vendor_peak']:.1%}" if row["of_vendor_peak"] else "",
            report_tables.number(row["loss"], 4),
        )
        for row in measured
    ]
    columns = (
        "network",
        "backend",
        "precision",
        "images/s",
        "TFLOP/s",
        "of the measured peak",
        "of the vendor's",
        "loss, nats",
    )
    failed = "".join(
        f"\nFailed: {row['backend']}, {row['precision']}, {row['model']}: {row['error']}\n"
        for row in result["rows"]
        if "error" in row
    )
    return f"{cards}; {result['date']}\n\n" + report_tables.table(columns, rows) + failed


def _arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--data", type=Path, default=os.environ.get("KERAS_AE_DATA"), help="MNIST as .npz"
    )
    backends = ("tensorflow", "jax")
    options.add_argument("--backends", nargs="+", choices=backends, default=list(backends))
    options.add_argument(
        "--models", nargs="+", choices=IMAGE_WORKLOADS, default=list(IMAGE_WORKLOADS)
    )
    options.add_argument("--batches", nargs="+", type=int, default=[128, 1024, 8192])
    options.add_argument("--rounds", type=int, default=5, help="steady epochs")
    options.add_argument("--examples", type=int, default=60_000)
    options.add_argument("--output", type=Path, default=Path("gpu.json"))
    arguments = options.parse_args()
    if arguments.data is None or not arguments.data.is_file():
        options.error(f"--data must be an .npz file. Received: {arguments.data}")
    return arguments


if __name__ == "__main__":
    main()
