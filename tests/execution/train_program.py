"""Train as `compile("adam")` and `fit` leave it to the rule, and save all weights.

Run as `python train_program.py FILE [busy]`. Three trainings, for the three ways there are on a
CPU: many steps in a call with XLA, without XLA, and Keras' own, a step a call. Their plans are
printed. With `busy`, all cores have other work meanwhile.
"""

import os
import subprocess
import sys
from contextlib import contextmanager, nullcontext

import keras
import numpy as np

import keras_ae


@contextmanager
def load():
    """Keep all cores busy."""
    command = [sys.executable, "-c", "while True: pass"]
    busy = [subprocess.Popen(command) for _ in range(os.cpu_count())]
    try:
        yield
    finally:
        for each in busy:
            each.kill()
            each.wait()


def trained(shape, examples, epochs, **options):
    """Return the plan of a training, and the weights after it."""
    keras.utils.set_random_seed(0)
    model = keras_ae.create_model("vae", shape, seed=0, **options)
    model.compile("adam")
    x = np.random.default_rng(0).random((examples, *shape)).astype("float32")
    model.fit(x, batch_size=8, epochs=epochs, validation_data=(x[:50],), verbose=0)
    return model._execution.plan, model.get_weights()


def main(path, busy=""):
    """Train, save and print."""
    with load() if busy else nullcontext():
        runs = (
            trained((784,), 2_010, 3, latent_dim=20, units=(800,)),
            trained((8, 8, 1), 1_210, 2, latent_dim=4, filters=(4, 8)),
            trained((784,), 100, 3, latent_dim=20, units=(40,)),
        )
    weights = [each for _, run in runs for each in run]
    np.savez(path, *weights)
    for plan, _ in runs:
        print(plan)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
