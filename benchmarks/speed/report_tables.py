"""Markdown of the results, and the tables of docs/performance.md.

    python benchmarks/speed/report_tables.py speed.json --document docs/performance.md

In the document each table stands between `<!-- speed: NAME -->` and `<!-- end of NAME -->`; what
is between them is replaced. NAME is machine, front page, training, training MODEL BATCH,
log_likelihood, latency, scaling, start_up or in_use.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from machine import SIDE

# The rows of the front page's table; the fastest of several contestants stands for them.
FRONT = {
    "keras_ae, `fit`": ("ours",),
    "Keras, `fit`, default options": ("stock",),
    "Keras, `fit`, the best of its options": (
        "stock",
        "stock_jit",
        "stock_jit_32",
        "stock_nojit_32",
    ),
    "PyTorch, a plain loop": ("torch",),
    "Pythae, its trainer": ("pythae",),
}
PRODUCTS = "An epoch's matrix products alone, at the machine's rate"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first are right-aligned."""
    lines = ["| " + " | ".join(header) + " |", "|---" + "|--:" * (len(header) - 1) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with so many significant digits, and no exponent."""
    if value is None:
        return ""
    if value == 0 or abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{value:,.{digits}g}" if abs(value) >= 1e-3 else f"{value:.4f}"


def machine_text(result: dict[str, Any]) -> str:
    """Return the machine and the versions in a paragraph."""
    about = result["machine"]
    found: dict[str, str] = {}
    for part in result["parts"].values():
        for who in part.get("contestants", {}).values():
            found.update(who["versions"])
    versions = ", ".join(f"{name} {found[name]}" for name in sorted(found))
    rate = f"float32 products at {number(gflops(result))} GFLOP/s (NumPy, {SIDE} x {SIDE})"
    return (
        f"{about['processor']}, {about['cores']} cores, {about['memory_gib']} GiB, "
        f"{about['system']}, {rate}; {versions}. {result['date']}.\n"
    )


def gflops(result: dict[str, Any]) -> float:
    """Return the machine's rate of matrix products, in GFLOP a second."""
    return float(result["machine"]["matmul_gflops"])


def training_cell(cell: dict[str, Any], titles: dict[str, str], rate: float) -> str:
    """Return one model and batch size: a row for each contestant, fastest first.

    `rate` is the machine's, in GFLOP a second.
    """
    rows = []
    for row in sorted(cell["rows"], key=lambda row: row["seconds"]):
        loss = number(row["loss"], 4) + ("" if row["learned"] else " (learned less)")
        rows.append(
            (
                titles[row["name"]],
                number(row["seconds"]),
                f"{number(row['fastest'])} - {number(row['slowest'])}",
                f"{row['ratio']:.2f}" if "ratio" in row else "",
                number(row["first_epoch_seconds"]),
                loss,
            )
        )
    head = (
        f"{cell['title']}; batch {cell['batch']}, {cell['examples']:,} images an epoch; loss "
        f"after {cell['epochs']} epochs. {PRODUCTS}: {number(cell['gflop_per_epoch'])} GFLOP, "
        f"{number(cell['gflop_per_epoch'] / rate)} s.\n\n"
    )
    columns = (
        "contestant",
        "s an epoch",
        "range",
        "times ours",
        "first epoch, s",
        "loss, nats",
    )
    absent = "".join(f"\nNot there: {reason}\n" for reason in cell["absent"].values())
    return head + table(columns, rows) + absent


def training_overview(part: dict[str, Any], rate: float) -> str:
    """Return how many times as long as ours everybody takes, for all models and batches.

    The last row is what the matrix products alone would take at `rate`, in GFLOP a second.
    """
    everybody = {who["title"]: (name,) for name, who in part["contestants"].items()}
    limits = [PRODUCTS]
    for cell in part["cells"]:
        ours = [row["seconds"] for row in cell["rows"] if row["name"] == "ours"]
        limits.append(f"{cell['gflop_per_epoch'] / rate / ours[0]:.2f}" if ours else "-")
    return _ratios(part, everybody, "times ours", limits)


def front_page(part: dict[str, Any]) -> str:
    """Return times ours of Keras as it comes, of the best of its options, and of the peers."""
    return _ratios(part, FRONT, "seconds an epoch, times ours")


def _ratios(
    part: dict[str, Any],
    rows: Mapping[str, Sequence[str]],
    corner: str,
    last: Sequence[str] | None = None,
) -> str:
    """Return a row a title: times ours of the fastest of its contestants, for each cell.

    `last` is a row to end with.
    """
    header = [corner]
    lines: dict[str, list[str]] = {title: [] for title in rows}
    for cell in part["cells"]:
        header.append(f"{cell['model'].replace('_', ' ')}, {cell['batch']}")
        ratios = {row["name"]: row["ratio"] for row in cell["rows"] if "ratio" in row}
        for title, names in rows.items():
            found = [ratios[name] for name in names if name in ratios]
            lines[title].append(f"{min(found):.2f}" if found else "-")
    return table(header, [[title, *each] for title, each in lines.items()] + [last] * bool(last))


def simple(part: dict[str, Any]) -> str:
    """Return a part whose rows are already a table: columns, and rows of values by column."""
    rows = [
        [value if isinstance(value, str) else number(value) for value in row.values()]
        for row in part["table"]
    ]
    header = list(part["table"][0]) if part["table"] else ["nothing"]
    absent = "".join(f"\nNot there: {reason}\n" for reason in part.get("absent", {}).values())
    return f"{part['what']}\n\n" + table(header, rows) + absent


def sections(result: dict[str, Any]) -> dict[str, str]:
    """Return every table by the name that a document uses."""
    texts, rate = {"machine": machine_text(result)}, gflops(result)
    for name, part in result["parts"].items():
        if name != "training":
            texts[name] = simple(part)
            if "mflop_per_pass" in part:
                most = 1000 * rate / part["mflop_per_pass"]
                texts[name] += f"\nThe decoder's products alone allow {number(most)} a second.\n"
            continue
        texts[name] = training_overview(part, rate)
        texts["front page"] = front_page(part)
        titles = {who: each["title"] for who, each in part["contestants"].items()}
        for cell in part["cells"]:
            texts[f"training {cell['model']} {cell['batch']}"] = training_cell(cell, titles, rate)
    return texts


def document(result: dict[str, Any]) -> str:
    """Return a page of all tables."""
    parts = [f"## {name}\n\n{text}" for name, text in sections(result).items()]
    quiet = [
        f"{cell['model']} {cell['batch']}: {cell['others_cores']:.2f}"
        for cell in result["parts"].get("training", {}).get("cells", [])
        if cell["others_cores"] is not None
    ]
    note = "Most cores that other processes used in a timed epoch: " + "; ".join(quiet)
    return "# Speed\n\n" + "\n".join(parts) + (f"\n{note}.\n" if quiet else "")


def fill(page: str, result: dict[str, Any]) -> str:
    """Return the page with every marked table replaced by the result's.

    Raises:
        ValueError: A mark names a table that the result doesn't have, or has no end.
    """
    texts = sections(result)
    for name in re.findall(r"<!-- speed: (.+?) -->", page):
        if name not in texts:
            raise ValueError(
                f"the result has the tables {', '.join(texts)}. Received: the mark {name!r}"
            )
        start, end = f"<!-- speed: {name} -->", f"<!-- end of {name} -->"
        before, _, rest = page.partition(start)
        _, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"the mark {name!r} must be followed by {end!r}")
        page = f"{before}{start}\n\n{texts[name]}\n{end}{after}"
    return page


def write(path: Path, text: str) -> None:
    """Write beside the destination and move into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_text(text, "utf-8")
    os.replace(beside, path)


def main() -> None:
    """Fill a document's tables from a result."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("result", type=Path)
    options.add_argument("--document", type=Path, required=True)
    arguments = options.parse_args()
    result = json.loads(arguments.result.read_text("utf-8"))
    write(arguments.document, fill(arguments.document.read_text("utf-8"), result))


if __name__ == "__main__":
    main()
