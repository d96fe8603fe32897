"""This package as its README says: `create_model`, `compile("adam")`, `fit`."""

from __future__ import annotations

from typing import Any

from workloads import WORKLOADS, Workload, load

import keras_ae
from contestants import _keras


class Ours:
    """`keras_ae` on the backend that KERAS_BACKEND names, with its default options."""

    def versions(self) -> dict[str, str]:
        """Return the versions of what runs."""
        return _keras.versions("keras-ae")

    def threads(self) -> str:
        """Say how many threads are used."""
        return _keras.threads()

    def train(
        self, gate: Any, workload: str, batch: int, examples: int, data: str | None, seed: int
    ) -> None:
        """Train until the gate ends it."""
        shape = WORKLOADS[workload]
        x = load(data, examples, shape)
        _keras.start(seed)
        model = build(shape, seed)
        model.compile("adam")
        constant = 0.0 if shape.variational else shape.features * HALF_LOG_TWO_PI
        # A Gaussian's loss without its constant is half the squared error.
        _keras.fit_by_rounds(model, gate, x, batch=batch, to_nats=lambda loss: loss - constant)

    def log_likelihood(
        self, gate: Any, data: str, train: int, images: int, compared: int, samples: int, seed: int
    ) -> None:
        """Train a little, then score `images` with `samples` importance samples a round.

        The value is -log-likelihood, the mean of the first `compared` images.
        """
        model = _trained(data, train, seed)
        x = load(data, train, WORKLOADS["dense_vae"])[:images]
        value = None
        while True:
            gate(value)
            scores = model.log_likelihood(x, num_samples=samples, verbose=0)
            value = -scores[:compared].mean()

    def latency(self, gate: Any, data: str, batch: int, images: int, seed: int) -> None:
        """Time `encode` and `decode` of `images` images in batches of `batch`."""
        model = _trained(data, 2_000, seed)
        x = load(data, images, WORKLOADS["dense_vae"])
        latent = model.encode(x, batch_size=batch)
        calls = {
            "encode": lambda: model.encode(x, batch_size=batch),
            "decode": lambda: model.decode(latent, batch_size=batch),
        }
        _keras.time_calls(gate, calls)


HALF_LOG_TWO_PI = 0.9189385332046727


def build(workload: Workload, seed: int, dtype: str | None = None) -> Any:
    """Return the workload's model, not compiled; `dtype` is a Keras dtype policy."""
    layers = keras_ae.layers
    options: dict[str, Any] = {"seed": seed, "dtype": dtype}
    if workload.convolutional:
        options["filters"] = workload.filters
    else:
        options["units"] = workload.units
    if workload.variational:
        name, options["likelihood"] = "vae", layers.BernoulliLikelihood()
    else:
        name = "autoencoder"
        options["likelihood"] = layers.GaussianLikelihood(layers.FixedScale(1.0))
    return keras_ae.create_model(name, workload.input_shape, workload.latent_dim, **options)


def _trained(data: str, examples: int, seed: int) -> Any:
    _keras.start(seed)
    model = build(WORKLOADS["dense_vae"], seed)
    model.compile("adam")
    model.fit(load(data, examples, WORKLOADS["dense_vae"]), batch_size=128, epochs=3, verbose=0)
    return model


def make(variant: str) -> Ours:
    """Return the contestant; it has no variants."""
    if variant:
        raise ValueError(f"ours has no variants. Received: {variant}")
    return Ours()
