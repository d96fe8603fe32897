"""Several steps as one call of one compiled JAX function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keras_ae.models._resident import Resident, batch

SIZES = 16  # for which programs are kept


def counter(resident: Resident) -> np.ndarray:
    """Return what Keras gets in place of the data: it counts as many batches."""
    return np.arange(resident.size, dtype="int32")


def compiled(
    step: Callable[[Any, Any], Any], results: Any, places: tuple[int, ...], jit: bool
) -> Callable[..., Any]:
    """Return run(state, arrays, rows, capacity): a step on the rows of each line of `rows`.

    The steps are one loop, and the memory of one state serves for the next. Calls of one capacity
    are compiled once, for whatever number of lines up to it. After `SIZES` sizes, of examples or
    of rows a line, the programs of those are given up.

    Args:
        step: A training or test step of Keras, from state and data to logs and state.
        results: Not used: the step returns its metrics.
        places: As in `Resident`.
        jit: Not used: only what is compiled is held.
    """
    import jax

    del results, jit
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
        if size not in sizes and len(sizes) == SIZES:
            program.clear_cache()
            sizes.clear()
        sizes.add(size)
        padded = np.zeros((capacity, rows.shape[1]), "int32")
        padded[: len(rows)] = rows
        return program(state, arrays, padded, len(rows))

    return run


def keras_function(run: Any, resident: Resident, steps: int, capacity: int) -> Any:
    """Return what Keras calls with a state and its iterator, for `steps` steps a call.

    Args:
        run: What `compiled` returned.
        resident: The arrays and their order.
        steps: Steps in a call.
        capacity: As in `compiled`, at least `steps`.
    """
    blocks = resident.blocks()

    def function(state: Any, iterator: Any) -> Any:
        whole, short = blocks.take(iterator, steps)
        logs = None
        if len(whole):
            logs, state = run(state, resident.arrays, whole, capacity)
        if short is not None:
            logs, state = run(state, resident.arrays, short[None], 1)
        return logs, state

    return function
