"""What TensorFlow does for this floor: compiled functions, and several steps in one call.

Functions are graphs of its own kernels. XLA is left out there but for elementwise work: on a CPU
its matrix products and convolutions are slower than TensorFlow's, and it compiles anew for every
batch size.
"""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from keras_ae._untuned import untuned
from keras_ae.execution.device_data import DeviceData, batch

# Bytes of what passes of a part that are computed together return, on a CPU: enough work for each
# kernel to share out over the cores.
PASSES_BYTES = 2**24
STEPS_PER_TURN = 2  # of XLA's loop, which copies weights each turn
MAX_SIZES = 16  # of data, for which XLA compiles one function: programs stay in memory for good


def compiled_function(
    function: Callable[..., Any], variables: Sequence[Any]
) -> Callable[..., Any]:
    """Return `function` as a graph from NumPy arrays to NumPy arrays, traced once for all batches.

    Args:
        function: Function of tensors that returns a tensor or a structure of them.
        variables: Not used: a graph reads its variables when it runs.
    """
    import tensorflow as tf

    del variables
    graphs: dict[Any, Any] = {}

    def run(*arrays: Any) -> Any:
        kinds = tuple((array.dtype, array.shape[1:], array.ndim) for array in arrays)
        if kinds not in graphs:
            signature = [
                tf.TensorSpec((None, *rest) if rank else (), dtype) for dtype, rest, rank in kinds
            ]
            graphs[kinds] = tf.function(
                lambda *tensors: function(*tensors), input_signature=signature, autograph=False
            )
        tensors = [tf.convert_to_tensor(array) for array in arrays]
        with without_retracing_warnings():
            return tf.nest.map_structure(lambda tensor: tensor.numpy(), graphs[kinds](*tensors))

    return run


@contextlib.contextmanager
def without_retracing_warnings() -> Iterator[None]:
    """Keep TensorFlow from warning of retraced functions that weren't.

    It counts traces by the line of code, over all models: the fifth model of a cross-validation
    looks like the fifth trace of one function.
    """

    def unlike(record: logging.LogRecord) -> bool:
        return "triggered tf.function retracing" not in record.getMessage()

    logger = logging.getLogger("tensorflow")
    logger.addFilter(unlike)
    try:
        yield
    finally:
        logger.removeFilter(unlike)


def padded_size(examples: int, batch_size: int) -> int:
    """Return 0, for no padding: a graph takes any number of examples."""
    del examples, batch_size
    return 0


