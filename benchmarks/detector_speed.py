"""How long the default detector trains and scores, beside IsolationForest in the same run.

A table of 10,000 rows and 30 columns, of which a tenth is odd. Training is timed as a user meets
it: the process' second `fit`, data checks and threshold included. Scoring is that of the exported
ONNX file in ONNX Runtime, a batch of 4,096 rows at a time, and of the estimators' own
`score_samples`.

    python -m benchmarks.detector_speed --output benchmarks/results/detector_speed.json
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROWS, COLUMNS, SCORED_ROWS, BATCH = 10_000, 30, 100_000, 4096
ROUNDS = 3


def table(rows: int, seed: int) -> np.ndarray:
    """Return correlated columns of unlike scales; a tenth of the rows is odd."""
    random = np.random.default_rng(seed)
    common = random.normal(size=(rows, 5)) @ np.random.default_rng(0).normal(size=(5, COLUMNS))
    x = common + random.normal(size=(rows, COLUMNS))
    x[: rows // 10] += random.choice([-6.0, 6.0], (rows // 10, COLUMNS))
    return (x * np.geomspace(0.01, 100, COLUMNS)).astype("float32")


def seconds(act: Callable[[], Any]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def measure() -> dict[str, Any]:
    """Return seconds of training and rows a second of scoring, medians of rounds."""
    from sklearn.ensemble import IsolationForest

    from keras_ae.estimators import AnomalyDetector
    from keras_ae.export import export_model, load_artifact

    x, new = table(ROWS, 1), table(SCORED_ROWS, 2)
    makers: dict[str, Callable[[], Any]] = {
        "default": lambda: AnomalyDetector(random_state=0),
        "iforest": lambda: IsolationForest(random_state=0, n_jobs=-1),
    }
    found: dict[str, Any] = {name: {"fit": [], "score": []} for name in (*makers, "onnx")}
    for make in makers.values():
        make().fit(x)
    with tempfile.TemporaryDirectory() as folder:
        detector = makers["default"]().fit(x)
        export_model(detector, Path(folder, "b"), formats=("onnx",), sample_data=x, verbose=False)
        with load_artifact(Path(folder, "b"), format="onnx") as artifact:
            parts = [new[start : start + BATCH] for start in range(0, len(new), BATCH)]
            for _ in range(ROUNDS):
                for name, make in makers.items():
                    trained = make()
                    found[name]["fit"].append(seconds(lambda trained=trained: trained.fit(x)))
                    took = seconds(lambda trained=trained: trained.score_samples(new))
                    found[name]["score"].append(took)
                took = seconds(lambda: [artifact.detect(part) for part in parts])
                found["onnx"]["score"].append(took)
    rows = {}
    for name, each in found.items():
        rows[name] = {
            "rows_scored_a_second": round(SCORED_ROWS / statistics.median(each["score"]))
        }
        if each["fit"]:
            rows[name]["seconds_of_training"] = round(statistics.median(each["fit"]), 2)
    return rows


def main() -> None:
    """Measure, and write the result."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--output", type=Path, required=True, help="the JSON file of the result")
    output = options.parse_args().output
    result = {
        "script": "detector_speed",
        "what": f"{ROWS:,} rows x {COLUMNS} columns to train on, {SCORED_ROWS:,} to score",
        "machine": f"{platform.machine()}, {os.cpu_count()} CPU cores",
        "rows": measure(),
    }
    beside = output.with_suffix(".part")
    beside.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    os.replace(beside, output)
    print(json.dumps(result["rows"], indent=1))


if __name__ == "__main__":
    main()
