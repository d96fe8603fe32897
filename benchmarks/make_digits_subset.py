"""Make the bundled digits, keras_ae/datasets/data/digits_subset.npz, from the full MNIST data set.

    python benchmarks/make_digits_subset.py --data mnist.npz

Every class gives the same number of images, chosen with a fixed seed: 1,200 of MNIST's training
part and 200 of its test part, in the order that they have there. The same input gives the same
arrays everywhere, and the same bytes with the same version of zlib.
"""

from __future__ import annotations

import argparse
import hashlib
import io
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "keras_ae" / "datasets" / "data" / "digits_subset.npz"
CLASSES = 10
SEED = 20260


def stratified(labels: np.ndarray, per_class: int, seed: int) -> np.ndarray:
    """Return the sorted places of `per_class` randomly chosen examples of each class."""
    random = np.random.default_rng(seed)
    chosen = []
    for digit in range(CLASSES):
        places = np.flatnonzero(labels == digit)
        if len(places) < per_class:
            raise ValueError(
                f"{per_class} images of digit {digit} wanted. Received: {len(places)}"
            )
        chosen.append(random.permutation(places)[:per_class])
    return np.sort(np.concatenate(chosen))


def subset(data: bytes, train: int, test: int) -> bytes:
    """Return the .npz file with `train` and `test` images of the .npz file `data`."""
    with np.load(io.BytesIO(data), allow_pickle=False) as full:
        arrays = {}
        for part, count, seed in (("train", train, SEED), ("test", test, SEED + 1)):
            labels = full[f"y_{part}"]
            places = stratified(labels, count // CLASSES, seed)
            arrays[f"x_{part}"] = full[f"x_{part}"][places].astype(np.uint8)
            arrays[f"y_{part}"] = labels[places].astype(np.uint8)
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def main() -> None:
    """Read the arguments, write the file, and print what its README records."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, required=True, help="MNIST: x_train, y_train, x_test, y_test"
    )
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument(
        "--train", type=int, default=12_000, help="training images, a multiple of 10"
    )
    parser.add_argument("--test", type=int, default=2_000, help="test images, a multiple of 10")
    arguments = parser.parse_args()
    data = arguments.data.read_bytes()
    made = subset(data, arguments.train, arguments.test)
    arguments.output.write_bytes(made)
    print(f"input   {hashlib.sha256(data).hexdigest()}  {arguments.data.name}")
    print(
        f"output  {hashlib.sha256(made).hexdigest()}  {arguments.output.name}  {len(made):,} bytes"
    )


if __name__ == "__main__":
    main()
