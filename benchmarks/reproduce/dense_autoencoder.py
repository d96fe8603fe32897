"""Row 2: the dense autoencoder of the Keras blog, 32 units, cross-entropy a pixel on MNIST.

Published (blog.keras.io/building-autoencoders-in-keras.html): about 0.09 on test images after 50
epochs of batch 256 with Adam, 784-32-784, relu code, sigmoid output.

    python -m benchmarks.reproduce.dense_autoencoder --data mnist.npz
"""

from __future__ import annotations

import time
from typing import Any

from benchmarks._runs import load_digits, place, report, reproduction


def main(argv: list[str] | None = None) -> dict[str, Any]:
    """Train the autoencoder and return the result."""
    options = reproduction(__doc__ or "")
    options.add_argument("--epochs", type=int, default=50)
    arguments = options.parse_args(argv)
    started = time.time()
    data = load_digits(arguments.data, arguments.quick)
    history = train(data, arguments.seed, arguments.epochs)
    loss = history["val_nll"][-1] / 784
    what = f"Keras blog's dense autoencoder, 32 units, {arguments.epochs} epochs: test BCE a pixel"
    result = {
        "row": 2,
        "script": "dense_autoencoder",
        "evidence": [{"what": what, "published": "about 0.09", "here": f"{loss:.4f}"}],
        "test_bce_per_pixel": loss,
        "train_bce_per_pixel": history["nll"][-1] / 784,
        "epochs": arguments.epochs,
        "seed": arguments.seed,
        "curve": [round(nll / 784, 5) for nll in history["val_nll"]],
    }
    return report(result, data, started, place(result["script"], arguments))


def train(data: Any, seed: int, epochs: int) -> dict[str, list[float]]:
    """Train the model and return its history, in nats an image."""
    import keras

    import keras_ae
    from keras_ae import layers

    keras.utils.set_random_seed(seed)
    model = keras_ae.Autoencoder(
        encoder=layers.dense_encoder((784,), units=()),
        bottleneck=layers.DenseBottleneck(32, "relu", seed=seed),
        decoder=layers.dense_decoder((784,), 32, units=(), seed=seed),
    )
    model.compile(keras.optimizers.Adam(1e-3))
    validation = (data.x_test,)
    return model.fit(
        data.x_train, batch_size=256, epochs=epochs, validation_data=validation, verbose=2
    ).history


if __name__ == "__main__":
    main()
