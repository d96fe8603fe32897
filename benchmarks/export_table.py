"""What each precision of the demo's model costs: size, error, nats lost, latency.

    keras-ae demo
    python benchmarks/export_table.py --model saved_models/mnist_vae/model.keras

It exports the model twice, in float32 and in all precisions, and measures the latency of the
second bundle. The result goes to benchmarks/results/export.json, and as a table into the README.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import keras

from keras_ae.datasets import load_dataset
from keras_ae.export import export_model, measure_latency
from keras_ae.export.bundle.manifest import read_manifest
from keras_ae.export.formats import DEFAULT_FORMATS, FORMATS
from keras_ae.export.formats.precisions import FLOAT32, PRECISIONS

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "export.json"
SAMPLES = 512
MARK = "<!-- export table -->"


def main() -> None:
    """Export, measure, and write result and table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", default="saved_models/mnist_vae/model.keras")
    model = keras.models.load_model(options.parse_args().model)
    data = load_dataset("digits-subset")
    given: dict[str, Any] = {"sample_data": data.x_test[:SAMPLES], "verbose": False}
    with tempfile.TemporaryDirectory() as folder:
        plain = export_model(model, Path(folder, "float32"), **given)
        directory = Path(folder, "mnist_vae")
        whole = export_model(
            model,
            directory,
            precisions=PRECISIONS,
            calibration_data=data.x_train[:SAMPLES],
            **given,
        )
        latency = measure_latency(directory, batches=(1, 64), threads=(1,), verbose=False)
        record = read_manifest(directory)
    rows = [
        _row(name, precision, record, latency)
        for name in DEFAULT_FORMATS
        for precision in FORMATS[name].precisions
    ]
    result = {
        "what": "the demo's model: size, error and latency of each precision; 1 thread",
        "seconds float32 in three formats": round(plain.seconds, 1),
        "seconds all precisions": round(whole.seconds, 1),
        "rows": [_keras(latency), *rows],
        "machine": latency.machine,
        "packages": record["packages"],
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    table = _table(result["rows"])
    page = ROOT / "README.md"
    text = page.read_text("utf-8")
    parts = re.split(rf"({re.escape(MARK)}\n\n)(?:\|.*\n)+", text)
    if len(parts) != 3:
        raise SystemExit(f"README.md: expected one table after {MARK}")
    page.write_text(parts[0] + parts[1] + table + parts[2], "utf-8")
    print(table, json.dumps({k: v for k, v in result.items() if k.startswith("seconds")}))


def _row(name: str, precision: str, record: dict[str, Any], latency: Any) -> dict[str, Any]:
    """Return what is known of one format and precision."""
    mine = [
        each
        for each in record["artifacts"]
        if (each["format"], each["precision"]) == (name, precision)
    ]
    single = {each["endpoints"][0]: each for each in mine if len(each["endpoints"]) == 1}
    shown = single.get("reconstruct", mine[0])
    size = sum(
        facts["size"]
        for path, facts in record["files"].items()
        if path == shown["path"] or path.startswith(f"{shown['path']}/")
    )
    errors = [error["max_absolute"] for error in shown["errors"] if error["endpoint"] != "score"]
    quality = {
        (each["endpoint"], each["name"]): each["value"]
        for artifact in mine
        for each in artifact["quality"]
    }
    return {
        "format": name,
        "precision": precision,
        "bytes": size,
        "max error": max(errors) if errors else None,
        "error ratio": quality.get(("reconstruct", "error_ratio")),
        "nats lost": quality.get(("score", "nats_lost")),
        **_latency(latency, shown["path"]),
    }


def _keras(latency: Any) -> dict[str, Any]:
    path = next(each.path for each in latency.artifacts if each.format == "keras")
    return {"format": "keras", "precision": FLOAT32, "bytes": None, **_latency(latency, path)}


def _latency(latency: Any, path: str) -> dict[str, Any]:
    """Return the median latency of `reconstruct` at each batch size, in ms."""
    return {
        f"ms at {timing.batch}": round(timing.median_ms, 3)
        for each in latency.artifacts
        if (each.path, each.endpoint) == (path, "reconstruct")
        for timing in each.timings
    }


def _table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as Markdown."""
    lines = [
        "| `reconstruct` | precision | bytes | largest error | reconstruction error, of float32's "
        "| nats lost | ms, batch 1 | ms, batch 64 |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        cells = [
            row["format"],
            row["precision"],
            f"{row['bytes']:,}" if row["bytes"] else "",
            _number(row.get("max error"), "{:.1e}"),
            _number(row.get("error ratio"), "{:.4f}"),
            _number(row.get("nats lost"), "{:.3f}"),
            _number(row.get("ms at 1"), "{:.2f}"),
            _number(row.get("ms at 64"), "{:.1f}"),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _number(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)


if __name__ == "__main__":
    main()
