"""Several steps as one call of one compiled JAX function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keras_ae.models._resident import Resident, batch


def counter(resident: Resident) -> np.ndarray:
    """Return what Keras gets in place of the data: it counts as many batches."""
    return np.arange(resident.size, dtype="int32")


def compiled(
    step: Callable[[Any, Any], Any], results: Any, places: tuple[int, ...], jit: bool
) -> Callable[..., Any]:
    """Return run(state, arrays, rows): a step on the rows of each line of `rows`.

    The steps are one `lax.scan`, and the memory of one state serves for the next.

    Args:
        step: A training or test step of Keras, from state and data to logs and state.
        results: Not used: the step returns its metrics.
        places: As in `Resident`.
        jit: Not used: only what is compiled is held.
    """
    import jax

    del results, jit

    def run(state: Any, arrays: Any, rows: Any) -> Any:
        def body(state: Any, numbers: Any) -> Any:
            logs, after = step(state, batch(arrays, places, lambda array: array[numbers]))
            # A scan must give back what it took: the same containers and types.
            leaves = zip(jax.tree.leaves(after), jax.tree.leaves(state), strict=True)
            same = [new.astype(old.dtype) for new, old in leaves]
            return jax.tree.unflatten(jax.tree.structure(state), same), logs

        state, logs = jax.lax.scan(body, state, rows)
        return jax.tree.map(lambda log: log[-1], logs), state

    return jax.jit(run, donate_argnums=0)


def keras_function(run: Any, resident: Resident, steps: int, capacity: int) -> Any:
    """Return what Keras calls with a state and its iterator, for `steps` steps a call.

    Args:
        run: What `compiled` returned.
        resident: The arrays and their order.
        steps: Steps in a call.
        capacity: Not used: each number of lines is compiled as it comes.
    """
    del capacity
    blocks = resident.blocks()

    def function(state: Any, iterator: Any) -> Any:
        whole, short = blocks.take(iterator, steps)
        logs = None
        if len(whole):
            logs, state = run(state, resident.arrays, whole)
        if short is not None:
            logs, state = run(state, resident.arrays, short[None])
        return logs, state

    return function
