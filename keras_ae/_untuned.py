"""Datasets of TensorFlow whose iterators close at once."""

from __future__ import annotations

from typing import Any


def untuned(dataset: Any) -> Any:
    """Return a `tf.data.Dataset` without autotuning.

    When an iterator of a tuned dataset closes, TensorFlow waits for the thread that tunes it, and
    sometimes misses to wake it up. The wait is up to as long as the iterator was open, at most a
    minute: with two cores it was seen in one epoch of three to seven.

    Args:
        dataset: The dataset; it must not ask for `tf.data.AUTOTUNE`.
    """
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