def fused(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return an elementwise function as one XLA kernel that stores nothing in between.

    Several replicas share a graph with variables of several devices, where XLA is left out.
    """
    import tensorflow as tf

    if replicas() > 1:
        return function
    return tf.function(function, jit_compile=True, autograph=False)


def normal(shape: Sequence[Any], seed: Any, *counters: Any) -> Any:
    """Return standard normal noise that depends on a seed and counters, all int32 scalars."""
    import tensorflow as tf

    key = tf.stack([seed, 0])
    for counter in counters:
        key = tf.random.fold_in(key, counter)
    return tf.random.stateless_normal(shape, key)


def repeat(times: Any, step: Callable[[Any, Any], Any], start: Any) -> Any:
    """Return step(times - 1, ... step(1, step(0, start))), one step at a time in memory."""
    import tensorflow as tf

    _, result = tf.while_loop(
        lambda index, _: index < times,
        lambda index, value: (index + 1, step(index, value)),
        (tf.constant(0), start),
        parallel_iterations=1,
    )
    return result


def each(count: Any, function: Callable[[Any], Any]) -> Any:
    """Return function(0), function(1), ... stacked: float32, two at a time in memory.

    What of one isn't shared out over the cores overlaps with the other.
    """
    import tensorflow as tf

    return tf.map_fn(
        function, tf.range(count), fn_output_signature=tf.float32, parallel_iterations=2
    )


def runs_eagerly() -> bool:
    """Whether TensorFlow was told to run functions step by step, as for debugging."""
    import tensorflow as tf

    return bool(tf.config.functions_run_eagerly())


def has_accelerator() -> bool:
    """Whether tensors live on a GPU or TPU."""
    import tensorflow as tf

    return any(device.device_type != "CPU" for device in tf.config.list_logical_devices())


def replicas() -> int:
    """Return the number of replicas of the current strategy, the one thing known of them here."""
    import tensorflow as tf

    return int(tf.distribute.get_strategy().num_replicas_in_sync)


def counter(data: DeviceData) -> Any:
    """Return what Keras gets in place of the data: a dataset of as many batches."""
    import tensorflow as tf

    return untuned(tf.data.Dataset.range(data.steps))


def compiled_steps(
    step: Callable[[Any], Any],
    results: Callable[[], dict[str, Any]],
    places: tuple[int, ...],
    jit: bool,
    jit_rest: bool,
) -> Callable[[Any, np.ndarray, int], tuple[Any]]:
    """Return run(arrays, rows, capacity): a step on the rows of each line of `rows`.

    The loop is inside one function, so with `jit` the steps are one XLA program: nothing is
    dispatched and no batch leaves the device between them. The function is traced once, for
    whatever number of examples, lines and rows a line. XLA compiles it for each size: calls of
    one capacity are one size, for whatever number of lines up to it, and after `MAX_SIZES` sizes
    the rest run without XLA.

    Args:
        step: A training or test step of Keras.
        results: Returns the metrics after the last step.
        places: As in `DeviceData`.
        jit: Whether XLA compiles the steps, `STEPS_PER_TURN` together.
        jit_rest: Whether it compiles what is left over too: an odd step, or a shorter batch.
    """
    import tensorflow as tf

    together = STEPS_PER_TURN if jit else 1
    traced: dict[Any, Any] = {}
    loops: dict[Any, Any] = {}
    sizes: set[Any] = set()

    def loop(arrays: Any, rows: Any, turns: Any, wanted: bool) -> Any:
        size = tuple(len(array) for array in arrays), tuple(rows.shape)
        xla = wanted and (size in sizes or len(sizes) < MAX_SIZES)
        if xla:
            sizes.add(size)
        kinds = tuple((array.dtype, tuple(array.shape[1:])) for array in arrays)
        kind = xla, rows.shape[1], kinds
        if kind not in loops:
            signature = tuple(tf.TensorSpec((None, *rest), dtype) for dtype, rest in kinds)
            if kinds not in traced:
                traced[kinds] = _on_rows(step, places, signature)
            loops[kind] = _loop(traced[kinds], results, signature, xla, rows.shape[1])
        with without_retracing_warnings():
            return loops[kind](arrays, rows, turns)

    def run(arrays: Any, rows: np.ndarray, capacity: int) -> tuple[Any]:
        turns = len(rows) // together
        logs = None
        if turns:
            padded = np.zeros((-(-capacity // together), together, rows.shape[1]), "int32")
            padded.reshape(-1, rows.shape[1])[: turns * together] = rows[: turns * together]
            logs = loop(arrays, tf.constant(padded), tf.constant(turns), jit)
        for line in rows[turns * together :]:
            logs = loop(arrays, tf.constant(line[None, None]), tf.constant(1), jit_rest)
        return (logs,)

    return run


def _on_rows(step: Callable[[Any], Any], places: tuple[int, ...], arrays: Any) -> Any:
    """Return `step` as a function of arrays and the rows of a batch: traced once for all loops."""
    import tensorflow as tf

    @tf.function(autograph=False, input_signature=[arrays, tf.TensorSpec((None,), "int32")])
    def on_rows(arrays: Any, rows: Any) -> None:
        step(batch(arrays, places, functools.partial(tf.gather, indices=rows)))

    return on_rows


def _loop(
    step: Callable[[Any, Any], None],
    results: Callable[[], dict[str, Any]],
    arrays: Any,
    xla: bool,
    together: int,
) -> Any:
    """Return the function of tensors: `turns` times the steps of `together` lines."""
    import tensorflow as tf

    signature = [
        arrays,
        tf.TensorSpec((None, together, None), "int32"),
        tf.TensorSpec((), "int32"),
    ]

    @tf.function(jit_compile=xla, autograph=False, input_signature=signature)
    def loop(arrays: Any, rows: Any, turns: Any) -> Any:
        def turn(index: Any) -> Any:
            for line in range(together):
                step(arrays, rows[index, line])
            return index + 1

        tf.while_loop(lambda index: index < turns, turn, [tf.constant(0)], parallel_iterations=1)
        return results()

    return loop
