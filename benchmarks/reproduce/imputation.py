"""Row 8 too: missing cells by MIWAE beside scikit-learn's imputers, one configuration for all.

Tables of scikit-learn and of ADBench, standardized; 10, 30 and 50 % of their cells are hidden
completely at random (seed 0), all methods see the same table and fill it, and are judged by the
root mean square of the errors of the hidden cells, in standard deviations. KNNImputer and
IterativeImputer are scikit-learn's, at their defaults, and so is the mean. Ours is the mean of two
runs of `TableModel`, whose imputation is the mean over 1,000 weighted latents.

    python -m benchmarks.reproduce.imputation --data adbench
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import platform
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import _runs
from keras_ae.tables import MIWAE, TableBound, TableModel, TableSchema

RESULT = Path(__file__).parents[1] / "results" / "reproduce" / "imputation.json"
OWN = ("breast_cancer", "diabetes", "iris", "wine")  # of scikit-learn
OTHERS = ("glass", "thyroid", "vowels")  # of ADBench
RATES = (0.1, 0.3, 0.5)
LATENT_DIM, UNITS, SAMPLES, STEPS, BATCH = 8, (64, 64), 10, 3000, 64
Fill = Callable[[np.ndarray], np.ndarray]


def by_mean(table: np.ndarray) -> np.ndarray:
    """Fill each column with its mean."""
    from sklearn.impute import SimpleImputer

    return SimpleImputer().fit_transform(table)


def by_neighbours(table: np.ndarray) -> np.ndarray:
    """Fill cells with the mean of the five nearest rows that have them."""
    from sklearn.impute import KNNImputer

    return KNNImputer().fit_transform(table)


def iteratively(table: np.ndarray) -> np.ndarray:
    """Fill each column by a Bayesian regression on the others, ten times round."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # ten times round is its default
        return IterativeImputer(random_state=0).fit_transform(table)


def by_bound(bound: TableBound, table: np.ndarray) -> np.ndarray:
    """Fill cells with their mean under two models that are trained on a bound."""
    import pandas as pd

    names = [f"c{place}" for place in range(table.shape[1])]
    frame = pd.DataFrame(table, columns=names)
    schema = TableSchema.infer(frame, kinds=dict.fromkeys(names, "numeric"))
    filled = []
    for seed in range(2):
        model = TableModel(schema, LATENT_DIM, bound, units=UNITS, seed=seed)
        model.fit(frame, epochs=-(-STEPS * BATCH // len(frame)), batch_size=BATCH)
        filled.append(model.impute(frame).to_numpy())
    return np.mean(filled, axis=0)


METHODS: dict[str, Fill] = {
    "miwae": functools.partial(by_bound, MIWAE(SAMPLES)),
    "iterative": iteratively,
    "knn": by_neighbours,
    "mean": by_mean,
}


def read(name: str, folder: Path) -> np.ndarray:
    """Return a table, standardized, without constant columns."""
    if name in OWN:
        from sklearn import datasets

        x = getattr(datasets, f"load_{name}")().data.astype("float64")
    else:
        with np.load(folder / f"{name}.npz") as table:
            x = table["X"].astype("float64")
    x = x[:, x.std(axis=0) > 0]
    return (x - x.mean(axis=0)) / x.std(axis=0)


def hidden_at_random(x: np.ndarray, rate: float) -> np.ndarray:
    """Return which cells are hidden, whatever their values."""
    hidden = np.random.default_rng(0).random(x.shape) < rate
    hidden[hidden.all(axis=1), 0] = False  # a row with no cell at all tells nothing
    return hidden


def errors(
    x: np.ndarray, hidden: np.ndarray, methods: dict[str, Fill] = METHODS
) -> dict[str, float]:
    """Return each method's root mean square error of the hidden cells."""
    table = np.where(hidden, np.nan, x)
    return {
        name: round(float(np.sqrt(np.mean((fill(table) - x)[hidden] ** 2))), 4)
        for name, fill in methods.items()
    }


def summary(tables: dict[str, Any]) -> dict[str, Any]:
    """Return how often each method has the smallest error, and the mean error by rate."""
    rows = [each for table in tables.values() for each in table.values()]
    best = [min(each, key=each.__getitem__) for each in rows]
    return {
        "cases": len(rows),
        "best": {name: best.count(name) for name in METHODS},
        "mean": {
            rate: {
                name: round(float(np.mean([table[rate][name] for table in tables.values()])), 4)
                for name in METHODS
            }
            for rate in next(iter(tables.values()))
        },
    }


def main() -> None:
    """Compute what is missing of the result, table by table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, help="the folder of ADBench's tables")
    options.add_argument("--output", type=Path, default=RESULT, help="the JSON file of the result")
    arguments = options.parse_args()
    known = json.loads(arguments.output.read_text("utf-8")) if arguments.output.exists() else {}
    tables, minutes = known.get("tables", {}), known.get("minutes", 0.0)
    for name in (*OWN, *(OTHERS if arguments.data else ())):
        if name in tables:
            continue
        started = time.time()
        x = read(name, arguments.data or Path())
        tables[name] = {f"{rate:.0%}": errors(x, hidden_at_random(x, rate)) for rate in RATES}
        minutes = round(minutes + (time.time() - started) / 60, 2)
        print(name, x.shape, tables[name], flush=True)
        write(arguments.output, tables, minutes)


def write(path: Path, tables: dict[str, Any], minutes: float) -> None:
    """Write the result so far."""
    found = summary(tables)
    result = {
        "row": 8,
        "script": "imputation",
        "what": "root mean square error of hidden cells, in standard deviations",
        "evidence": [
            {
                "what": f"`TableModel`, MIWAE: hidden cells of {len(tables)} tables, 10, 30 and "
                "50 % hidden: smallest error, of all cases; IterativeImputer, KNNImputer",
                "published": f"{found['best']['iterative']}, {found['best']['knn']}",
                "here": f"{found['best']['miwae']} of {found['cases']}",
            }
        ],
        "seed": "0, 1",
        "minutes": minutes,
        "machine": f"{platform.machine()}, {os.cpu_count()} CPU cores",
        **found,
        "tables": tables,
    }
    _runs.write(result, path)


if __name__ == "__main__":
    main()
