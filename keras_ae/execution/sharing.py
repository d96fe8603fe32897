"""What Keras' methods get under a distribution: this process' part of the data, and a watchdog."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_ae import _checks
from keras_ae.execution import device_data, processes, shared_batches, shared_streams


def training(model: Any, options: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of `fit`, with this process' part of the data.

    Args:
        model: A Keras model.
        options: The arguments by name, all of them.

    Raises:
        ValueError: The data can't be shared, or an argument isn't supported.
    """
    shuffle = bool(options["shuffle"])
    whole = any(
        isinstance(layer, keras.layers.BatchNormalization) for layer in model._flatten_layers()
    )
    data = options["x"], options["y"], options["sample_weight"]
    size, validation = options["batch_size"], options["validation_data"]
    if device_data.is_array(data[0]):
        if options["steps_per_epoch"] is not None:
            raise ValueError(
                "`steps_per_epoch` must be None for arrays under a distribution. "
                f"Received: steps_per_epoch={options['steps_per_epoch']}"
            )
        if options["validation_split"] and validation is None:
            data, validation = device_data.split(data, options["validation_split"]) or (data, None)
        x = shared_batches.of_arrays(*data, size, shuffle, whole)
    else:
        x = shared_streams.of_stream(data[0], shuffle, whole)
    if isinstance(validation, (tuple, list)):
        inputs, targets, weights = (*validation, None, None)[:3]
        size = options["validation_batch_size"] or size
        validation = shared_batches.of_arrays(inputs, targets, weights, size)
    elif validation is not None:
        validation = shared_streams.of_stream(validation)
    return {
        **_of_first(options),
        "x": x,
        "y": None,
        "sample_weight": None,
        "batch_size": None,
        "steps_per_epoch": _steps(x, options, "steps_per_epoch"),
        "shuffle": False,
        "validation_split": 0.0,
        "validation_data": validation,
        "validation_batch_size": None,
        "validation_steps": _steps(validation, options, "validation_steps"),
    }


def evaluation(options: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of `evaluate`, with this process' part of the data."""
    data = options["x"], options["y"], options["sample_weight"]
    if device_data.is_array(data[0]):
        x = shared_batches.of_arrays(*data, options["batch_size"])
    else:
        x = shared_streams.of_stream(data[0])
    changes = {"x": x, "y": None, "sample_weight": None, "batch_size": None}
    return {**_of_first(options), **changes, "steps": _steps(x, options, "steps")}


def batch(options: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of `train_on_batch`, with this process' part of the batch."""
    if not processes.distributed():
        return options
    x, y, sample_weight = shared_batches.of_batch(
        options["x"], options["y"], options["sample_weight"]
    )
    return {**options, "x": x, "y": y, "sample_weight": sample_weight}


def predict(reconstruct: Callable[..., Any], x: Any, options: dict[str, Any]) -> Any:
    """Predict in each process for itself: Keras' way leaves each a part of the result.

    Args:
        reconstruct: Function from examples and a batch size to their reconstructions.
        x: Array, or a stream of batches.
        options: The other arguments of `predict`, by name.

    Raises:
        ValueError: There are callbacks.
    """
    if options["callbacks"]:
        raise ValueError(
            "`callbacks` of `predict` must be None under a distribution. "
            f"Received: {_checks.shown(options['callbacks'])}"
        )
    if device_data.is_array(x):
        return reconstruct(x, options["batch_size"])
    batches = (x[index] for index in range(x.num_batches)) if _is_dataset(x) else x
    taken = itertools.islice(batches, options["steps"])
    inputs = (keras.utils.unpack_x_y_sample_weight(batch)[0] for batch in taken)
    return np.concatenate([reconstruct(each) for each in inputs])


def _of_first(options: dict[str, Any]) -> dict[str, Any]:
    """Let the first process alone show progress."""
    return options if processes.index() == 0 else {**options, "verbose": 0}


def _steps(batches: Any, options: dict[str, Any], name: str) -> int | None:
    """Return the steps of an epoch: all, or those that are asked for."""
    given = options[name]
    steps = getattr(batches, "steps", None) if given is None else given
    if steps is None and isinstance(batches, shared_streams.SharedPasses):
        raise ValueError(
            f"`{name}` must say how many batches an epoch takes, as these data don't: all "
            f"processes take as many steps. Received: {name}=None"
        )
    return steps


def _is_dataset(data: Any) -> bool:
    return isinstance(data, keras.utils.PyDataset)
