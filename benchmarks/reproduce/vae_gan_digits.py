"""Row 15: how sharp reconstructions are with a discriminator, on scikit-learn's 8 x 8 digits.

A `vae` and a `vae_gan` of the same network, seed and training. Sharpness is the mean absolute
difference of pixels that are neighbours in a row or a column, of the test images and of their
reconstructions. There is no published figure; to reach are the images themselves.

    python -m benchmarks.reproduce.vae_gan_digits
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks._runs import place, report, reproduction
from keras_ae.datasets import load_dataset

LATENT_DIM = 4
FILTERS = (16, 32)
BATCH_SIZE = 32


def main(argv: list[str] | None = None) -> dict[str, Any]:
    """Train both models and return the result."""
    options = reproduction(__doc__ or "", "write no result")
    options.add_argument("--epochs", type=int, default=30)
    arguments = options.parse_args(argv)
    started = time.time()
    data = load_dataset("digits")
    found = {
        name: train(name, data, arguments.seed, arguments.epochs) for name in ("vae", "vae_gan")
    }
    images = sharpness(data.x_test)
    plain, judged = found["vae"], found["vae_gan"]
    result = {
        "row": 15,
        "script": "vae_gan_digits",
        "evidence": [
            {
                "what": (
                    f"`vae_gan`, 8 x 8 digits, {arguments.epochs} epochs: mean step between "
                    "neighbouring pixels of reconstructions; of a `vae`'s; the images'"
                ),
                "published": f"{images:.3f}",
                "here": f"{judged['sharpness']:.3f}; {plain['sharpness']:.3f}",
            }
        ],
        "images": round(images, 4),
        "models": found,
        "seed": arguments.seed,
        "epochs": arguments.epochs,
    }
    return report(result, data, started, place(result["script"], arguments))


def train(name: str, data: Any, seed: int, epochs: int) -> dict[str, float]:
    """Train a model; return its nats of the test images and how sharp it reconstructs them."""
    import keras

    import keras_ae

    keras.utils.set_random_seed(seed)
    model = keras_ae.create_model(
        name, data.x_train.shape[1:], latent_dim=LATENT_DIM, filters=FILTERS, seed=seed
    )
    model.compile("adam")
    model.fit(data.x_train, batch_size=BATCH_SIZE, epochs=epochs, verbose=2)
    test = model.evaluate(data.x_test, verbose=0, return_dict=True)
    logged = ("nll", "kl", "discriminator_accuracy")
    return {
        "sharpness": round(sharpness(model.reconstruct(data.x_test)), 4),
        **{each: round(test[each], 3) for each in logged if each in test},
    }


def sharpness(images: np.ndarray) -> float:
    """Return the mean absolute difference of neighbouring pixels."""
    steps = [np.abs(np.diff(images, axis=axis)).ravel() for axis in (1, 2)]
    return float(np.concatenate(steps).mean(dtype="float64"))


if __name__ == "__main__":
    main()
