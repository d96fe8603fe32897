"""The one place that knows of `tf.distribute`."""

from __future__ import annotations

import keras


def replica_count() -> int:
    """Return the number of replicas of the current TensorFlow strategy; 1 on other backends."""
    if keras.backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    return int(tf.distribute.get_strategy().num_replicas_in_sync)
