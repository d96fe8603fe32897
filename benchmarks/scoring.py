"""Scoring of Parquet files by an exported detector: engines beside a plain loop, rows a second.

The plain loop is what one would write without an engine: as many processes as the engines have
workers, each of which reads, scores and writes its share of the files. All take turns, several
rounds. `whole` is a run from its start to its end, with the engine's own start; `steady` leaves
out the time until each worker has finished its first file, by the times of the files.

    python benchmarks/scoring.py --output benchmarks/results/scoring.json
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import json
import multiprocessing
import os
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

COLUMNS = 20
BATCH_ROWS = 25_000  # of the plain loop
PACKAGES = ("keras-ae", "onnxruntime", "pyarrow", "ray", "distributed", "pyspark", "apache-beam")


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=4_000_000)
    options.add_argument("--files", type=int, default=40)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    options.add_argument("--engines", default="local,ray")
    options.add_argument("--bundle", type=Path, help="a bundle to score with; default: a new one")
    options.add_argument("--output", type=Path, help="write the result to this JSON file")
    arguments = options.parse_args()
    engines = arguments.engines.split(",")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle = arguments.bundle or write_bundle(folder / "bundle")
        files = write_rows(folder / "rows", arguments.rows, arguments.files)
        ways: dict[str, Callable[[Path], None]] = {
            "plain loop": lambda scored: run_plain(bundle, files, scored, arguments.workers),
            **{each: engine_run(bundle, files, each, arguments.workers) for each in engines},
        }
        rounds = [
            {way: measure(run, folder / "scored", arguments) for way, run in ways.items()}
            for _ in range(arguments.rounds)
        ]
    result = {
        "what": (__doc__ or "").splitlines()[0],
        "rows": arguments.rows,
        "columns": COLUMNS,
        "files": arguments.files,
        "workers": arguments.workers,
        "rounds": arguments.rounds,
        "ways": {way: summary(way, rounds) for way in ways},
        "machine": f"{platform.machine()}, {os.cpu_count()} CPU cores",
        "python": platform.python_version(),
        "packages": versions(),
    }
    print(json.dumps(result, indent=1))
    if arguments.output is not None:
        arguments.output.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


def write_bundle(folder: Path) -> Path:
    """Train the default detector on normal noise, and export it to ONNX."""
    from keras_ae.estimators import AnomalyDetector
    from keras_ae.export import export_model

    x = np.random.default_rng(0).normal(size=(2000, COLUMNS)).astype("float32")
    detector = AnomalyDetector(steps=200, random_state=0).fit(x)
    export_model(detector, folder, formats=("onnx",), sample_data=x, verbose=False)
    return folder


def names() -> list[str]:
    """Return the names of the model's columns."""
    return [f"x{place}" for place in range(COLUMNS)]


def write_rows(folder: Path, rows: int, files: int) -> list[Path]:
    """Write files of float32 columns and an id."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir()
    random = np.random.default_rng(1)
    paths = []
    for place, ids in enumerate(np.array_split(np.arange(rows), files)):
        x = random.normal(size=(len(ids), COLUMNS)).astype("float32")
        paths.append(folder / f"part-{place:04}.parquet")
        pq.write_table(pa.table({"id": ids, **dict(zip(names(), x.T, strict=True))}), paths[-1])
    return paths


def plain_loop(bundle: Path, files: list[Path], scored: Path) -> None:
    """Score files one after the other; nothing is written beside, checked or skipped."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from keras_ae.export import load_artifact

    artifact = load_artifact(bundle, "onnx", threads=1)
    for path in files:
        writer = None
        for batch in pq.ParquetFile(path).iter_batches(BATCH_ROWS, use_threads=False):
            x = np.stack([batch.column(name).to_numpy() for name in names()], 1)
            table = pa.table({"id": batch.column("id"), **artifact.run("detect", x=x)})
            writer = writer or pq.ParquetWriter(scored / path.name, table.schema)
            writer.write_table(table)
        if writer is not None:
            writer.close()


def run_plain(bundle: Path, files: list[Path], scored: Path, workers: int) -> None:
    """Run the plain loop in processes, each with its share of the files."""
    context = multiprocessing.get_context("spawn")
    started = [
        context.Process(target=plain_loop, args=(bundle, files[place::workers], scored))
        for place in range(workers)
    ]
    for each in started:
        each.start()
    for each in started:
        each.join()
        if each.exitcode:
            raise SystemExit("the plain loop failed")


def engine_run(
    bundle: Path, files: list[Path], engine: str, workers: int
) -> Callable[[Path], None]:
    """Return a function that runs an engine."""

    def run(scored: Path) -> None:
        from keras_ae.distributed import score_files

        known = json.loads((bundle / "manifest.json").read_text("utf-8")).get("columns")
        columns = names() if known is None else None
        score_files(
            bundle,
            files[0].parent,
            scored,
            engine,
            columns=columns,
            workers=workers,
            verbose=False,
        )

    return run


def measure(run: Callable[[Path], None], scored: Path, arguments: Any) -> dict[str, float]:
    """Return rows a second of one run, whole and steady."""
    shutil.rmtree(scored, ignore_errors=True)
    scored.mkdir()
    started = time.perf_counter()
    run(scored)
    seconds = time.perf_counter() - started
    times = sorted(path.stat().st_mtime_ns for path in scored.glob("*.parquet"))
    if len(times) != arguments.files:
        raise SystemExit(f"{len(times)} of {arguments.files} files were scored")
    first = times[arguments.workers - 1]
    rest = arguments.rows * (1 - arguments.workers / arguments.files)
    return {"whole": arguments.rows / seconds, "steady": rest / ((times[-1] - first) / 1e9)}


def summary(way: str, rounds: list[dict[str, dict[str, float]]]) -> dict[str, Any]:
    """Return the medians of a way, and of its ratios to the plain loop of the same round."""
    found: dict[str, Any] = {}
    for kind in ("whole", "steady"):
        values = [each[way][kind] for each in rounds]
        ratios = [each[way][kind] / each["plain loop"][kind] for each in rounds]
        found[f"{kind}_rows_a_second"] = round(statistics.median(values))
        found[f"{kind}_of_plain"] = round(statistics.median(ratios), 3)
        found[f"{kind}_of_plain_each_round"] = [round(each, 3) for each in ratios]
    return found


def table(result: dict[str, Any]) -> str:
    """Return the table of docs/scale.md."""
    lines = [
        "| | rows a second, whole run | of the plain loop | rows a second, steady "
        "| of the plain loop |",
        "|---|--:|--:|--:|--:|",
    ]
    for way, found in result["ways"].items():
        cells = [way]
        for kind in ("whole", "steady"):
            cells += [f"{found[f'{kind}_rows_a_second']:,}", f"{found[f'{kind}_of_plain']:.2f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def versions() -> dict[str, str]:
    """Return the versions of what took part, as far as it is installed."""
    found = {}
    for package in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


if __name__ == "__main__":
    main()
