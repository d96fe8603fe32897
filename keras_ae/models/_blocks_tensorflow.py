"""Several steps as one call of one compiled TensorFlow function."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from keras_ae._untuned import untuned
from keras_ae.models._compiled import backend
from keras_ae.models._resident import Resident, batch

TOGETHER = 2  # steps in one turn of XLA's loop, which copies weights each turn
SIZES = 16  # for which XLA compiles one function: a program stays in memory for good


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
    dispatched and no batch leaves the device between them. The function is traced once, for
    whatever number of examples, lines and rows a line. XLA compiles it for each size: calls of
    one capacity are one size, for whatever number of lines up to it, and after `SIZES` sizes the
    rest run without XLA. Without lines, run only compiles.

    Args:
        step: A training or test step of Keras.
        results: Returns the metrics after the last step.
        places: As in `Resident`.
        jit: Whether XLA compiles it.
    """
    import tensorflow as tf

    together = TOGETHER if jit else 1
    loops: dict[Any, Any] = {}
    sizes: set[Any] = set()

    def loop(arrays: Any, rows: Any, turns: Any) -> Any:
        size = tuple(len(array) for array in arrays), tuple(rows.shape)
        xla = jit and (size in sizes or len(sizes) < SIZES)
        if xla:
            sizes.add(size)
        kinds = tuple((array.dtype, tuple(array.shape[1:])) for array in arrays)
        kind = xla, rows.shape[1], kinds
        if kind not in loops:
            loops[kind] = _loop(step, results, places, *kind)
        with backend().without_retracing_warnings():
            return loops[kind](arrays, rows, turns)

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


def _loop(
    step: Callable[[Any], Any],
    results: Callable[[], dict[str, Any]],
    places: tuple[int, ...],
    xla: bool,
    together: int,
    kinds: tuple[Any, ...],
) -> Any:
    """Return the function of tensors: `turns` times the steps of `together` lines."""
    import tensorflow as tf

    signature = [
        tuple(tf.TensorSpec((None, *rest), dtype) for dtype, rest in kinds),
        tf.TensorSpec((None, together, None), "int32"),
        tf.TensorSpec((), "int32"),
    ]

    @tf.function(jit_compile=xla, autograph=False, input_signature=signature)
    def loop(arrays: Any, rows: Any, turns: Any) -> Any:
        def turn(index: Any) -> Any:
            for line in range(together):
                pick = functools.partial(tf.gather, indices=rows[index, line])
                step(batch(arrays, places, pick))
            return index + 1

        tf.while_loop(lambda index: index < turns, turn, [tf.constant(0)], parallel_iterations=1)
        return results()

    return loop


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
