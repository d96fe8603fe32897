r"""Markdown of the results, and the tables of docs/performance.md.

    python benchmarks/speed/report_tables.py benchmarks/results/speed.json \
        benchmarks/results/speed_image_recipes.json --document docs/performance.md

In the document each table stands between `<!-- speed: NAME -->` and `<!-- end of NAME -->`; what
is between them is replaced. NAME is machine, machine of PART, front page, training, training MODEL
BATCH, image_recipes, log_likelihood, latency, scaling, start_up or in_use. What several results
have is the first one's.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from contestants import CONTESTANTS
from studies import STUDIES
from workloads import WORKLOADS, decoder_flops, training_flops

# The rows of the front page's table; the fastest of several contestants stands for them.
FRONT_PAGE = {
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
COLUMNS = {name: study.columns for name, study in STUDIES.items()} | {
    "start_up": {"what": lambda row: row["what"], "seconds": lambda row: row["seconds"]},
    "in_use": {
        "what": lambda row: row["what"],
        "s": lambda row: row["seconds"],
        "s, Keras' way": lambda row: row["plain_seconds"],
        "times as fast": lambda row: row["plain_seconds"] / row["seconds"],
    },
}
CELL_COLUMNS = {
    "contestant": lambda row: row["title"],
    "s an epoch": lambda row: row["seconds"],
    "range": lambda row: f"{number(row['fastest'])} - {number(row['slowest'])}",
    "times ours": lambda row: f"{row['ratio']:.2f}" if "ratio" in row else "",
    "first epoch, s": lambda row: row["first"],
    "loss, nats": lambda row: (
        number(row["loss"], 4) + ("" if row["learned"] else " (learned less)")
    ),
}


def table(rows: Sequence[Any], columns: Mapping[str, Callable[[Any], Any]]) -> str:
    """Return a Markdown table of each column's value of each row."""
    lines = ["| " + " | ".join(columns) + " |", "|---" + "|--:" * (len(columns) - 1) + "|"]
    for row in rows:
        values = [value(row) for value in columns.values()]
        texts = [each if isinstance(each, str) else number(each) for each in values]
        lines.append("| " + " | ".join(texts) + " |")
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
        for versions in part.get("versions", {}).values():
            found |= versions
    card = f"{about['gpu']}, " if about.get("gpu") else ""
    rate = f"{result['precision']} products at {number(about['matmul_gflops'])} GFLOP/s"
    return (
        f"{about['processor']}, {about['cores']} cores, {about['memory_gib']} GiB, {card}"
        f"{about['system']}, {rate} ({about['matmul']}); "
        f"{', '.join(f'{name} {found[name]}' for name in sorted(found))}. {result['date']}.\n"
    )


def cells(part: dict[str, Any]) -> dict[tuple[str, int], list[dict[str, Any]]]:
    """Return the training's rows by network and batch size."""
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in part["rows"]:
        found.setdefault((row["workload"], row["batch"]), []).append(row)
    return found


def training_cell(rows: list[dict[str, Any]], part: dict[str, Any], gflops: float) -> str:
    """Return one network and batch size: a row for each contestant, fastest first."""
    name, batch, examples = (rows[0][key] for key in ("workload", "batch", "examples"))
    work = gflop_per_epoch(rows[0])
    head = (
        f"{WORKLOADS[name].title}; batch {batch}, {examples:,} images an epoch; loss after "
        f"{len(rows[0]['each']) + 1} epochs. {PRODUCTS}: {number(work)} GFLOP, "
        f"{number(work / gflops)} s.\n\n"
    )
    rows = sorted((titled(row) for row in rows), key=lambda row: row["seconds"])
    left_out = [
        each for each in part["absent"] if (each["workload"], each["batch"]) == (name, batch)
    ]
    return head + table(rows, CELL_COLUMNS) + not_there(left_out)


