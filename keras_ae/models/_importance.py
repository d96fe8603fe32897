"""Importance-weighted log-likelihood over arrays, in constant memory."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import ops

# Decoder passes at a time, and how many make a progress bar worth its line.
PASSES = 4096
LONG = 1_000_000


def importance_weighted_log_likelihood(
    model: Any, x: Any, num_samples: int, seed: int, batch_size: int, verbose: int | str
) -> np.ndarray:
    """Return log 1/K sum of the importance weights of each example, shape (examples,), in nats.

    Args:
        model: A `VariationalAutoencoder`.
        x: Array of shape (examples, ...).
        num_samples: K.
        seed: Seed of the noise.
        batch_size: Examples at a time.
        verbose: 0, 1 or "auto".
    """
    x = np.asarray(x)
    batch_size = min(batch_size, len(x))
    samples = min(num_samples, max(1, PASSES // batch_size))
    chunks = math.ceil(num_samples / samples)
    weigh = _log_weights_endpoint(model, samples)
    weigh.seed_generator.state.assign(keras.random.SeedGenerator(seed).state)
    show = verbose == 1 or (verbose == "auto" and len(x) * num_samples >= LONG)
    bar = keras.utils.Progbar(math.ceil(len(x) / batch_size), unit_name="batch") if show else None
    results = np.empty(len(x), "float32")
    for start in range(0, len(x), batch_size):
        batch = x[start : start + batch_size]
        # A full batch each time: another size would be compiled anew.
        rows = np.arange(batch_size) % len(batch)
        total = np.full(len(batch), -np.inf)
        for first in range(0, chunks * samples, samples):
            log_weights = np.asarray(weigh.predict_on_batch(batch[rows]), "float64")
            wanted = log_weights[: len(batch), : num_samples - first]
            total = np.logaddexp(total, np.logaddexp.reduce(wanted, axis=1))
        results[start : start + len(batch)] = total - math.log(num_samples)
        if bar is not None:
            bar.add(1)
    return results


def _log_weights_endpoint(model: Any, samples: int) -> Any:
    """Return the compiled function from x to log-weights of shape (batch, samples)."""
    noise = keras.random.SeedGenerator(0)

    def log_weights(x: Any) -> Any:
        shape = (samples, ops.shape(x)[0], model.bottleneck.latent_dim)
        epsilon = keras.random.normal(shape, dtype="float32", seed=endpoint.seed_generator)
        return ops.transpose(model.log_weights(x, epsilon))

    endpoint = model.endpoint(f"log_weights_{samples}", log_weights, noise)
    return endpoint
