"""Row 13: Jang et al.'s categorical VAE, 30 variables of 10 categories, MNIST, in nats.

Published, in the notebook beside the paper (github.com/ericjang/gumbel-softmax, Categorical VAE):
the relaxed bound of single batches of training, from step 15,001 to 45,001 between 98.9 and 106.2.
As there: relu networks 784-512-256-(30 x 10)-256-512-784, pixels as they are, in [0, 1] and not
binarized, Adam whose rate of 1e-3 falls by a tenth every 1,000 steps, batches of 100, and a
temperature of max(0.5, exp(-3e-5 step)). Here it falls with every execution of steps and not every
1,000, the training images are all 60,000 and not 55,000, and 83 epochs are 49,800 steps.

The relaxed bound isn't one of the categorical model; the result has that of the test images too,
with one-hot draws.

    python -m benchmarks.reproduce.categorical_vae_mnist --data mnist.npz
"""

from __future__ import annotations

import time
from typing import Any

from benchmarks._runs import load_digits, place, report, reproduction

PUBLISHED = "98.9 to 106.2"
BATCH_SIZE = 100
RATE = 3e-5  # of the temperature, a step


def main(argv: list[str] | None = None) -> dict[str, Any]:
    """Train the model and return the result."""
    options = reproduction(__doc__ or "")
    options.add_argument("--epochs", type=int, default=83)
    arguments = options.parse_args(argv)
    started = time.time()
    data = load_digits(arguments.data, arguments.quick)
    model, history = train(data, arguments.seed, arguments.epochs)
    test = model.evaluate(data.x_test, batch_size=BATCH_SIZE, verbose=0, return_dict=True)
    steps = arguments.epochs * len(data.x_train) // BATCH_SIZE
    loss = history["loss"][-1]
    what = (
        f"Jang et al., VAE of 30 x 10 categories, {steps:,} steps: nats of the relaxed bound in "
        "training"
    )
    result = {
        "row": 13,
        "script": "categorical_vae_mnist",
        "evidence": [{"what": what, "published": PUBLISHED, "here": f"{loss:.1f}"}],
        "training": {name: round(history[name][-1], 3) for name in ("loss", "nll", "kl")},
        "test_one_hot": {name: round(test[name], 3) for name in ("loss", "nll", "kl")},
        "temperature": round(history["temperature"][-1], 4),
        "steps": steps,
        "seed": arguments.seed,
        "curve": [round(loss, 3) for loss in history["loss"]],
    }
    return report(result, data, started, place(result["script"], arguments))


def train(data: Any, seed: int, epochs: int) -> tuple[Any, dict[str, list[float]]]:
    """Train on the pixels as they are; return the model and the history in nats."""
    import keras

    import keras_ae
    from keras_ae.training import TemperatureAnnealing

    keras.utils.set_random_seed(seed)
    model = keras_ae.create_model(
        "gumbel_vae",
        (784,),
        latent_dim=30,
        categories=10,
        temperature=1.0,
        likelihood=keras_ae.layers.BernoulliLikelihood(),
        units=(512, 256),
        seed=seed,
    )
    falling = keras.optimizers.schedules.ExponentialDecay(1e-3, 1000, 0.9, staircase=True)
    model.compile(keras.optimizers.Adam(falling))
    annealing = TemperatureAnnealing(RATE * len(data.x_train) / BATCH_SIZE, minimum=0.5)
    history = model.fit(
        data.x_train,
        batch_size=BATCH_SIZE,
        epochs=epochs,
        callbacks=[annealing],
        verbose=2,
    ).history
    return model, history


if __name__ == "__main__":
    main()
