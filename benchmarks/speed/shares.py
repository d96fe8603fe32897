"""Where the time of a fused training step goes: the dense VAE at batch 128, on TensorFlow.

    python benchmarks/speed/shares.py

Each part of a step runs alone, many times in one XLA program as in `fit`: the matrix products of
all layers forward and backward (arithmetic), the gathering of a batch (input), the noise, the
likelihood with its gradient, and Adam's update of variables of these sizes. What a step takes
beyond their sum is metrics, and memory traffic between the parts. Dispatch is what a step takes
more when Keras runs each in a call of its own. The data are uniform noise: no part's speed depends
on the values. Parts that run alone lose nothing to each other's caches, so shares are estimates.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections.abc import Callable
from typing import Any

import keras
import machine
import numpy as np
import report_tables
import tensorflow as tf
from contestants.ours import build
from workloads import WORKLOADS

WORKLOAD = WORKLOADS["dense_vae"]
BATCH, EXAMPLES, STEPS = 128, 30_000, 200
LAYERS = [(784, 400), (400, 20), (400, 20), (20, 400), (400, 784)]


def main() -> None:
    """Time all parts in turns and print their shares."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    rounds = options.parse_args().rounds
    x = np.random.default_rng(0).random((EXAMPLES, WORKLOAD.features), dtype="float32")
    parts: dict[str, Callable[[], float]] = {
        "fit, fused": fit(x, 64),
        "fit, a call a step": fit(x, 1),
        "arithmetic": loop(products()),
        "input": loop(gather(x)),
        "noise": loop(noise()),
        "likelihood": loop(likelihood(x)),
        "optimizer": loop(update()),
    }
    seconds: dict[str, list[float]] = {name: [] for name in parts}
    for turn in range(rounds + 1):  # the first one compiles
        for name, part in parts.items():
            taken = part()
            if turn:
                seconds[name].append(taken)
    step = {name: statistics.median(values) for name, values in seconds.items()}
    whole = step.pop("fit, fused")
    single = step.pop("fit, a call a step")
    shares = {name: value / whole for name, value in step.items()}
    shares["metrics and the rest"] = 1 - sum(shares.values())
    rows = [(name, f"{100 * share:.0f} %") for name, share in shares.items()]
    rows.append(("dispatch, where each step is a call", f"+ {100 * (single / whole - 1):.0f} %"))
    print(json.dumps({"machine": machine.describe(), "ms_a_step": 1000 * whole}))
    print(report_tables.table(("part of a fused step", "share of its time"), rows))


def fit(x: np.ndarray, steps: int) -> Callable[[], float]:
    """Return a function that trains an epoch and returns the seconds of a step."""
    model = build(WORKLOAD, seed=0)
    model.compile("adam", jit_compile=True, steps_per_execution=steps)
    clock = EpochClock()

    def run() -> float:
        model.fit(x, batch_size=BATCH, verbose=0, callbacks=[clock])
        return clock.seconds / math.ceil(EXAMPLES / BATCH)

    return run


class EpochClock(keras.callbacks.Callback):
    """The seconds of the last epoch: what `fit` does before and after is left out."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start."""
        del epoch, logs
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop."""
        del epoch, logs
        self.seconds = time.perf_counter() - self._start


def loop(body: Callable[[Any], Any]) -> Callable[[], float]:
    """Return a function that runs STEPS times `body` in one XLA program: seconds of one."""

    @tf.function(jit_compile=True, autograph=False)
    def run(count: Any) -> Any:
        # The sum keeps XLA from leaving the work out.
        return tf.while_loop(
            lambda i, _: i < count,
            lambda i, total: (i + 1, total + body(i)),
            [tf.constant(0), tf.constant(0.0)],
        )[1]

    def timed() -> float:
        start = time.perf_counter()
        float(run(tf.constant(STEPS)))
        return (time.perf_counter() - start) / STEPS

    return timed


def products() -> Callable[[Any], Any]:
    """The products of all layers: forward, for weights, and for inputs but those of the first."""
    random = tf.random.Generator.from_seed(0)
    weights = [tf.Variable(random.normal(shape, stddev=0.05)) for shape in LAYERS]
    ins = [tf.Variable(random.normal((BATCH, rows))) for rows, _ in LAYERS]
    outs = [tf.Variable(random.normal((BATCH, columns))) for _, columns in LAYERS]

    def body(i: Any) -> Any:
        total = tf.constant(0.0)
        scale = 1 + 1e-6 * tf.cast(i, "float32")  # no product can be moved out of the loop
        for index, (weight, a, b) in enumerate(zip(weights, ins, outs, strict=True)):
            made = [tf.matmul(a * scale, weight), tf.matmul(a * scale, b, transpose_a=True)]
            if index:
                made.append(tf.matmul(b * scale, weight, transpose_b=True))
            # All of each product is needed, as its biggest element may be anywhere.
            total += tf.add_n([tf.reduce_max(each) for each in made])
        return total

    return body


def gather(x: np.ndarray) -> Callable[[Any], Any]:
    """A batch of rows in shuffled order."""
    held = tf.constant(x)
    order = tf.constant(np.random.default_rng(1).permutation(EXAMPLES).astype("int32"))

    def body(i: Any) -> Any:
        start = i % (EXAMPLES // BATCH) * BATCH
        return tf.reduce_sum(tf.gather(held, tf.slice(order, [start], [BATCH])))

    return body


def noise() -> Callable[[Any], Any]:
    """Normal noise for a batch of latents."""
    shape = (BATCH, WORKLOAD.latent_dim)
    return lambda i: tf.reduce_sum(tf.random.stateless_normal(shape, tf.stack([i, 1])))


def likelihood(x: np.ndarray) -> Callable[[Any], Any]:
    """The package's Bernoulli likelihood of a batch, and its gradient."""
    from keras_ae.probability import bernoulli_log_prob

    target = tf.constant(x[:BATCH])
    logits = tf.Variable(tf.random.Generator.from_seed(0).normal(target.shape))

    def body(i: Any) -> Any:
        with tf.GradientTape() as tape:
            given = logits + 1e-6 * tf.cast(i, "float32")
            tape.watch(given)
            value = tf.reduce_mean(bernoulli_log_prob(target, given))
        return value + tf.reduce_sum(tape.gradient(value, given))

    return body


def update() -> Callable[[Any], Any]:
    """Keras' Adam on weights and biases of these sizes."""
    shapes = [shape for pair in LAYERS for shape in (pair, pair[1:])]
    variables = [keras.Variable(np.zeros(shape, "float32")) for shape in shapes]
    gradients = [tf.Variable(tf.fill(shape, 0.01)) for shape in shapes]
    optimizer = keras.optimizers.Adam()
    optimizer.build(variables)

    def body(i: Any) -> Any:
        scale = 1 + 1e-6 * tf.cast(i, "float32")
        optimizer.apply([tf.convert_to_tensor(each) * scale for each in gradients], variables)
        return variables[0].value[0, 0]

    return body


if __name__ == "__main__":
    main()