def ratios(part: dict[str, Any], rows: Mapping[str, Sequence[str]], corner: str) -> str:
    """Return a row a title: times ours of the fastest of its contestants, for each cell."""

    def column(cell: list[dict[str, Any]]) -> Callable[[Any], str]:
        known = {row["name"]: row["ratio"] for row in cell if "ratio" in row}

        def value(row: tuple[str, Sequence[str]]) -> str:
            found = [known[name] for name in row[1] if name in known]
            return f"{min(found):.2f}" if found else "-"

        return value

    columns: dict[str, Callable[[Any], str]] = {corner: lambda row: row[0]}
    for (name, batch), cell in cells(part).items():
        columns[f"{name.replace('_', ' ')}, {batch}"] = column(cell)
    return table(list(rows.items()), columns)


def limits(part: dict[str, Any], gflops: float) -> str:
    """Return the overview's last row: what the matrix products alone would take, times ours."""
    values = [PRODUCTS]
    for rows in cells(part).values():
        ours = [row for row in rows if row["name"] == "ours"]
        shares = [gflop_per_epoch(row) / gflops / row["seconds"] for row in ours]
        values.append(f"{shares[0]:.2f}" if shares else "-")
    return "| " + " | ".join(values) + " |\n"


def sections(result: dict[str, Any]) -> dict[str, str]:
    """Return every table by the name that a document uses."""
    texts, gflops = {"machine": machine_text(result)}, result["machine"]["matmul_gflops"]
    for name, part in result["parts"].items():
        if name == "training":
            took_part = {CONTESTANTS[each].title: (each,) for each in part["versions"]}
            texts[name] = ratios(part, took_part, "times ours") + limits(part, gflops)
            texts["front page"] = ratios(part, FRONT_PAGE, "seconds an epoch, times ours")
            for (workload, batch), rows in cells(part).items():
                texts[f"training {workload} {batch}"] = training_cell(rows, part, gflops)
            continue
        rows = [titled(row) for row in part["rows"]]
        texts[name] = f"{part['what']}\n\n" + table(rows, COLUMNS[name])
        texts[name] += not_there(part.get("absent", []))
        if name == "log_likelihood":
            most = number(1e9 * gflops / decoder_flops(WORKLOADS["dense_vae"]))
            texts[name] += f"\nThe decoder's products alone allow {most} a second.\n"
    return texts


def gflop_per_epoch(row: dict[str, Any]) -> float:
    """Return the work of the matrix products of a training's row."""
    return training_flops(WORKLOADS[row["workload"]]) * row["examples"] / 1e9


def titled(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its contestant's title, if it has a contestant."""
    return row | {"title": CONTESTANTS[row["name"]].title} if "name" in row else row


def not_there(absent: Sequence[dict[str, Any]]) -> str:
    """Return why contestants are missing."""
    return "".join(f"\nNot there: {each['reason']}\n" for each in absent)


def document(result: dict[str, Any]) -> str:
    """Return a page of all tables."""
    parts = [f"## {name}\n\n{text}" for name, text in sections(result).items()]
    return "# Speed\n\n" + "\n".join(parts)


def fill(page: str, *results: dict[str, Any]) -> str:
    """Return the page with every marked table replaced by that of the first result that has it.

    Raises:
        ValueError: A mark names a table that no result has, or has no end.
    """
    texts: dict[str, str] = {}
    for result in results:
        made = sections(result)
        made |= {f"machine of {name}": made["machine"] for name in result["parts"]}
        texts = made | texts
    for name in re.findall(r"<!-- speed: (.+?) -->", page):
        if name not in texts:
            raise ValueError(
                f"the results have the tables {', '.join(texts)}. Received: the mark {name!r}"
            )
        start, end = f"<!-- speed: {name} -->", f"<!-- end of {name} -->"
        before, _, rest = page.partition(start)
        _, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"the mark {name!r} must be followed by {end!r}")
        page = f"{before}{start}\n\n{texts[name]}\n{end}{after}"
    return page


def main() -> None:
    """Fill a document's tables from results."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("results", type=Path, nargs="+")
    options.add_argument("--document", type=Path, required=True)
    arguments = options.parse_args()
    results = [json.loads(path.read_text("utf-8")) for path in arguments.results]
    page = arguments.document.read_text("utf-8")
    arguments.document.write_text(fill(page, *results), "utf-8")


if __name__ == "__main__":
    main()
