"""Call every documented method in random order on arrays of random lengths; print the memory.

Run as `python session_program.py SEED CALLS`: each method is called once, then so many are drawn.
A line for each 20 of these says the megabytes of the process; warnings are errors, and what
TensorFlow logs is on stderr.
"""

import ctypes
import gc
import os
import sys
import warnings

import numpy as np

import keras_ae

FEATURES, LATENT = 8, 2
EXAMPLES = np.random.default_rng(0).random((128, FEATURES)).astype("float32")


def make(**options):
    """Return a compiled model."""
    model = keras_ae.create_model("vae", (FEATURES,), LATENT, units=(16,), seed=0)
    model.compile("adam", **options)
    return model


def methods(model):
    """Return the documented methods as functions of examples."""

    def posterior(x):
        distribution = model.posterior(x)
        distribution.sample(seed=0)
        distribution.kl(model.bottleneck.prior)

    calls = {
        "fit": lambda x: model.fit(x, verbose=0),
        "fit to weights": lambda x: model.fit(x, sample_weight=np.ones(len(x)), verbose=0),
        "fit and validate": lambda x: model.fit(x, validation_data=(x[5:],), verbose=0),
        "fit in small batches": lambda x: model.fit(x, batch_size=7, verbose=0),
        "evaluate": lambda x: model.evaluate(x, verbose=0),
        "train_on_batch": model.train_on_batch,
        "test_on_batch": model.test_on_batch,
        "predict": lambda x: model.predict(x, verbose=0),
        "predict_on_batch": model.predict_on_batch,
        "posterior": posterior,
        "decode": lambda x: model.decode(x[:, :LATENT]),
        "generate": lambda x: model.generate(len(x), seed=0),
        "interpolate": lambda x: model.interpolate(x, x[::-1], steps=3),
        "log_likelihood": lambda x: model.log_likelihood(x, num_samples=20),
    }
    for name in ("encode", "reconstruct", "anomaly_score"):
        calls[name] = getattr(model, name)
    return list(calls.values())


def cross_validate(x):
    """Fit and use new models, as a cross-validation does."""
    for _ in range(6):
        model = make()
        model.fit(x, verbose=0)
        model.evaluate(x, verbose=0)
        model.anomaly_score(x)
        model.predict(x, verbose=0)
    stacked = keras_ae.create_model("stacked", (FEATURES,), LATENT, units=(6, 5, 4))
    stacked.pretrain(x, epochs=1, verbose=0)


def say(number):
    """Print a number at once."""
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def memory():
    """Return the megabytes that this process takes, without what it has freed."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main(seed, count):
    """Run the session."""
    warnings.simplefilter("error")
    # TensorFlow's variables, which Keras' own convert_to_numpy meets.
    warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
    random = np.random.default_rng(seed)
    cross_validate(EXAMPLES)
    models = make(), make(steps_per_execution=2, jit_compile=False)
    calls = [call for model in models for call in methods(model)]
    for index, each in enumerate([*range(len(calls)), *random.integers(0, len(calls), count)]):
        # TensorFlow's kernels keep something for each of the last thousand shapes: 32 lengths.
        calls[each](EXAMPLES[: random.integers(33, 65)])
        drawn = index + 1 - len(calls)
        if drawn > 0 and drawn % 20 == 0:
            say(memory())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
