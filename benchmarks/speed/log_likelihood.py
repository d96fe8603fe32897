"""Decoder passes a second of `log_likelihood`, against Pythae's `get_nll`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rounds
from team import WorkerError, greet, workers
from workloads import WORKLOADS, decoder_flops

# Each contestant gets as many images as fill a second or so; passes a second don't depend on it.
IMAGES = {"ours": 400, "ours_jax": 400, "pythae": 20}
COMPARED = 20
SAMPLES = 500
TRAIN = 10_000


def measure(
    contestants: list[Any],
    peers_folder: Path,
    count: int,
    data: Path,
    samples: int = SAMPLES,
    train: int = TRAIN,
    seed: int = 0,
) -> dict[str, Any]:
    """Return decoder passes a second of who has such a method, for the dense VAE.

    Each trains 3 epochs on `train` images first, so that the likelihoods can be compared; one
    round more than is counted warms up and compiles.
    """
    absent: dict[str, str] = {}
    with workers([each for each in contestants if each.name in IMAGES], peers_folder) as team:
        who, missing = greet(team)
        absent.update(missing)
        first: dict[str, float] = {}
        for name in list(team):
            task = {"data": str(data.resolve()), "train": train, "images": IMAGES[name]}
            task["compared"] = COMPARED
            try:
                team[name].start("log_likelihood", samples=samples, seed=seed, **task)
                first[name] = team[name].round()["seconds"]
            except WorkerError as error:
                rounds.note(absent, name, error)
                team.pop(name).close()
        figures = rounds.alternate(team, count, lambda worker: worker.round(), absent)
    rows = []
    for name, mine in figures.items():
        row = {"name": name, **rounds.summary(mine, None), "first": first[name]}
        row["work"] = IMAGES[name] * samples
        row["passes_per_second"] = row["work"] / row["seconds"]
        row["nll"] = mine[-1]["value"]
        rows.append(row)
    base = next((row["passes_per_second"] for row in rows if row["name"] == "pythae"), None)
    table = [
        {
            "contestant": who_title(contestants, row["name"]),
            "decoder passes a second": row["passes_per_second"],
            "times Pythae's": row["passes_per_second"] / base if base else None,
            "first call, s": row["first"],
            "images": f"{IMAGES[row['name']]}",
            f"-log-likelihood of {COMPARED}, nats": row["nll"],
        }
        for row in rows
    ]
    return {
        "what": (
            f"Dense VAE 784-400-20, {samples} importance samples an image, median of {count} "
            "alternating rounds; `model.log_likelihood` and Pythae's `get_nll`."
        ),
        "contestants": {
            name: {"title": who_title(contestants, name), **who[name]} for name in who
        },
        "mflop_per_pass": decoder_flops(WORKLOADS["dense_vae"]) / 1e6,
        "rows": rows,
        "table": table,
        "absent": absent,
    }


def who_title(contestants: list[Any], name: str) -> str:
    """Return what the table calls a contestant: its library."""
    return str(next(each.title for each in contestants if each.name == name)).split(",")[0]
