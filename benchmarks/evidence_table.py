"""The tables of README.md and of pages under docs/ that show committed results.

    python -m benchmarks.evidence_table            # rewrites the pages
    python -m benchmarks.evidence_table --check    # says whether they are what it would write

A result is a JSON file under benchmarks/results/ with the keys `row` (the row of the table that it
belongs to), `script` and `evidence`: a list of what was measured, the published figure or the one
to compare with, and ours. The tables of benchmarks/speed/ are made by its own report_tables.py.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
from pathlib import Path
from typing import Any

from benchmarks.imputation_table import imputation
from benchmarks.precision_table import precision
from benchmarks.tokenizer_tables import runtimes, tokenizers

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
EVIDENCE_PAGES = ("README.md", "docs/evidence.md")
PAGES = (*EVIDENCE_PAGES, "docs/anomalies.md", "docs/performance.md", "docs/tokens.md")
CURVES = ("burda_mnist_vae_k1", "burda_mnist_iwae_k5")
METHODS = {
    "vae": "ours, vae",
    "autoencoder": "ours, autoencoder",
    "iforest": "IsolationForest",
    "pca_reconstruction": "PCA, reconstruction",
    "pca_distance": "PCA, distance",
    "ppca": "probabilistic PCA",
}
DETECTORS = {
    "default": "default",
    "iforest": "IsolationForest",
    "pca_distance": "PCA, distance",
    **{name: name.upper() for name in ("ecod", "copod", "hbos", "knn")},
}
MEANS = {"held_out": "the six held out", "development": "the other six", "twelve": "all twelve"}


def main() -> None:
    """Write the tables into the pages, or check them."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--check", action="store_true", help="write nothing; exit 1 on a change")
    check = options.parse_args().check
    for name in PAGES:
        page = ROOT / name
        text = page.read_text("utf-8")
        made = with_tables(text)
        if made != text and check:
            raise SystemExit(f"{name} isn't what benchmarks.evidence_table makes of the results")
        page.write_text(made, "utf-8")


def with_tables(text: str) -> str:
    """Return a page with each table that it has a mark for renewed."""
    for mark, table in (
        ("evidence table", evidence_table()),
        ("evidence in full", evidence_in_full()),
        ("curve", curve()),
        ("ADBench", adbench()),
        ("detectors", detectors()),
        ("duels", duels()),
        ("imputation", _table(*imputation(_result("reproduce/imputation")))),
        ("streams", streams()),
        ("table streaming: speed", table_speed()),
        ("table streaming: memory", table_memory()),
        ("memory of log_likelihood", memory()),
        ("precision", _table(*precision(_rows("precision")))),
        ("tokenizers", _table(*tokenizers(_result("reproduce/image_tokenizers")))),
        ("small tokenizer", _table(*runtimes(_result("reproduce/small_tokenizer")))),
    ):
        start, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
        pattern = rf"{re.escape(start)}\n.*?{re.escape(end)}"
        made = f"{start}\n\n{table}\n{end}" if table else f"{start}\n{end}"
        text = re.sub(pattern, lambda _, made=made: made, text, flags=re.DOTALL)
    return text


def results() -> list[dict[str, Any]]:
    """Return the results that have evidence, by row."""
    files = sorted(RESULTS.rglob("*.json"))
    every = [json.loads(path.read_text("utf-8")) for path in files]
    return sorted((each for each in every if "evidence" in each), key=lambda each: each["row"])


def evidence_table() -> str:
    """Return what was measured, beside what was published."""
    lines = [
        (entry["what"], _shown(entry["published"]), _shown(entry["here"]))
        for result in results()
        for entry in result["evidence"]
    ]
    return _table(("what", "published, or to reach", "here"), lines)


def evidence_in_full() -> str:
    """Return the same with seed, minutes, machine and script."""
    lines = [
        (
            entry["what"],
            _shown(entry["published"]),
            _shown(entry["here"]),
            _shown(result.get("seed")),
            _shown(result["minutes"]),
            result["machine"],
            f"`{result['script']}`",
        )
        for result in results()
        for entry in result["evidence"]
    ]
    head = ("what", "published, or to reach", "here", "seed", "minutes", "machine", "script")
    return _table(head, lines)


def curve() -> str:
    """Return the nats of Burda et al.'s models against epochs, as far as they have run."""
    paths = [RESULTS / "reproduce" / f"{name}.json" for name in CURVES]
    if not any(path.exists() for path in paths):
        return ""
    columns = []
    for path in paths:
        points = json.loads(path.read_text("utf-8"))["curve"] if path.exists() else []
        columns.append({point["epoch"]: f"{point['nll']:.2f}" for point in points})
    epochs = sorted({epoch for column in columns for epoch in column})
    lines = [(f"{e:,}", *(column.get(e, "") for column in columns)) for e in epochs]
    head = ("epochs", "VAE, k = 1 (86.76 after 3,280)", "IWAE, k = 5 (85.54 after 3,280)")
    return _table(head, lines)


