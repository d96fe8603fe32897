"""The limit: a whole epoch as one TensorFlow function, written by hand without Keras.

The data stay on the device and each step gathers its batch by shuffled index. Weights and moments
are variables: as loop variables XLA takes twice as long, for it copies them. Dense networks are
compiled by XLA; the convolutional one is not, because XLA's convolutions on a CPU are slower than
oneDNN's.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from workloads import EPSILON, LEARNING_RATE, WORKLOADS, Workload, load

BETA_1, BETA_2 = 0.9, 0.999


class FusedTensorFlow:
    """A hand-written loop; no callbacks, no metrics but the loss, nothing a user would expect."""

    def versions(self) -> dict[str, str]:
        """Return the versions of what runs."""
        return {"tensorflow": tf.__version__}

    def threads(self) -> str:
        """Say how many threads are used."""
        return "tensorflow's default, all cores"

    def train(
        self, gate: Any, workload: str, batch: int, examples: int, data: str | None, seed: int
    ) -> None:
        """Train until the gate ends it."""
        shape = WORKLOADS[workload]
        x = tf.constant(load(data, examples, shape))
        random = np.random.default_rng(seed)
        weights = [tf.Variable(w) for w in initial_weights(shape, random)]
        moments = [[tf.Variable(tf.zeros_like(w)) for w in weights] for _ in range(2)]
        total = tf.Variable(0.0)
        steps, rest = divmod(examples, batch)

        def step(rows: Any, number: Any, noise_seed: Any) -> None:
            loss = train_step(shape, weights, moments, tf.gather(x, rows), number, noise_seed)
            total.assign_add(loss * rows.shape[0])

        def epoch(order: Any, first: Any, noise_seed: Any) -> Any:
            total.assign(0.0)
            lines = tf.reshape(order[: steps * batch], (steps, batch))

            def body(index: Any) -> Any:
                step(lines[index], first + index, noise_seed)
                return index + 1

            tf.while_loop(lambda i: i < steps, body, [tf.constant(0)], parallel_iterations=1)
            if rest:
                step(order[steps * batch :], first + steps, noise_seed)
            return total / examples

        run = tf.function(epoch, jit_compile=not shape.convolutional, autograph=False)
        done, loss = 0, None
        while True:
            gate(loss)
            order = tf.constant(random.permutation(examples).astype("int32"))
            loss = run(order, tf.constant(done), tf.constant(seed)).numpy()
            done += steps + bool(rest)


def train_step(
    shape: Workload, weights: Sequence[Any], moments: Any, x: Any, step: Any, seed: Any
) -> Any:
    """Change weights and moments by one step of Adam; return the loss in nats per example."""
    with tf.GradientTape() as tape:
        noise = None
        if shape.variational:
            noise = tf.random.stateless_normal(
                (x.shape[0], shape.latent_dim), tf.stack([seed, step])
            )
        loss = tf.reduce_mean(losses(shape, weights, x, noise))
    power = tf.cast(step + 1, tf.float32)
    rate = LEARNING_RATE * tf.sqrt(1 - BETA_2**power) / (1 - BETA_1**power)
    gradients = tape.gradient(loss, weights)
    for w, mean, square, gradient in zip(weights, *moments, gradients, strict=True):
        mean.assign_add((gradient - mean) * (1 - BETA_1))
        square.assign_add((tf.square(gradient) - square) * (1 - BETA_2))
        w.assign_sub(rate * mean / (tf.sqrt(square) + EPSILON))
    return loss


def losses(shape: Workload, weights: Any, x: Any, noise: Any) -> Any:
    """Return each example's loss: cross-entropy plus KL, or half the squared error."""
    rest = iter(weights)
    latent = _encode(shape, rest, x)
    penalty = 0.0
    if noise is not None:
        mean, log_var = tf.split(latent, 2, axis=1)
        penalty = -0.5 * tf.reduce_sum(1 + log_var - mean**2 - tf.exp(log_var), axis=1)
        latent = mean + tf.exp(0.5 * log_var) * noise
    outputs = _decode(shape, rest, latent)
    if noise is None:
        return 0.5 * tf.reduce_sum(tf.square(x - outputs), axis=1)
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=outputs)
    return tf.reduce_sum(entropy, axis=list(range(1, len(x.shape)))) + penalty


def _encode(shape: Workload, weights: Any, x: Any) -> Any:
    for _ in shape.filters:
        x = tf.nn.relu(tf.nn.conv2d(x, next(weights), 2, "SAME") + next(weights))
    if shape.convolutional:
        x = tf.reshape(x, (x.shape[0], math.prod(shape.start)))
    for _ in shape.units:
        x = tf.nn.relu(x @ next(weights) + next(weights))
    return x @ next(weights) + next(weights)


def _decode(shape: Workload, weights: Any, x: Any) -> Any:
    if not shape.convolutional:
        for _ in shape.units:
            x = tf.nn.relu(x @ next(weights) + next(weights))
        return x @ next(weights) + next(weights)
    x = tf.nn.relu(x @ next(weights) + next(weights))
    x = tf.reshape(x, (x.shape[0], *shape.start))
    for _ in shape.filters:
        x = tf.nn.relu(_transposed(x, next(weights), 2) + next(weights))
    return _transposed(x, next(weights), 1) + next(weights)


def _transposed(x: Any, kernel: Any, stride: int) -> Any:
    size = (x.shape[0], x.shape[1] * stride, x.shape[2] * stride, kernel.shape[2])
    return tf.nn.conv2d_transpose(x, kernel, size, stride, "SAME")


def initial_weights(shape: Workload, random: Any) -> list[Any]:
    """Return kernels (Glorot uniform) and biases (zero) in the order in which they are used."""
    latent, heads = shape.latent_dim, 2 if shape.variational else 1
    kernels: list[tuple[int, ...]] = []
    if shape.convolutional:
        channels = [1, *shape.filters]
        kernels += [(3, 3, a, b) for a, b in itertools.pairwise(channels)]
        size = math.prod(shape.start)
        kernels += [(size, heads * latent), (latent, size)]
        channels = [shape.filters[-1], *reversed(shape.filters)]
        transposed = [*itertools.pairwise(channels), (shape.filters[0], 1)]
        kernels += [(3, 3, b, a) for a, b in transposed]
        after = len(shape.filters) + 2
    else:
        sizes = [shape.features, *shape.units]
        kernels += list(itertools.pairwise(sizes))
        kernels += [(sizes[-1], heads * latent), (latent, sizes[-1])]
        sizes.reverse()
        kernels += list(itertools.pairwise(sizes))
        after = len(kernels)
    weights: list[Any] = []
    for index, kernel in enumerate(kernels):
        fans = math.prod(kernel[:-2]) * (kernel[-2] + kernel[-1])
        limit = math.sqrt(6 / fans)
        weights.append(random.uniform(-limit, limit, kernel).astype("float32"))
        outputs = kernel[-1] if index < after else kernel[-2]
        weights.append(np.zeros(outputs, "float32"))
    return weights


def make(variant: str) -> FusedTensorFlow:
    """Return the contestant; it has no variants."""
    if variant:
        raise ValueError(f"the fused loop has no variants. Received: {variant}")
    return FusedTensorFlow()
