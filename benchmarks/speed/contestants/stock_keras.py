"""The same networks written by hand in plain Keras, as after the keras.io VAE tutorial.

Variants are options of `compile`: "" the defaults, "jit", "jit,steps=32", "nojit,steps=32".
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops
from workloads import LEARNING_RATE, WORKLOADS, Workload, load

from contestants import _keras


class Sampling(layers.Layer):
    """Draws the latent from its mean and log-variance."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any) -> Any:
        """Return mean + standard deviation * noise."""
        mean, log_var = inputs
        noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_var) * noise


class StockVAE(keras.Model):
    """The tutorial's model with its three metrics (Keras keeps `loss`), in nats per example."""

    def __init__(self, encoder: Any, decoder: Any) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.reconstruction = keras.metrics.Mean("reconstruction_loss")
        self.kl = keras.metrics.Mean("kl_loss")

    def call(self, x: Any) -> Any:
        """Return what `compute_loss` needs; Keras' own step calls both, on any backend."""
        mean, log_var, latent = self.encoder(x)
        return self.decoder(latent), mean, log_var

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the mean of cross-entropy, summed over pixels, plus KL."""
        del y, sample_weight, training
        logits, mean, log_var = y_pred
        entropy = ops.binary_crossentropy(x, logits, from_logits=True)
        axes = tuple(range(1, len(x.shape)))
        reconstruction = ops.mean(ops.sum(entropy, axis=axes))
        terms = 1 + log_var - ops.square(mean) - ops.exp(log_var)
        kl = ops.mean(ops.sum(-0.5 * terms, axis=1))
        count = ops.shape(x)[0]
        self.reconstruction.update_state(reconstruction, count)
        self.kl.update_state(kl, count)
        return reconstruction + kl


class StockKeras:
    """Plain Keras with the options of `compile` that its variant names."""

    def __init__(self, variant: str) -> None:
        self._options: dict[str, Any] = {}
        for part in filter(None, variant.split(",")):
            if part in ("jit", "nojit"):
                self._options["jit_compile"] = part == "jit"
            elif part.startswith("steps="):
                self._options["steps_per_execution"] = int(part.removeprefix("steps="))
            else:
                raise ValueError(f"a variant is jit, nojit or steps=N. Received: {part}")

    def versions(self) -> dict[str, str]:
        """Return the versions of what runs."""
        return _keras.versions()

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
        encoder, decoder = build(shape, seed)
        optimizer = keras.optimizers.Adam(LEARNING_RATE)
        if shape.variational:
            model = StockVAE(encoder, decoder)
            model.compile(optimizer, **self._options)
            _keras.fit_by_rounds(model, gate, x, batch=batch, to_nats=float)
        else:
            model = keras.Sequential([encoder, decoder])
            model.compile(optimizer, "mse", **self._options)
            # Keras' loss is a mean over features; half their sum is the Gaussian's nats.
            half = shape.features / 2
            _keras.fit_by_rounds(model, gate, x, x, batch=batch, to_nats=lambda mean: half * mean)

    def latency(self, gate: Any, data: str, batch: int, images: int, seed: int) -> None:
        """Time `predict` of the encoder and of the decoder, made plain models as one would."""
        _keras.start(seed)
        shape = WORKLOADS["dense_vae"]
        encoder, logits = build(shape, seed)
        to_mean = keras.Model(encoder.input, encoder.output[0])
        decoder = keras.Sequential([logits, layers.Activation("sigmoid")])
        x = load(data, images, shape)
        latent = to_mean.predict(x, batch_size=batch, verbose=0)
        np.asarray(decoder(latent[:1]))
        calls = {
            "encode": lambda: to_mean.predict(x, batch_size=batch, verbose=0),
            "decode": lambda: decoder.predict(latent, batch_size=batch, verbose=0),
        }
        _keras.time_calls(gate, calls)


def build(workload: Workload, seed: int) -> tuple[Any, Any]:
    """Return encoder (to mean, log-variance, latent; or a code) and decoder (to logits)."""
    x = keras.Input(workload.input_shape)
    features = x
    for filters in workload.filters:
        convolution = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")
        features = convolution(features)
    if workload.convolutional:
        features = layers.Flatten()(features)
    for units in workload.units:
        features = layers.Dense(units, activation="relu")(features)
    if workload.variational:
        mean = layers.Dense(workload.latent_dim)(features)
        log_var = layers.Dense(workload.latent_dim)(features)
        encoder = keras.Model(x, [mean, log_var, Sampling(seed)([mean, log_var])])
    else:
        encoder = keras.Model(x, layers.Dense(workload.latent_dim)(features))
    latent = keras.Input((workload.latent_dim,))
    features = latent
    for units in reversed(workload.units):
        features = layers.Dense(units, activation="relu")(features)
    if workload.convolutional:
        features = layers.Dense(int(np.prod(workload.start)), activation="relu")(features)
        features = layers.Reshape(workload.start)(features)
        for filters in reversed(workload.filters):
            step = layers.Conv2DTranspose(filters, 3, 2, padding="same", activation="relu")
            features = step(features)
        outputs = layers.Conv2DTranspose(1, 3, padding="same")(features)
    else:
        outputs = layers.Dense(workload.features)(features)
    return encoder, keras.Model(latent, outputs)


def make(variant: str) -> StockKeras:
    """Return the contestant with the options of its variant."""
    return StockKeras(variant)
