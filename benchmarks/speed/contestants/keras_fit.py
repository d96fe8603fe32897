"""This package as its README says, and the same networks by hand in plain Keras."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from workloads import IMAGE_RECIPES, LEARNING_RATE, SIDE, WORKLOADS, Workload, load

MANY_EPOCHS = 1_000_000  # what "auto" options see of a training that is ended after each epoch
HALF_LOG_TWO_PI = 0.9189385332046727  # the constant of a Gaussian's nats, a feature


class _Keras:
    """What both share: epochs of `fit`, and calls of the dense VAE's two halves.

    `compiled` returns a model, whether it is fitted to its input as y, and nats of Keras' loss;
    `recipe` a recipe's model, and whether it is fitted so; `halves` a call that encodes x in
    batches, and one that decodes its latent.
    """

    def train(
        self, workload: str, batch: int, examples: int, data: str, precision: str
    ) -> Iterator[Any]:
        """Train an epoch a round; each is a `fit` of its own, timed without its start.

        Within one `fit` an open iterator over the data would wait with it for the next round, and
        TensorFlow may take as long to close an iterator as it was open. The first epoch has all
        that `fit` prepares.
        """
        shape = WORKLOADS[workload]
        start(precision)
        x = load(shape, examples, data)
        model, to_itself, nats = self.compiled(shape)
        yield from epochs(model, (x, x) if to_itself else (x,), batch, nats)

    def train_recipe(
        self, recipe: str, batch: int, examples: int, data: str, precision: str
    ) -> Iterator[Any]:
        """Train a recipe of images, an epoch a round as `train` does; its loss is in nats."""
        start(precision)
        x = load(WORKLOADS["conv_vae"], examples, data)
        model, to_itself = self.recipe(recipe)
        yield from epochs(model, (x, x) if to_itself else (x,), batch, float)

    def latency(
        self, call: str, images: int, batch: int, repeats: int, data: str, precision: str
    ) -> Iterator[Any]:
        """Call "encode" or "decode" `repeats` times a round, arrays to arrays."""
        start(precision)
        run = self.halves(load(WORKLOADS["dense_vae"], images, data), batch)[call]
        yield
        while True:
            for _ in range(repeats):
                run()
            yield {}


class Ours(_Keras):
    """`keras_ae` with its default options."""

    def compiled(self, shape: Workload) -> tuple[Any, bool, Any]:
        """Return the recipe's model; a Gaussian's nats less its constant are half the error."""
        model = our_model(shape)
        model.compile("adam")
        constant = 0.0 if shape.variational else shape.features * HALF_LOG_TWO_PI
        return model, False, lambda loss: loss - constant

    def recipe(self, name: str) -> tuple[Any, bool]:
        """Return the recipe's model."""
        model = image_recipe(name)
        model.compile("adam")
        return model, False

    def halves(self, x: Any, batch: int) -> dict[str, Any]:
        """Return `encode` and `decode`."""
        model = our_model(WORKLOADS["dense_vae"])
        latent = model.encode(x, batch_size=batch)
        return {
            "encode": lambda: model.encode(x, batch_size=batch),
            "decode": lambda: model.decode(latent, batch_size=batch),
        }

    def log_likelihood(
        self, train: int, samples: int, data: str, precision: str, images: int = 400
    ) -> Iterator[Any]:
        """Train a little, then score `images` with `samples` importance samples a round.

        `nll` is the mean of the first 20, which every contestant scores.
        """
        start(precision)
        shape = WORKLOADS["dense_vae"]
        x = load(shape, train, data)
        model, _, _ = self.compiled(shape)
        model.fit(x, batch_size=128, epochs=3, verbose=0)
        yield
        while True:
            scores = model.log_likelihood(x[:images], num_samples=samples, verbose=0)
            yield {"nll": -float(scores[:20].mean()), "images": images, "work": images * samples}


class Stock(_Keras):
    """Plain Keras, as after the keras.io VAE tutorial, with options of `compile`."""

    def __init__(self, **options: Any) -> None:
        self._options = options

    def compiled(self, shape: Workload) -> tuple[Any, bool, Any]:
        """Return the tutorial's model, or a Sequential one: half the sum of its mean error."""
        encoder, decoder = stock_networks(shape)
        optimizer = keras.optimizers.Adam(LEARNING_RATE)
        if shape.variational:
            model: Any = StockVAE(encoder, decoder)
            model.compile(optimizer, **self._options)
            return model, False, float
        model = keras.Sequential([encoder, decoder])
        model.compile(optimizer, "mse", **self._options)
        return model, True, lambda mean: shape.features / 2 * mean

    def recipe(self, name: str) -> tuple[Any, bool]:
        """Return a plain functional model of the recipe's layers; they add their own losses."""
        made = image_recipe(name)
        x = keras.Input(made.example_shape)
        model = keras.Model(x, made.decoder(made.bottleneck(made.encoder(x))))
        model.compile(keras.optimizers.Adam(LEARNING_RATE), cross_entropy, **self._options)
        return model, True

    def halves(self, x: Any, batch: int) -> dict[str, Any]:
        """Return `predict` of an encoder and a decoder, made plain models as one would."""
        encoder, logits = stock_networks(WORKLOADS["dense_vae"])
        to_mean = keras.Model(encoder.input, encoder.output[0])
        decoder = keras.Sequential([logits, layers.Activation("sigmoid")])
        latent = to_mean.predict(x, batch_size=batch, verbose=0)
        return {
            "encode": lambda: to_mean.predict(x, batch_size=batch, verbose=0),
            "decode": lambda: decoder.predict(latent, batch_size=batch, verbose=0),
        }


