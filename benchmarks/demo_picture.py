"""Make docs/images/demo.png, the picture on top of the README, from a run of the demo.

    keras-ae demo
    python benchmarks/demo_picture.py saved_models/mnist_vae

Above, test digits and what the model makes of them; below, digits that it makes up. The file has
few colours, so that the repository stays small.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from keras_ae import plotting
from keras_ae.datasets import load_dataset

OUTPUT = Path(__file__).parents[1] / "docs" / "images" / "demo.png"
LARGEST = 150_000  # bytes
COLOURS = 32
GAP = 30  # pixels between the two pictures
COLUMNS, ROWS = 10, 3


def main() -> None:
    """Draw, and write the file."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("run", type=Path, help="directory that the demo has written")
    options.add_argument("--output", type=Path, default=OUTPUT)
    given = options.parse_args()
    model = keras.models.load_model(given.run / "model.keras")
    data = load_dataset("digits-subset")
    _, first = np.unique(data.y_test, return_index=True)
    x = data.x_test[first]
    pictures = [
        plotting.reconstructions(x, model.reconstruct(x), title="Test digits, reconstructed"),
        plotting.samples(
            model.generate(COLUMNS * ROWS, seed=0), COLUMNS, title="Digits that the model makes up"
        ),
    ]
    whole = _stacked([Image.open(io.BytesIO(each._repr_png_())) for each in pictures])
    few = whole.convert("L").quantize(COLOURS)
    given.output.parent.mkdir(parents=True, exist_ok=True)
    few.save(given.output, optimize=True)
    size = given.output.stat().st_size
    print(f"{given.output}: {few.width} x {few.height} pixels, {size:,} bytes")
    if size > LARGEST:
        raise SystemExit(f"expected at most {LARGEST:,} bytes")


def _stacked(images: list[Image.Image]) -> Image.Image:
    """Return pictures below each other, their right sides in one line."""
    width = max(image.width for image in images)
    height = sum(image.height for image in images) + GAP * (len(images) - 1)
    whole = Image.new("RGB", (width, height), "white")
    top = 0
    for image in images:
        whole.paste(image.convert("RGB"), (width - image.width, top))
        top += image.height + GAP
    return whole


if __name__ == "__main__":
    main()
