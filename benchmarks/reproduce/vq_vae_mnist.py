"""Row 12: keras.io's VQ-VAE, latent 16, 128 codes, squared error of MNIST by its variance.

Published (keras.io/examples/generative/vq_vae): 0.0444, the mean over the batches of epoch 30 on
the 60,000 training images, as pixels - 0.5; convolutions of 32 and 64 filters with strides of 2
and their mirror, 49,937 weights, Adam, batch 128. Its loss is ours / 784: the squared error of a
pixel by the variance, plus the codebook's and 0.25 times the commitment's, of a number of the
code, of which there are 784 too. Trained once with the codebook moved by its gradient, as there,
and once by moving averages, the default here.

    python -m benchmarks.reproduce.vq_vae_mnist --data mnist.npz
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks._runs import load_digits, place, report, reproduction

PUBLISHED = 0.0444
PIXELS = 784
WEIGHTS = 49_937
WAYS = {"gradient": None, "moving averages": 0.99}  # decay


def main(argv: list[str] | None = None) -> dict[str, Any]:
    """Train both ways and return the result."""
    options = reproduction(__doc__ or "")
    options.add_argument("--epochs", type=int, default=30)
    arguments = options.parse_args(argv)
    started = time.time()
    data = load_digits(arguments.data, arguments.quick)
    found = {
        name: train(data, decay, arguments.seed, arguments.epochs) for name, decay in WAYS.items()
    }
    evidence = [
        {
            "what": (
                f"keras.io's VQ-VAE, {arguments.epochs} epochs, codebook by {name}: "
                "squared error / variance in training"
            ),
            "published": PUBLISHED,
            "here": f"{each['curve'][-1]:.4f}",
        }
        for name, each in found.items()
    ]
    result = {
        "row": 12,
        "script": "vq_vae_mnist",
        "evidence": evidence,
        "ways": found,
        "weights": WEIGHTS,
        "seed": arguments.seed,
        "epochs": arguments.epochs,
    }
    return report(result, data, started, place(result["script"], arguments))


def train(data: Any, decay: float | None, seed: int, epochs: int) -> dict[str, Any]:
    """Train one way; return the error of each epoch, the test images' and the use of the codes."""
    import keras

    keras.utils.set_random_seed(seed)
    x, test = (each.reshape(-1, 28, 28, 1) - 0.5 for each in (data.x_train, data.x_test))
    variance = float(np.var(x, dtype="float64"))
    model = make(variance, decay, seed)
    model.compile(keras.optimizers.Adam())
    history = model.fit(x, batch_size=128, epochs=epochs, verbose=2).history
    # Of the nats, what isn't the normals' constant is PIXELS * squared error / variance.
    constant = 0.5 * PIXELS * np.log(np.pi * variance)
    error = np.mean(np.square(model.reconstruct(test) - test), dtype="float64")
    codes = np.unique(model.functions()["indices"](test)["indices"])
    return {
        "curve": [round(float(nll - constant) / PIXELS, 5) for nll in history["nll"]],
        "test": round(float(error) / variance, 5),
        "codes_used_in_test": len(codes),
        "perplexity": round(history["perplexity"][-1], 1),
    }


def make(variance: float, decay: float | None, seed: int) -> Any:
    """Return keras.io's network; the likelihood weighs the squared error by the variance."""
    import keras

    import keras_ae
    from keras_ae import layers

    convolution = {"strides": 2, "padding": "same", "activation": "relu"}
    model = keras_ae.Autoencoder(
        encoder=keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                keras.layers.Conv2D(32, 3, **convolution),
                keras.layers.Conv2D(64, 3, **convolution),
            ]
        ),
        bottleneck=layers.VectorQuantizer(16, codes=128, decay=decay, seed=seed),
        decoder=keras.Sequential(
            [
                keras.Input((7, 7, 16)),
                keras.layers.Conv2DTranspose(64, 3, **convolution),
                keras.layers.Conv2DTranspose(32, 3, **convolution),
                keras.layers.Conv2DTranspose(1, 3, padding="same"),
            ]
        ),
        likelihood=layers.GaussianLikelihood(scale=(variance / 2.0) ** 0.5),
    )
    averages = 0 if decay is None else 128 + 128 * 16  # counts and sums
    if model.count_params() - averages != WEIGHTS:
        raise SystemExit(
            f"The network must have {WEIGHTS} weights, not {model.count_params() - averages}."
        )
    return model


if __name__ == "__main__":
    main()
