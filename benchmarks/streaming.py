"""Training from disk against training from memory: seconds an epoch, and memory over the epochs.

The dense VAE 784-400-20 and the convolutional one on the same images: held in memory, streamed
from a mapped .npy file and from a folder of PNG files, with and without reading ahead. Medians of
alternating epochs, the first of each left out; `stock` is Keras' own way, one step a call.

    python benchmarks/streaming.py --data mnist.npz
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from _runs import load_mnist, parser, report

BATCH = 128


def main() -> None:
    """Measure both models and report."""
    options = parser(__doc__ or "")
    options.add_argument("--examples", type=int, default=60_000)
    options.add_argument("--files", type=int, default=10_000, help="PNG files")
    options.add_argument("--epochs", type=int, default=5, help="counted epochs of each")
    arguments = options.parse_args()
    started = time.time()
    data = load_mnist(arguments.data)
    x = data.x_train[: arguments.examples]
    with tempfile.TemporaryDirectory() as folder:
        npy, images = Path(folder, "images.npy"), Path(folder, "images")
        np.save(npy, x)
        write_pngs(images, x[: arguments.files])
        rows = [
            *measure("dense", x.reshape(-1, 784), npy, arguments.epochs),
            *measure("convolutional", x[: arguments.files], images, arguments.epochs),
        ]
    report(
        {"what": (__doc__ or "").splitlines()[0], "rows": rows}, data, started, arguments.output
    )


def write_pngs(folder: Path, x: np.ndarray) -> None:
    """Write one grey PNG an image."""
    from PIL import Image

    folder.mkdir()
    for number, image in enumerate(np.round(x[..., 0] * 255).astype("uint8")):
        Image.fromarray(image).save(folder / f"{number:06}.png")


def measure(kind: str, x: np.ndarray, path: Path, epochs: int) -> list[dict[str, Any]]:
    """Return a row for each way to feed one model, measured in turns."""
    ways = {
        "in memory": (lambda: x, "auto"),
        "in memory, stock": (lambda: x, 1),
        "stream": (lambda: stream(path, x, ahead=True), "auto"),
        "stream, 32 steps a call": (lambda: stream(path, x, ahead=True), 32),
        "stream, nothing read ahead": (lambda: stream(path, x, ahead=False), "auto"),
    }
    runs = {name: Run(kind, x.shape[1:], feed(), steps) for name, (feed, steps) in ways.items()}
    for _ in range(epochs + 1):
        for run in runs.values():
            run.epoch()
    base = statistics.median(runs["in memory, stock"].seconds[1:])
    return [
        {
            "model": kind,
            "from": name,
            "source": "PNG files" if path.is_dir() else ".npy file",
            "examples": len(x),
            "seconds_an_epoch": round(statistics.median(run.seconds[1:]), 3),
            "of_stock_in_memory": round(statistics.median(run.seconds[1:]) / base, 3),
            "own_megabytes_after_each_epoch": run.megabytes,
        }
        for name, run in runs.items()
    ]


def stream(path: Path, x: np.ndarray, ahead: bool) -> Any:
    """Return a stream in the shape of x."""
    import tensorflow as tf

    from keras_ae.datasets._open_source import open_source
    from keras_ae.datasets.stream_dataset import pipeline

    batches = pipeline(open_source(path), BATCH, True, 0, ahead=ahead)
    if x.ndim == 2:
        batches = batches.map(lambda batch: tf.reshape(batch, (-1, x.shape[1])))
    return batches


class Run:
    """A model and its data, trained epoch by epoch."""

    def __init__(self, kind: str, shape: tuple[int, ...], data: Any, steps: Any) -> None:
        import keras

        import keras_ae

        keras.utils.set_random_seed(0)
        options: dict[str, Any] = {"units": (400,)} if kind == "dense" else {"filters": (32, 64)}
        likelihood = keras_ae.layers.BernoulliLikelihood()
        self.model = keras_ae.create_model(
            "vae", shape, latent_dim=20, likelihood=likelihood, seed=0, **options
        )
        self.model.compile(keras.optimizers.Adam(1e-3), steps_per_execution=steps)
        self.data = data
        self.seconds: list[float] = []
        self.megabytes: list[float] = []

    def epoch(self) -> None:
        """Train one epoch; the call's own start counts, as it does for a user."""
        # A stream has its batches; an array needs their size.
        sized: dict[str, Any] = {"batch_size": BATCH} if isinstance(self.data, np.ndarray) else {}
        started = time.perf_counter()
        self.model.fit(self.data, epochs=1, verbose=0, **sized)
        self.seconds.append(time.perf_counter() - started)
        self.megabytes.append(round(own_memory(), 1))


def own_memory() -> float:
    """Return the megabytes of the process that are no mapped file; NaN where /proc isn't."""
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(fields["RssAnon"].split()[0]) / 1024


if __name__ == "__main__":
    main()
