"""What JAX does for this floor: compiled functions, and several steps in one call."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from keras_ae.execution.device_data import DeviceData, batch

# Bytes of what passes of a part that are computed together return, on a CPU: what a core's cache
# holds is faster than what it doesn't.
PASSES_BYTES = 2**22
TEXT_BYTES = 4096  # of what the first process tells the others
MAX_SIZES = 16  # of data, for which programs of steps are kept


def compiled_function(
    function: Callable[..., Any], variables: Sequence[Any]
) -> Callable[..., Any]:
    """Return `function` as a program from NumPy arrays to NumPy arrays.

    Args:
        function: Function of tensors that returns a tensor or a structure of them.
        variables: The Keras variables that it reads: a program would keep the values of others.
    """
    import jax

    @jax.jit
    def program(values: Any, *arrays: Any) -> Any:
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return function(*arrays)

    def run(*arrays: Any) -> Any:
        outputs = program([variable.value for variable in variables], *arrays)
        return jax.tree_util.tree_map(np.asarray, outputs)

    return run


def without_retracing_warnings() -> contextlib.AbstractContextManager[None]:
    """Do nothing: JAX doesn't warn."""
    return contextlib.nullcontext()


def padded_size(examples: int, batch_size: int) -> int:
    """Return to how many examples the batches of so many examples are padded.

    A program is of one size: that of a batch, and for fewer examples the next power of two.
    """
    return min(batch_size, 1 << (examples - 1).bit_length())


def fused(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function: all of a program is XLA's already."""
    return function


def normal(shape: Sequence[Any], seed: Any, *counters: Any) -> Any:
    """Return standard normal noise that depends on a seed and counters, all int32 scalars."""
    import jax

    key = jax.random.key(seed)
    for counter in counters:
        key = jax.random.fold_in(key, counter)
    return jax.random.normal(key, tuple(shape), dtype="float32")


def repeat(times: Any, step: Callable[[Any, Any], Any], start: Any) -> Any:
    """Return step(times - 1, ... step(1, step(0, start))), one step at a time in memory."""
    import jax

    return jax.lax.fori_loop(0, times, step, start)


def each(count: Any, function: Callable[[Any], Any]) -> Any:
    """Return function(0), function(1), ... stacked: float32, one after another in memory."""
    import jax

    return jax.lax.map(function, jax.numpy.arange(count, dtype="int32"))


def runs_eagerly() -> bool:
    """Whether JAX was told to run functions step by step, as for debugging."""
    import jax

    return bool(jax.config.jax_disable_jit)


def has_accelerator() -> bool:
    """Whether tensors live on a GPU or TPU."""
    import jax

    return jax.default_backend() != "cpu"


def process_index() -> int:
    """Return this process' place among those that JAX' runtime joins."""
    import jax

    return int(jax.process_index())


def process_count() -> int:
    """Return how many processes JAX' runtime joins."""
    import jax

    return int(jax.process_count())


def device_count() -> int:
    """Return how many devices all processes have together."""
    import jax

    return int(jax.device_count())


def wait_for_all(name: str) -> None:
    """Wait until all processes are at the place of this name."""
    from jax.experimental import multihost_utils

    multihost_utils.sync_global_devices(name)


def from_first(text: str) -> str:
    """Return the first process' text, of up to `TEXT_BYTES`, in all; they wait for each other."""
    from jax.experimental import multihost_utils

    encoded = text.encode()[:TEXT_BYTES]
    padded = np.frombuffer(encoded.ljust(TEXT_BYTES, b"\0"), "uint8")
    received: np.ndarray = np.asarray(multihost_utils.broadcast_one_to_all(padded))
    return received.astype("uint8").tobytes().rstrip(b"\0").decode(errors="ignore")


def same_in_all(number: int) -> bool:
    """Whether all processes have the same number, of 31 bits; they wait for each other."""
    from jax.experimental import multihost_utils

    numbers: np.ndarray = multihost_utils.process_allgather(np.array(number, "int32"))
    return bool((numbers == numbers[0]).all())


def tells_of_loss(error: BaseException) -> bool:
    """Whether an error tells that another process is gone, rather than of a fault here."""
    import jax

    if isinstance(error, ValueError):  # of a transfer that all processes compare
        return "Gloo" in str(error)
    own = ("RESOURCE_EXHAUSTED", "INVALID_ARGUMENT")  # memory and shapes
    return isinstance(error, jax.errors.JaxRuntimeError) and not str(error).startswith(own)


def replicas() -> int:
    """Return 1: Keras' distribution on JAX is no matter of replicas."""
    return 1


def counter(data: DeviceData) -> np.ndarray:
    """Return what Keras gets in place of the data: it counts as many batches."""
    return np.broadcast_to(np.zeros((), "int32"), (data.size,))  # which takes no memory


def compiled_steps(
    step: Callable[[Any, Any], Any],
    results: Any,
    places: tuple[int, ...],
    jit: bool,
    jit_rest: bool,
) -> Callable[..., Any]:
    """Return run(state, arrays, rows, capacity): a step on the rows of each line of `rows`.

    The steps are one loop, and the memory of one state serves for the next. Calls of one capacity
    are compiled once, for whatever number of lines up to it. After `MAX_SIZES` sizes, of examples
    or of rows a line, the programs of those are given up.

    Args:
        step: A training or test step of Keras, from state and data to logs and state.
        results: Not used: the step returns its metrics.
        places: As in `DeviceData`.
        jit: Not used: only what is compiled is held.
        jit_rest: Not used.
    """
    import jax

    del results, jit, jit_rest
    sizes: set[Any] = set()

    def loop(state: Any, arrays: Any, rows: Any, count: Any) -> Any:
        def one(state: Any, index: Any) -> Any:
            numbers = rows[index]
            logs, after = step(state, batch(arrays, places, lambda array: array[numbers]))
            # A loop must give back what it took: the same containers and types.
            leaves = zip(jax.tree.leaves(after), jax.tree.leaves(state), strict=True)
            same = [new.astype(old.dtype) for new, old in leaves]
            return jax.tree.unflatten(jax.tree.structure(state), same), logs

        def body(index: Any, carry: Any) -> Any:
            return one(carry[0], index)

        logs = jax.eval_shape(one, state, 0)[1]
        nothing = jax.tree.map(lambda log: jax.numpy.zeros(log.shape, log.dtype), logs)
        state, logs = jax.lax.fori_loop(0, count, body, (state, nothing))
        return logs, state

    program = jax.jit(loop, donate_argnums=0)

    def run(state: Any, arrays: Any, rows: np.ndarray, capacity: int) -> Any:
        size = tuple(len(array) for array in arrays), rows.shape[1], capacity
        if size not in sizes and len(sizes) == MAX_SIZES:
            program.clear_cache()
            sizes.clear()
        sizes.add(size)
        padded = np.zeros((capacity, rows.shape[1]), "int32")
        padded[: len(rows)] = rows
        return program(state, arrays, padded, len(rows))

    return run
