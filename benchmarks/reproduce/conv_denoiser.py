"""Row 2: keras.io's convolutional denoiser, noise 0.4, cross-entropy a pixel on MNIST.

Published (keras.io/examples/vision/autoencoder): 0.0839 on noisy test images after 50 epochs as an
autoencoder and 100 as a denoiser; 28,353 weights, Adam, batch 128. As there, each image gets one
draw of noise, N(0, 0.4**2) clipped to [0, 1], and the model trains on these pairs. Here it trains
as a denoiser at once, and no longer than --minutes: the result says how many epochs that were.

    python -m benchmarks.reproduce.conv_denoiser --data mnist.npz
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks._runs import load_digits, place, report, reproduction

WEIGHTS = 28_353
NOISE = 0.4


def main(argv: list[str] | None = None) -> dict[str, Any]:
    """Train the denoiser and return the result."""
    options = reproduction(__doc__ or "")
    options.add_argument("--epochs", type=int, default=100)
    options.add_argument("--minutes", type=float, default=9.0, help="stop after these")
    arguments = options.parse_args(argv)
    started = time.time()
    data = load_digits(arguments.data, arguments.quick)
    history = train(data, arguments.seed, arguments.epochs, started + 60 * arguments.minutes)
    curve = [round(nll / 784, 5) for nll in history["val_nll"]]
    what = (
        f"keras.io's convolutional denoiser, noise {NOISE}, {len(curve)} epochs of 150: "
        "test BCE a pixel"
    )
    result = {
        "row": 2,
        "script": "conv_denoiser",
        "evidence": [{"what": what, "published": 0.0839, "here": f"{curve[-1]:.4f}"}],
        "test_bce_per_pixel": curve[-1],
        "epochs": len(curve),
        "weights": WEIGHTS,
        "seed": arguments.seed,
        "curve": curve,
    }
    return report(result, data, started, place(result["script"], arguments))


def train(data: Any, seed: int, epochs: int, end: float) -> dict[str, list[float]]:
    """Train on pairs until the epochs or the time are over; return the history in nats."""
    import keras

    keras.utils.set_random_seed(seed)
    random = np.random.default_rng(seed)
    pairs = [(_noisy(x, random), _images(x)) for x in (data.x_train, data.x_test)]
    model = make()
    if model.count_params() != WEIGHTS:
        raise SystemExit(f"The network must have {WEIGHTS} weights, not {model.count_params()}.")
    model.compile(keras.optimizers.Adam(1e-3))

    class StopInTime(keras.callbacks.Callback):
        def on_epoch_end(self, *_: Any) -> None:
            self.model.stop_training = time.time() > end

    return model.fit(
        *pairs[0],
        batch_size=128,
        epochs=epochs,
        validation_data=pairs[1],
        callbacks=[StopInTime()],
        verbose=2,
    ).history


def make() -> Any:
    """Return keras.io's network: two convolutions and poolings, and their mirror."""
    import keras

    import keras_ae
    from keras_ae import layers

    class Flat(layers.Bottleneck):
        """The features as they are: the code is the map of 7 x 7 x 32 itself."""

        def call(self, features: Any) -> Any:
            return features

        def encode(self, features: Any) -> Any:
            return features

    convolution = {"padding": "same", "activation": "relu"}
    return keras_ae.DenoisingAutoencoder(
        encoder=keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                keras.layers.Conv2D(32, 3, **convolution),
                keras.layers.MaxPooling2D(2, padding="same"),
                keras.layers.Conv2D(32, 3, **convolution),
                keras.layers.MaxPooling2D(2, padding="same"),
                keras.layers.Flatten(),
            ]
        ),
        bottleneck=Flat(7 * 7 * 32),
        decoder=keras.Sequential(
            [
                keras.Input((7 * 7 * 32,)),
                keras.layers.Reshape((7, 7, 32)),
                keras.layers.Conv2DTranspose(32, 3, strides=2, **convolution),
                keras.layers.Conv2DTranspose(32, 3, strides=2, **convolution),
                keras.layers.Conv2D(1, 3, padding="same"),
            ]
        ),
    )


def _images(x: np.ndarray) -> np.ndarray:
    return x.reshape(-1, 28, 28, 1)


def _noisy(x: np.ndarray, random: np.random.Generator) -> np.ndarray:
    noise = random.standard_normal(x.shape, "float32")
    return _images(np.clip(x + NOISE * noise, 0.0, 1.0))


if __name__ == "__main__":
    main()