class _Epoch(keras.callbacks.Callback):
    """Keeps an epoch's seconds, those of all cores, and loss, and ends `fit` after it."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the clock."""
        del epoch, logs
        self._started = time.perf_counter(), time.process_time()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop the clock."""
        del epoch
        self.seconds = time.perf_counter() - self._started[0]
        self.cpu_seconds = time.process_time() - self._started[1]
        self.loss = float(logs["loss"])
        self.model.stop_training = True


def start(precision: str) -> None:
    """Set the precision of all layers, and every seed."""
    keras.config.set_dtype_policy(precision if precision == "float32" else f"mixed_{precision}")
    keras.utils.set_random_seed(0)


def epochs(model: Any, arrays: tuple[Any, ...], batch: int, nats: Any) -> Iterator[Any]:
    """Train an epoch between two yields; see `_Keras.train`."""
    epoch, first = _Epoch(), True
    yield
    while True:
        model.fit(*arrays, batch_size=batch, epochs=MANY_EPOCHS, verbose=0, callbacks=[epoch])
        figures = {"loss": nats(epoch.loss), "cpu_seconds": epoch.cpu_seconds}
        yield figures if first else figures | {"seconds": epoch.seconds}
        first = False


def cross_entropy(x: Any, logits: Any) -> Any:
    """Return the nats of each image, of which Keras takes the mean."""
    entropy = ops.binary_crossentropy(x, ops.cast(logits, "float32"), from_logits=True)
    return ops.sum(entropy, axis=(1, 2, 3))


def image_recipe(name: str) -> Any:
    """Return a recipe's model of images, not compiled."""
    import keras_ae

    return keras_ae.create_model(name, (SIDE, SIDE, 1), seed=0, **IMAGE_RECIPES[name])


def our_model(shape: Workload) -> Any:
    """Return the recipe's model, not compiled."""
    import keras_ae

    parts = keras_ae.layers
    width = {"filters": shape.filters} if shape.filters else {"units": shape.units}
    if shape.variational:
        name, likelihood = "vae", parts.BernoulliLikelihood()
    else:
        name, likelihood = "autoencoder", parts.GaussianLikelihood(parts.FixedScale(1.0))
    return keras_ae.create_model(
        name, shape.input_shape, shape.latent_dim, likelihood=likelihood, seed=0, **width
    )


class StockVAE(keras.Model):
    """The tutorial's model with its three metrics (Keras keeps `loss`), in nats per example."""

    def __init__(self, encoder: Any, decoder: Any) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.seed_generator = keras.random.SeedGenerator(0)
        self.reconstruction = keras.metrics.Mean("reconstruction_loss")
        self.kl = keras.metrics.Mean("kl_loss")

    def call(self, x: Any) -> Any:
        """Return what `compute_loss` needs; Keras' own step calls both, on any backend."""
        mean, log_var = self.encoder(x)
        noise = keras.random.normal(ops.shape(mean), dtype=mean.dtype, seed=self.seed_generator)
        return self.decoder(mean + ops.exp(0.5 * log_var) * noise), mean, log_var

    def compute_loss(self, x: Any, y: Any, y_pred: Any, *_: Any) -> Any:
        """Return the mean of cross-entropy, summed over pixels, plus KL."""
        del y
        logits, mean, log_var = (ops.cast(each, "float32") for each in y_pred)
        entropy = ops.binary_crossentropy(x, logits, from_logits=True)
        reconstruction = ops.mean(ops.sum(entropy, axis=tuple(range(1, len(x.shape)))))
        terms = 1 + log_var - ops.square(mean) - ops.exp(log_var)
        kl = ops.mean(ops.sum(-0.5 * terms, axis=1))
        count = ops.shape(x)[0]
        self.reconstruction.update_state(reconstruction, count)
        self.kl.update_state(kl, count)
        return reconstruction + kl


def stock_networks(shape: Workload) -> tuple[Any, Any]:
    """Return encoder (to mean and log-variance, or a code) and decoder (to logits)."""
    x = keras.Input(shape.input_shape)
    features = x
    for filters in shape.filters:
        convolution = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")
        features = convolution(features)
    if shape.filters:
        features = layers.Flatten()(features)
    for units in shape.units:
        features = layers.Dense(units, activation="relu")(features)
    heads = [layers.Dense(shape.latent_dim)(features) for _ in range(1 + shape.variational)]
    encoder = keras.Model(x, heads if shape.variational else heads[0])
    latent = keras.Input((shape.latent_dim,))
    features = latent
    for units in reversed(shape.units):
        features = layers.Dense(units, activation="relu")(features)
    if shape.filters:
        features = layers.Dense(int(np.prod(shape.start)), activation="relu")(features)
        features = layers.Reshape(shape.start)(features)
        for filters in reversed(shape.filters):
            step = layers.Conv2DTranspose(filters, 3, 2, padding="same", activation="relu")
            features = step(features)
        outputs = layers.Conv2DTranspose(1, 3, padding="same")(features)
    else:
        outputs = layers.Dense(shape.features)(features)
    return encoder, keras.Model(latent, outputs)
