"""Several steps as one call of one compiled TensorFlow function."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from keras_ae.models._resident import Resident, batch

LONG_ENOUGH = 0.1  # seconds of steps that are measured together
HOPELESS = 4.0  # a step that takes so many times the best one known is not measured again


def counter(resident: Resident) -> Any:
    """Return what Keras gets in place of the data: a dataset of as many batches.

    Without autotuning: when an iterator ends, TensorFlow waits for the thread that tunes it, and
    often misses to wake it up. The wait is up to as long as the iterator lived, at most a minute;
    with Keras' own datasets an epoch in three or four takes twice its time for that.
    """
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return tf.data.Dataset.range(resident.steps).with_options(options)


def compiled(
    step: Callable[[Any], Any],
    results: Callable[[], dict[str, Any]],
    places: tuple[int, ...],
    jit: bool,
) -> Callable[[Any, Any, Any], Any]:
    """Return run(arrays, rows, count): `count` steps, each on the rows of one line of `rows`.

    The loop is inside the function, so with `jit` the steps are one XLA program: nothing is
    dispatched and no batch leaves the device between them.

    Args:
        step: A training or test step of Keras.
        results: Returns the metrics after the last step.
        places: As in `Resident`.
        jit: Whether XLA compiles it.
    """
    import tensorflow as tf

    @tf.function(jit_compile=jit, autograph=False)
    def run(arrays: Any, rows: Any, count: Any) -> Any:
        def body(index: Any) -> Any:
            step(batch(arrays, places, lambda array: tf.gather(array, rows[index])))
            return index + 1

        tf.while_loop(lambda index: index < count, body, [tf.constant(0)], parallel_iterations=1)
        return results()

    return run


def keras_function(run: Any, resident: Resident, steps: int, capacity: int) -> Any:
    """Return what Keras calls with its iterator, for `steps` steps a call.

    Args:
        run: What `compiled` returned.
        resident: The arrays and their order.
        steps: Steps in a call.
        capacity: Lines of `rows` in each call, at least `steps`: calls of one shape are compiled
            once, for whatever number of steps.
    """
    import tensorflow as tf

    blocks = resident.blocks()

    def function(iterator: Any) -> Any:
        whole, short = blocks.take(iterator, steps)
        logs = None
        if len(whole):
            padded = np.zeros((capacity, resident.batch_size), "int32")
            padded[: len(whole)] = whole
            logs = run(resident.arrays, tf.constant(padded), tf.constant(len(whole)))
        if short is not None:
            logs = run(resident.arrays, tf.constant(short[None]), tf.constant(1))
        return logs

    return function


def seconds_a_step(run: Any, resident: Resident, capacity: int, best: float = math.inf) -> float:
    """Return the time that a step takes in a call of several, its compilation left out.

    XLA's convolutions in a loop on a CPU take 30 times as long as TensorFlow's own: one such step
    is enough.

    Args:
        run: What `compiled` returned.
        resident: The arrays; the first rows are used.
        capacity: As in `keras_function`.
        best: Seconds of a step that another way takes.
    """
    import tensorflow as tf

    lines = min(resident.whole, capacity)
    rows = np.zeros((capacity, resident.batch_size), "int32")
    rows[:lines] = np.arange(lines * resident.batch_size).reshape(lines, -1)
    on_device = tf.constant(rows)

    def timed(count: int) -> float:
        start = time.perf_counter()
        logs = run(resident.arrays, on_device, tf.constant(count))
        float(logs["loss"])  # wait for it
        return (time.perf_counter() - start) / count

    run(resident.arrays, on_device, tf.constant(0))  # compiles
    first = timed(1)
    if first > HOPELESS * best:
        return first
    count = max(2, min(lines, math.ceil(LONG_ENOUGH / first)))
    return min(timed(count) for _ in range(3))
