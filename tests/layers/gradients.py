"""Gradients by the backend that the tests run on."""

import keras
import numpy as np
from keras import ops


def gradients(function, *inputs):
    """Return the gradients of sum(function(*inputs)) by each of the inputs, as NumPy arrays."""

    def total(*inputs):
        return ops.sum(function(*inputs))

    if keras.backend.backend() == "jax":
        import jax

        found = jax.grad(total, tuple(range(len(inputs))))(*map(jax.numpy.asarray, inputs))
        return [np.asarray(each) for each in found]
    import tensorflow as tf

    tensors = [tf.constant(each) for each in inputs]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = total(*tensors)
    found = tape.gradient(value, tensors, unconnected_gradients="zero")
    return [tf.convert_to_tensor(each).numpy() for each in found]
