"""What every benchmark script shares: the data, the machine, and a JSON result."""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path
from typing import Any

from keras_ae.datasets import Dataset, load_dataset


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


def report(result: dict[str, Any], data: Dataset, started: float, output: Path | None) -> None:
    """Print a result with its data and machine, and write it where asked."""
    import keras

    whole = {
        **result,
        "data": Path(data.source).name,
        "sha256": data.sha256,
        "minutes": round((time.time() - started) / 60, 1),
        "machine": f"{platform.machine()}, {os.cpu_count()} CPU cores",
        "keras": keras.__version__,
        "backend": keras.config.backend(),
    }
    text = json.dumps(whole, indent=2)
    print(text)
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        beside = output.with_suffix(".part")
        beside.write_text(text + "\n")
        os.replace(beside, output)
