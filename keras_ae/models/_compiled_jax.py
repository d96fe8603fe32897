"""Functions of tensors, compiled and run by JAX."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

# Bytes of what decoder passes that are computed together return, on a CPU: what a core's cache
# holds is faster than what it doesn't.
PASSES = 2**22


def compiled(function: Callable[..., Any], variables: Sequence[Any]) -> Callable[..., Any]:
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
