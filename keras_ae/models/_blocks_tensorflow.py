"""Several steps as one call of one compiled TensorFlow function."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from keras_ae._untuned import untuned
from keras_ae.models._resident import Resident, batch

TOGETHER = 2  # steps in one turn of XLA's loop, which copies weights each turn
LONG_ENOUGH = 0.1  # seconds of steps that are measured together
HOPELESS = 4.0  # steps that take so many times the best ones known are not measured again


def counter(resident: Resident) -> Any:
    """Return what Keras gets in place of the data: a dataset of as many batches."""
    import tensorflow as tf

    return untuned(tf.data.Dataset.range(resident.steps))


def compiled(
    step: Callable[[Any], Any],
    results: Callable[[], dict[str, Any]],
    places: tuple[int, ...],
    jit: bool,
) -> Callable[[Any, np.ndarray, int], Any]:
    """Return run(arrays, rows, capacity): a step on the rows of each line of `rows`.

    The loop is inside one function, so with `jit` the steps are one XLA program: nothing is
    dispatched and no batch leaves the device between them. Calls of one capacity are compiled
    once, for whatever number of lines up to it; without lines, run only compiles.

    Args:
        step: A training or test step of Keras.
        results: Returns the metrics after the last step.
        places: As in `Resident`.
        jit: Whether XLA compiles it.
    """
    import tensorflow as tf

    together = TOGETHER if jit else 1

    @tf.function(jit_compile=jit, autograph=False)
    def loop(arrays: Any, rows: Any, turns: Any) -> Any:
        def turn(index: Any) -> Any:
            for line in range(rows.shape[1]):
                pick = functools.partial(tf.gather, indices=rows[index, line])
                step(batch(arrays, places, pick))
            return index + 1

        tf.while_loop(lambda index: index < turns, turn, [tf.constant(0)], parallel_iterations=1)
        return results()

    def run(arrays: Any, rows: np.ndarray, capacity: int) -> Any:
        turns, rest = divmod(len(rows), together)
        logs = None
        if turns or not rest:
            padded = np.zeros((-(-capacity // together), together, rows.shape[1]), "int32")
            padded.reshape(-1, rows.shape[1])[: turns * together] = rows[: turns * together]
            logs = loop(arrays, tf.constant(padded), tf.constant(turns))
        for line in rows[turns * together :]:
            logs = loop(arrays, tf.constant(line[None, None]), tf.constant(1))
        return logs

    return run


def keras_function(run: Any, resident: Resident, steps: int, capacity: int) -> Any:
    """Return what Keras calls with its iterator, for `steps` steps a call.

    Args:
        run: What `compiled` returned.
        resident: The arrays and their order.
        steps: Steps in a call.
        capacity: As in `compiled`, at least `steps`.
    """
    blocks = resident.blocks()

    def function(iterator: Any) -> Any:
        whole, short = blocks.take(iterator, steps)
        logs = None
        if len(whole):
            logs = run(resident.arrays, whole, capacity)
        if short is not None:
            logs = run(resident.arrays, short[None], 1)
        return logs

    return function


def seconds_a_step(run: Any, resident: Resident, capacity: int, best: float = math.inf) -> float:
    """Return the time that a step takes in a call of several, its compilation left out.

    XLA's convolutions in a loop on a CPU take 30 times as long as TensorFlow's own: two such
    steps are enough.

    Args:
        run: What `compiled` returned.
        resident: The arrays; the first rows are used.
        capacity: As in `compiled`.
        best: Seconds of a step that another way takes.
    """
    lines = max(TOGETHER, min(resident.whole, capacity) // TOGETHER * TOGETHER)
    first_rows = np.arange(min(lines, resident.whole) * resident.batch_size, dtype="int32")
    rows = np.resize(first_rows, (lines, resident.batch_size))

    def timed(count: int) -> float:
        start = time.perf_counter()
        logs = run(resident.arrays, rows[:count], capacity)
        float(logs["loss"])  # wait for it
        return time.perf_counter() - start

    run(resident.arrays, rows[:0], capacity)  # compiles
    first = timed(TOGETHER)
    # The first call of all also pays for the memory that it asks for.
    if first > HOPELESS * TOGETHER * best + LONG_ENOUGH:
        return first / TOGETHER
    count = min(lines, math.ceil(LONG_ENOUGH / first) * TOGETHER)
    return min(timed(count) for _ in range(3)) / count