def adbench() -> str:
    """Return the mean test AUROC of each table: ours, scikit-learn's, and what PyOD published."""
    path = RESULTS / "reproduce" / "anomaly_adbench.json"
    if not path.exists():
        return ""
    result = json.loads(path.read_text("utf-8"))
    published = ("ae", "vae", "pca", "iforest")
    lines = []
    for name, table in result["tables"].items():
        given = result["published_pyod"].get(name, {})
        means = [f"{statistics.fmean(table['auroc'][method]):.3f}" for method in METHODS]
        lines.append((name, *means, *(_digits(given.get(each)) for each in published)))
    for group, words in MEANS.items():
        means = [f"{result['mean'][group][method]:.3f}" for method in METHODS]
        lines.append((f"mean of {words}", *means, *[""] * len(published)))
    return _table(("table", *METHODS.values(), *(f"PyOD {each}" for each in published)), lines)


def detectors() -> str:
    """Return the mean test AUROC of each table: the default detector's, and others'."""
    result = _detectors()
    tables, mean = result["tables"], result["mean"]
    lines = []
    for name, left in result["leave_one_out"]["tables"].items():
        found = {**tables["ours"][name], **tables["pyod"][name]}
        shown = [f"{statistics.fmean(found[method]):.3f}" for method in mean]
        lines.append((name, *shown, f"{left['auroc']:.3f}", left["chosen"]))
    shown = [f"{mean[method]:.3f}" for method in mean]
    lines.append(("mean", *shown, f"{result['leave_one_out']['mean']:.3f}", ""))
    heads = (DETECTORS[method] for method in mean)
    return _table(("table", *heads, "left out", "what the others chose"), lines)


def duels() -> str:
    """Return how the default detector fares against each of the others, table by table."""
    lines = [
        (
            DETECTORS[name],
            *(str(each[key]) for key in ("wins", "losses", "ties")),
            f"{each['difference']:+.3f}",
            " to ".join(f"{end:+.3f}" for end in each["interval"]),
        )
        for name, each in _detectors()["duels"].items()
    ]
    return _table(("against", "wins", "losses", "ties", "mean difference", "95 %"), lines)


def _detectors() -> dict[str, Any]:
    path = RESULTS / "reproduce" / "anomaly_default.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def streams() -> str:
    """Return what training from disk takes, of stock Keras' time from memory, and its memory."""
    lines = [
        (
            f"{row['model']}, {row['from']}",
            f"{row['examples']:,}" + f", {row['source']}" * row["from"].startswith("stream"),
            f"{row['seconds_an_epoch']:.2f}",
            f"{row['of_stock_in_memory']:.2f}",
            f"{row['own_megabytes_after_each_epoch'][1]:,.0f}",
            f"{row['own_megabytes_after_each_epoch'][-1]:,.0f}",
        )
        for row in _rows("streaming")
    ]
    head = ("training", "examples", "s an epoch", "of stock Keras from memory")
    return _table((*head, "MB after epoch 2", "MB after the last"), lines)


def table_speed() -> str:
    """Return how fast a table is trained on from Parquet, and beside plain Keras."""
    speed = _result("table_streaming")["speed"]
    lines = [
        (
            way,
            ", ".join(f"{seconds:.1f}" for seconds in speed["rounds"][way][1:]),
            f"{speed['rows_a_second'][way]:,}",
            f"{speed['of_plain_keras'][way]:.2f}",
        )
        for way in speed["rounds"]
    ]
    return _table(("training", "s a round", "rows a second", "of plain Keras"), lines)


def table_memory() -> str:
    """Return the peak of a process that trains on a table from Parquet, by its rows."""
    lines = [
        (
            *(f"{row[name]:,}" for name in ("rows", "batch_size", "epochs")),
            f"{row['file_megabytes']:,.1f}",
            f"{row['peak_megabytes']:,.0f}",
            f"{row['seconds']:,.0f}",
        )
        for row in _result("table_streaming")["memory"]
    ]
    head = ("rows", "in a batch", "epochs", "MB of the file", "MB at the peak", "s")
    return _table(head, lines)


def memory() -> str:
    """Return how much memory `log_likelihood` takes as images and samples grow."""
    lines = [
        (
            f"{row['images']:,}",
            f"{row['samples']:,}",
            f"{row['images'] * row['samples']:,}",
            f"{row['peak_growth_megabytes']:,.0f}",
            f"{row['decoder_passes_a_second']:,}",
        )
        for row in _rows("log_likelihood_memory")
    ]
    head = ("images", "samples each", "decoder passes", "MB above one image's", "passes a second")
    return _table(head, lines)


def _rows(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = _result(name)["rows"]
    return rows


def _result(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
    return found


def _digits(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


def _table(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, ("---",) * len(head), *lines))


if __name__ == "__main__":
    main()
