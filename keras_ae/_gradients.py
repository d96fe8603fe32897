"""Gradients within a step, for parts that train something of their own in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def value_and_gradients(
    function: Callable[[], tuple[Any, Any]], variables: Sequence[Any], state: Sequence[Any] = ()
) -> tuple[Any, list[Any]]:
    """Return what else a function returns beside a scalar, and the scalar's gradients.

    Works in eager code and in compiled steps, within the gradient of another function too.

    Args:
        function: Function of nothing to a scalar tensor, and to any structure of tensors.
        variables: The Keras variables for whose values the gradients are.
        state: Other Keras variables that the function reads or assigns, such as the averages of
            a `BatchNormalization`; what it assigned is assigned when this returns.
    """
    import keras

    on_jax = keras.config.backend() == "jax"
    return (_on_jax if on_jax else _on_tensorflow)(function, variables, state)


def _on_tensorflow(
    function: Callable[[], tuple[Any, Any]], variables: Sequence[Any], state: Sequence[Any]
) -> tuple[Any, list[Any]]:
    import tensorflow as tf

    del state  # assigned as the function runs
    values = [variable.value for variable in variables]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        scalar, others = function()
    return others, tape.gradient(scalar, values)


def _on_jax(
    function: Callable[[], tuple[Any, Any]], variables: Sequence[Any], state: Sequence[Any]
) -> tuple[Any, list[Any]]:
    import jax
    import keras

    # A scope knows the values that it is given, and not those of the scope around it.
    kept = [(variable, variable.value) for variable in state]

    def stateless(values: list[Any]) -> tuple[Any, Any]:
        given = list(zip(variables, values, strict=True))
        with keras.StatelessScope(state_mapping=[*given, *kept]) as scope:
            scalar, others = function()
        return scalar, (others, [scope.get_current_value(variable) for variable in state])

    of_values = jax.value_and_grad(stateless, has_aux=True)
    (_, (others, after)), gradients = of_values([variable.value for variable in variables])
    for variable, value in zip(state, after, strict=True):
        variable.assign(value)
    return others, gradients
