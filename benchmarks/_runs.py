"""What every benchmark script shares: the data, the machine, and a JSON result."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import time
from pathlib import Path
from typing import Any

from keras_ae.datasets import Dataset, load_dataset

RESULTS = Path(__file__).parent / "results" / "reproduce"


def parser(description: str) -> argparse.ArgumentParser:
    """Return a parser with the options that all scripts have."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument(
        "--data",
        default=os.environ.get("KERAS_AE_DATA", "mnist"),
        help="mnist (downloaded) or a path to mnist.npz; default: $KERAS_AE_DATA, or mnist",
    )
    options.add_argument("--output", type=Path, help="write the result to this JSON file")
    return options


def reproduction(
    description: str, quick: str = "on the bundled 12,000 digits"
) -> argparse.ArgumentParser:
    """Return the parser of a reproduction: it has a seed too, and --quick, with this help."""
    options = parser(description)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--quick", action="store_true", help=quick)
    return options


def place(script: str, arguments: argparse.Namespace) -> Path | None:
    """Return where a reproduction's result goes: --output, else its file; None with --quick."""
    return arguments.output or (None if arguments.quick else RESULTS / f"{script}.json")


def load_mnist(name_or_path: str) -> Dataset:
    """Return full MNIST, images in [0, 1] of shape (28, 28, 1)."""
    data = load_dataset(name_or_path)
    x_train, x_test = (x.reshape(-1, 28, 28, 1) for x in (data.x_train, data.x_test))
    if (len(x_train), len(x_test)) != (60_000, 10_000):
        raise SystemExit(
            "--data must be full MNIST, 60,000 + 10,000 images. "
            f"Received: {len(x_train):,} + {len(x_test):,} images"
        )
    return Dataset(
        data.name, x_train, data.y_train, x_test, data.y_test, data.source, sha256=data.sha256
    )


def load_digits(name_or_path: str, quick: bool) -> Dataset:
    """Return full MNIST as vectors, or for a quick look the bundled subset, 12,000 + 2,000."""
    data = load_dataset("digits-subset") if quick else load_mnist(name_or_path)
    return dataclasses.replace(
        data,
        x_train=data.x_train.reshape(len(data.x_train), -1),
        x_test=data.x_test.reshape(len(data.x_test), -1),
    )


def report(
    result: dict[str, Any], data: Dataset, started: float, output: Path | None
) -> dict[str, Any]:
    """Print a result with its data and machine, write it where asked, and return it."""
    whole = with_machine(result, data, started)
    print(json.dumps(whole, indent=2), flush=True)
    if output is not None:
        write(whole, output)
    return whole


def with_machine(result: dict[str, Any], data: Dataset, started: float) -> dict[str, Any]:
    """Return a result with its data, its minutes and the machine."""
    import keras

    return {
        **result,
        "data": Path(data.source).name,
        "sha256": data.sha256,
        "minutes": round((time.time() - started) / 60, 1),
        "machine": f"{platform.machine()}, {os.cpu_count()} CPU cores",
        "keras": keras.__version__,
        "backend": keras.config.backend(),
    }


def write(result: dict[str, Any], path: Path) -> None:
    """Write a JSON file that is never there in part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    os.replace(beside, path)
