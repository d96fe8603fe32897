"""The limit: a whole epoch as one TensorFlow function, written by hand without Keras.

The data stay on the device and each step gathers its batch by shuffled index. Weights and moments
are variables: as loop variables XLA takes twice as long, for it copies them. No callbacks, no
metrics but the loss, nothing a user would expect; dense networks in float32 only.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from workloads import EPSILON, LEARNING_RATE, WORKLOADS, Workload, load

BETA_1, BETA_2 = 0.9, 0.999


class Fused:
    """A hand-written loop, compiled by XLA."""

    def train(
        self, workload: str, batch: int, examples: int, data: str, precision: str
    ) -> Iterator[Any]:
        """Train an epoch a round."""
        shape = WORKLOADS[workload]
        if shape.filters or precision != "float32":
            raise ValueError("the loop by hand has dense networks in float32 only")
        x = tf.constant(load(shape, examples, data))
        random = np.random.default_rng(0)
        weights = [tf.Variable(w) for w in initial_weights(shape, random)]
        moments = [[tf.Variable(tf.zeros_like(w)) for w in weights] for _ in range(2)]
        total = tf.Variable(0.0)
        steps, rest = divmod(examples, batch)

        def step(rows: Any, number: Any) -> None:
            loss = train_step(shape, weights, moments, tf.gather(x, rows), number)
            total.assign_add(loss * rows.shape[0])

        @tf.function(jit_compile=True, autograph=False)
        def epoch(order: Any, first: Any) -> Any:
            total.assign(0.0)
            lines = tf.reshape(order[: steps * batch], (steps, batch))

            def body(index: Any) -> Any:
                step(lines[index], first + index)
                return index + 1

            tf.while_loop(lambda i: i < steps, body, [tf.constant(0)], parallel_iterations=1)
            if rest:
                step(order[steps * batch :], first + steps)
            return total / examples

        done = 0
        yield
        while True:
            order = tf.constant(random.permutation(examples).astype("int32"))
            yield {"loss": float(epoch(order, tf.constant(done)))}
            done += steps + bool(rest)


def train_step(shape: Workload, weights: Sequence[Any], moments: Any, x: Any, step: Any) -> Any:
    """Change weights and moments by one step of Adam; return the loss in nats per example."""
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(losses(shape, weights, x, step))
    power = tf.cast(step + 1, tf.float32)
    rate = LEARNING_RATE * tf.sqrt(1 - BETA_2**power) / (1 - BETA_1**power)
    gradients = tape.gradient(loss, weights)
    for w, mean, square, gradient in zip(weights, *moments, gradients, strict=True):
        mean.assign_add((gradient - mean) * (1 - BETA_1))
        square.assign_add((tf.square(gradient) - square) * (1 - BETA_2))
        w.assign_sub(rate * mean / (tf.sqrt(square) + EPSILON))
    return loss


def losses(shape: Workload, weights: Sequence[Any], x: Any, step: Any) -> Any:
    """Return each example's loss: cross-entropy plus KL, or half the squared error."""
    middle = len(weights) // 2
    latent = dense(x, weights[:middle])
    if not shape.variational:
        return 0.5 * tf.reduce_sum(tf.square(x - dense(latent, weights[middle:])), axis=1)
    mean, log_var = tf.split(latent, 2, axis=1)
    kl = -0.5 * tf.reduce_sum(1 + log_var - mean**2 - tf.exp(log_var), axis=1)
    noise = tf.random.stateless_normal((x.shape[0], shape.latent_dim), tf.stack([0, step]))
    logits = dense(mean + tf.exp(0.5 * log_var) * noise, weights[middle:])
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits)
    return tf.reduce_sum(entropy, axis=1) + kl


def dense(x: Any, weights: Sequence[Any]) -> Any:
    """Return the output of dense layers, kernels and biases in turn, with ReLU between them."""
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = tf.nn.relu(x @ kernel + bias)
    return x @ weights[-2] + weights[-1]


def initial_weights(shape: Workload, random: Any) -> list[Any]:
    """Return kernels (Glorot uniform) and biases (zero) in the order in which they are used."""
    sizes = [shape.features, *shape.units]
    heads = (2 if shape.variational else 1) * shape.latent_dim
    layers = [*itertools.pairwise([*sizes, heads])]
    layers += itertools.pairwise([shape.latent_dim, *reversed(sizes)])
    weights: list[Any] = []
    for inputs, outputs in layers:
        limit = math.sqrt(6 / (inputs + outputs))
        weights.append(random.uniform(-limit, limit, (inputs, outputs)).astype("float32"))
        weights.append(np.zeros(outputs, "float32"))
    return weights
