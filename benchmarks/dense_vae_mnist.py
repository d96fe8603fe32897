"""The dense VAE 784-400-20-400-784 on MNIST: test -ELBO after 10 epochs, mean of 3 seeds.

Grey levels are Bernoulli targets, so the figure is a cross-entropy bound and not a log-likelihood
of the pixels. Adam 1e-3, batch 128. Goal: at most 106.5 nats.

    python benchmarks/dense_vae_mnist.py --data mnist.npz
"""

from __future__ import annotations

import time
from typing import Any

from _runs import load_mnist, parser, report


def main() -> None:
    """Train one model a seed and report their test bounds."""
    options = parser(__doc__ or "")
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options.add_argument("--epochs", type=int, default=10)
    arguments = options.parse_args()
    started = time.time()
    data = load_mnist(arguments.data)
    runs = [run(data, seed, arguments.epochs) for seed in arguments.seeds]
    mean = sum(entry["test_negative_elbo"] for entry in runs) / len(runs)
    result = {
        "row": 2,
        "script": "dense_vae_mnist",
        "evidence": [
            {
                "what": "dense VAE 784-400-20, MNIST's grey levels, "
                f"{arguments.epochs} epochs: test -ELBO in nats, mean of {len(runs)} seeds",
                "published": "at most 106.5",
                "here": f"{mean:.2f}",
            }
        ],
        "what": "dense VAE 784-400-20-400-784, MNIST, Adam 1e-3, batch 128, test -ELBO in nats",
        "goal": 106.5,
        "mean_test_negative_elbo": round(mean, 3),
        "epochs": arguments.epochs,
        "runs": runs,
    }
    report(result, data, started, arguments.output)


def run(data: Any, seed: int, epochs: int) -> dict[str, float]:
    """Train with one seed; return the test set's scores in nats per image."""
    import keras

    import keras_ae

    keras.utils.set_random_seed(seed)
    x_train, x_test = (x.reshape(-1, 784) for x in (data.x_train, data.x_test))
    model = keras_ae.create_model(
        "vae",
        (784,),
        latent_dim=20,
        units=(400,),
        likelihood=keras_ae.layers.BernoulliLikelihood(),
        seed=seed,
    )
    model.compile(keras.optimizers.Adam(1e-3), jit_compile=True, steps_per_execution=32)
    model.fit(x_train, batch_size=128, epochs=epochs, verbose=2)
    scores = model.evaluate(x_test, batch_size=1000, verbose=0, return_dict=True)
    return {
        "seed": seed,
        "test_negative_elbo": round(scores["loss"], 3),
        "test_nll": round(scores["nll"], 3),
        "test_kl": round(scores["kl"], 3),
    }


if __name__ == "__main__":
    main()
