"""The arguments of Keras' methods, checked before Keras begins.

Keras finds most of what is wrong with them too, but deep inside, or after an epoch.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_ae import _checks

Check = Callable[[str, Any], Any]
# What `compile` resolves by the shape of the outputs, and not by name.
_BY_SHAPE = ("accuracy", "acc", "crossentropy", "ce")


def as_in_keras(method: Callable[..., Any]) -> Callable[..., Any]:
    """Give a method the signature of `keras.Model`'s method of its name, as a decorator.

    However it is called, the method itself gets all arguments by name, defaults filled in, and
    checked as `checked` does.
    """
    signature = inspect.signature(getattr(keras.Model, method.__name__))

    @functools.wraps(method)
    def call(self: Any, *arguments: Any, **named: Any) -> Any:
        try:
            bound = signature.bind(self, *arguments, **named)
        except TypeError as error:
            raise TypeError(f"{method.__name__}() {error}") from None
        bound.apply_defaults()
        _, *options = bound.arguments.items()
        given = dict(options)
        return method(self, **given.pop("kwargs", {}), **checked(**given))

    call.__signature__ = signature  # type: ignore[attr-defined]
    return call


def checked(**options: Any) -> dict[str, Any]:
    """Return the options as Keras shall get them; data pass as they are.

    Raises:
        TypeError: One is of the wrong type.
        ValueError: One is out of range.
    """
    return {
        name: _CHECKS[name](name, value) if name in _CHECKS else value
        for name, value in options.items()
    }


def optimizer(name: str, value: Any) -> Any:
    """Return `value` if it is what Keras makes an optimizer of."""
    try:
        keras.optimizers.get(value)
    except Exception as error:  # Keras documents no list of what it raises
        raise ValueError(
            f"`{name}` must be a Keras optimizer, or the name of one. "
            f"Received: {name}={_checks.shown(value)}"
        ) from error
    return value


def verbosity(name: str, value: Any) -> Any:
    """Return `value` if it is one of Keras' kinds of progress."""
    plain = isinstance(value, (bool, int, np.integer, np.bool_)) and value in (0, 1, 2)
    if not plain and not _checks.is_word(value, "auto"):
        raise ValueError(
            f"`{name}` must be 'auto', 0, 1 or 2. Received: {name}={_checks.shown(value)}"
        )
    return value if isinstance(value, str) else int(value)


def _integer(minimum: int, none: bool = False) -> Check:
    def check(name: str, value: Any) -> int | None:
        if none and value is None:
            return None
        return _checks.integer(name, value, minimum=minimum)

    return check


def _share(name: str, value: Any) -> float:
    return _checks.number(name, 0.0 if value is None else value, minimum=0, below=1)


def _frequency(name: str, value: Any) -> Any:
    if isinstance(value, (list, tuple, set)):
        return [_checks.integer(name, each, minimum=1) for each in value]
    return _checks.integer(name, value, minimum=1)


def _compilation(name: str, value: Any) -> Any:
    if value is None or _checks.is_word(value, "auto"):
        return value
    return _checks.boolean(name, value)


def _callbacks(name: str, value: Any) -> Any:
    kinds = (keras.callbacks.Callback, keras.callbacks.CallbackList)
    if value is None or isinstance(value, kinds):
        return value
    expected = "a list of Keras callbacks"
    found = _checks.items(name, value, expected)
    for each in found:
        _checks.instance(name, each, kinds, expected)
    return found


def _steps(name: str, value: Any) -> int | str:
    return "auto" if _checks.is_word(value, "auto") else _checks.integer(name, value, minimum=1)


def _shuffle(name: str, value: Any) -> bool | str:
    return "batch" if _checks.is_word(value, "batch") else _checks.boolean(name, value)


def _metrics(name: str, value: Any) -> Any:
    if value is None:
        return None
    _checks.instance(name, value, (list, tuple, dict), "a list, tuple or dict of metrics")
    for each in keras.tree.flatten(value):
        if not (isinstance(each, keras.metrics.Metric) or _metric(each)):
            raise ValueError(
                f"`{name}` must be Keras metrics, their names or functions of target and "
                f"reconstruction. Received: {name}={_checks.shown(value)}"
            )
    return value


def _metric(value: Any) -> bool:
    if not isinstance(value, str):
        return callable(value) and not isinstance(value, keras.layers.Layer)
    try:
        return value in _BY_SHAPE or keras.metrics.get(value) is not None
    except ValueError:
        return False


_POSITIVE = _integer(1, none=True)
_CHECKS: dict[str, Check] = {
    "optimizer": optimizer,
    "metrics": _metrics,
    "weighted_metrics": _metrics,
    "run_eagerly": _checks.boolean,
    "steps_per_execution": _steps,
    "jit_compile": _compilation,
    "auto_scale_loss": _checks.boolean,
    "batch_size": _POSITIVE,
    "epochs": _integer(0),
    "verbose": verbosity,
    "callbacks": _callbacks,
    "validation_split": _share,
    "shuffle": _shuffle,
    "initial_epoch": _integer(0),
    "steps_per_epoch": _POSITIVE,
    "validation_steps": _POSITIVE,
    "validation_batch_size": _POSITIVE,
    "validation_freq": _frequency,
    "steps": _POSITIVE,
    "return_dict": _checks.boolean,
}
