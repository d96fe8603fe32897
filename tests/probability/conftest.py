"""What the tests of the maths share: gradients and compiled models on either backend."""

import functools

import keras
import numpy as np
import pytest
from keras import ops


@functools.cache
def _jax_gradients(function, count):
    import jax

    total = jax.grad(lambda *values: ops.sum(function(*values)), tuple(range(count)))
    return jax.jit(total)


def _gradients(function, *arguments):
    arguments = [np.asarray(argument, "float32") for argument in arguments]
    if keras.backend.backend() == "jax":
        results = _jax_gradients(function, len(arguments))(*arguments)
    else:
        import tensorflow as tf

        tensors = [tf.constant(argument) for argument in arguments]
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            total = ops.sum(function(*tensors))
        results = tape.gradient(total, tensors)
    return [np.asarray(result) for result in results]


@pytest.fixture(scope="session")
def gradients():
    """Return the gradients of sum(function(*arguments)) by each argument, as NumPy arrays."""
    return _gradients


class _Call(keras.layers.Layer):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def call(self, inputs):
        return self.function(*inputs)


def _compiled(function, *arguments):
    inputs = [keras.Input(argument.shape[1:]) for argument in arguments]
    model = keras.Model(inputs, _Call(function)(inputs))
    return model.predict(list(arguments), verbose=0)


@pytest.fixture(scope="session")
def compiled():
    """Run function(*arguments) in a compiled model, where the batch size is unknown."""
    return _compiled
