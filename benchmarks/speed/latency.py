"""Milliseconds of `encode` and `decode`, against `predict` of the same networks in plain Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rounds
from log_likelihood import who_title
from team import Worker, WorkerError, greet, workers

# (images, batch size, calls a round)
SIZES = ((1, 1, 20), (128, 128, 20), (10_000, 1_000, 2))
NAMES = ("ours", "stock", "ours_jax", "stock_jax")


def measure(
    contestants: list[Any],
    peers_folder: Path,
    count: int,
    data: Path,
    sizes: Any = SIZES,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the time of a whole call, arrays to arrays, for the dense VAE's two halves."""
    absent: dict[str, str] = {}
    rows: list[dict[str, Any]] = []
    with workers([each for each in contestants if each.name in NAMES], peers_folder) as team:
        who, missing = greet(team)
        absent.update(missing)
        for images, batch, repeats in sizes:
            ready: dict[str, Worker] = {}
            for name, worker in team.items():
                task = {"data": str(data.resolve()), "batch": batch, "images": images}
                try:
                    worker.start("latency", seed=seed, **task)
                    for call in ("encode", "decode"):
                        worker.round(call=call, repeats=2)
                    ready[name] = worker
                except WorkerError as error:
                    rounds.note(absent, name, error)
            for call in ("encode", "decode"):
                arguments = {"call": call, "repeats": repeats}
                figures = rounds.alternate(
                    ready, count, lambda worker, a=arguments: worker.round(**a), absent
                )
                rows += _rows(figures, call, images, batch, repeats)
            for worker in ready.values():
                worker.stop()
    table = [
        {
            "call": row["call"],
            "images": f"{row['images']:,}",
            "contestant": who_title(contestants, row["name"]),
            "ms a call": row["ms"],
            "times ours": row.get("ratio"),
        }
        for row in rows
    ]
    return {
        "what": (
            "Dense VAE 784-400-20: `model.encode` and `model.decode` against `predict` of an "
            f"encoder and a decoder in plain Keras, median of {count} alternating rounds; 10,000 "
            "images in batches of 1,000."
        ),
        "contestants": {
            name: {"title": who_title(contestants, name), **who[name]} for name in who
        },
        "rows": rows,
        "table": table,
        "absent": absent,
    }


def _rows(figures: Any, call: str, images: int, batch: int, repeats: int) -> list[dict[str, Any]]:
    """Return a row for each contestant; on JAX ours is compared with Keras on JAX."""
    rows = []
    for name, mine in figures.items():
        reference = figures.get("ours_jax" if name.endswith("_jax") else "ours")
        row = {"name": name, "call": call, "images": images, "batch": batch}
        row |= rounds.summary(mine, reference)
        row["ms"] = 1000 * row["seconds"] / repeats
        rows.append(row)
    return rows
