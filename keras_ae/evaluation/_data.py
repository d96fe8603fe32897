"""What the scores ask of their arguments, in one wording."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from keras_ae import _arrays, _checks

Array = np.ndarray[Any, Any]


def matrix(name: str, array: Any, *, rows: int = 2) -> Array:
    """Return `array` as float64 if it is a finite (examples, width) with enough examples."""
    values = _arrays.numbers(name, array)
    if values.ndim != 2 or len(values) < rows or not values.shape[1]:
        raise ValueError(
            f"`{name}` must have shape (examples, width) with at least {rows} examples. "
            f"Received: shape={values.shape}"
        )
    _arrays.finite(name, values)
    return values.astype("float64")


def examples(name: str, x: Any) -> Array:
    """Return data as an array of numbers with an axis of examples."""
    array = _arrays.numbers(name, x)
    _arrays.examples(name, array)
    return array


def places(name: str, value: Any) -> tuple[int, ...]:
    """Return columns by their places, integers from 0."""
    chosen = _checks.items(name, value, "a sequence of integers >= 0")
    return tuple(_checks.integer(name, place, minimum=0) for place in chosen)


def pair(x: Any, reconstruction: Any) -> tuple[Array, Array]:
    """Return examples and their reconstructions, if they are finite and of one shape."""
    first, second = _arrays.numbers("x", x), _arrays.numbers("reconstruction", reconstruction)
    if first.shape != second.shape or first.ndim < 2:
        raise ValueError(
            "`reconstruction` must have the shape of `x`, (examples, ...). "
            f"Received: x.shape={first.shape}, reconstruction.shape={second.shape}"
        )
    for name, array in (("x", first), ("reconstruction", second)):
        _arrays.not_empty(name, array)
        _arrays.finite(name, array)
    return first, second


def classes(name: str, labels: Any, examples: int, *, each: int = 1) -> Array:
    """Return labels as 0, 1, ..., if there are at least 2 classes with `each` examples or more.

    Args:
        name: What the user calls the labels.
        labels: Array of shape (examples,): integers or strings.
        examples: How many there must be.
        each: The least number of examples of a class.
    """
    array = _arrays.labels(name, labels, examples)
    _, places, counts = np.unique(array, return_inverse=True, return_counts=True)
    if len(counts) < 2 or counts.min() < each:
        raise ValueError(
            f"`{name}` must hold at least 2 classes, each of at least {each} example(s). "
            f"Received: {len(counts)} class(es), the smallest of {counts.min()}"
        )
    return places


def latent_and_factors(
    latent: Any, factors: Any, *, each: int = 1, least_factors: int = 1
) -> tuple[Array, list[Array]]:
    """Return a latent of 2 dimensions or more, and the columns of its factors as 0, 1, ...

    Args:
        latent: Array of shape (examples, latent_dim).
        factors: Array of integers of shape (examples, factors).
        each: The least number of examples of each value of a factor.
        least_factors: The least number of factors.
    """
    values, array = matrix("latent", latent), _arrays.as_array("factors", factors)
    if values.shape[1] < 2:
        raise ValueError(
            "`latent` must have at least 2 dimensions, to compare them. "
            f"Received: shape={values.shape}"
        )
    shaped = array.ndim == 2 and len(array) == len(values) and array.shape[1] >= least_factors
    if not shaped or array.dtype.kind not in "biu":
        raise ValueError(
            f"`factors` must be integers of shape ({len(values)}, factors), one row for each "
            f"example, with at least {least_factors} factor(s). "
            f"Received: shape={array.shape}, dtype={array.dtype}"
        )
    columns = enumerate(array.T)
    places = [classes(f"factors[:, {i}]", column, len(values), each=each) for i, column in columns]
    return values, places


def features_of(name: str, x: Any, feature_model: Callable[[Any], Any] | None) -> Array:
    """Return one row for each example: what a feature model makes of it, or its own values."""
    array = examples(name, x)
    if feature_model is None:
        return matrix(name, array.reshape(len(array), -1))
    if not callable(feature_model):
        raise TypeError(
            "`feature_model` must be a function, a Keras model or None. "
            f"Received: feature_model={_checks.shown(feature_model)}"
        )
    function = feature_model
    if hasattr(feature_model, "encode"):
        function = feature_model.encode
    elif hasattr(feature_model, "predict"):
        function = functools.partial(feature_model.predict, verbose=0)
    features = _checks.called("feature_model", function, array)
    # A tensor of TensorFlow or PyTorch, or of JAX, which NumPy takes as it is.
    features = features.numpy() if hasattr(features, "numpy") else features
    features = _arrays.numbers("feature_model(x)", features)
    if features.ndim < 2 or len(features) != len(array):
        raise ValueError(
            f"`feature_model` must return shape ({len(array)}, ...) for as many examples. "
            f"Received: shape={features.shape}"
        )
    return matrix(f"features of {name}", features.reshape(len(features), -1))
