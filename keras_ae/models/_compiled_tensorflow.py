"""Functions of tensors, compiled and run by TensorFlow: graphs of its own kernels.

XLA is left out but for elementwise work: on a CPU its matrix products and convolutions are slower
than TensorFlow's, and it compiles anew for every batch size.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from keras_ae.models._replicas import replica_count

# Bytes of what decoder passes that are computed together return, on a CPU: enough work for each
# kernel to share out over the cores.
PASSES = 2**24


def compiled(function: Callable[..., Any], variables: Sequence[Any]) -> Callable[..., Any]:
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

    if replica_count() > 1:
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
