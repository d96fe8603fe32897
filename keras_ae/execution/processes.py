"""The processes that train together, under a `keras.distribution` on JAX."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import keras

from keras_ae.execution import watchdog
from keras_ae.execution.backend import backend


def distributed() -> bool:
    """Whether devices train together: a `keras.distribution` is set, on JAX."""
    return keras.distribution.distribution() is not None and keras.backend.backend() == "jax"


def index() -> int:
    """Return this process' place among those that train together, from 0."""
    return backend().process_index() if distributed() else 0


def count() -> int:
    """Return how many processes train together."""
    return backend().process_count() if distributed() else 1


def check_alone(what: str) -> None:
    """Raise a ValueError if devices train together: `what` is for one device of one process."""
    if distributed():
        devices = backend().device_count()
        raise ValueError(
            f"{what} is for one device of one process so far; `fit` is for several. "
            f"Received: a keras.distribution of {count()} process(es) with {devices} devices"
        )


def watched() -> contextlib.AbstractContextManager[None]:
    """Return a block in which no process waits for the others without end."""
    if count() == 1:
        return contextlib.nullcontext()
    return watchdog.watched(f"process {index()} of {count()}", backend().tells_of_loss)


def wait_for_all(name: str) -> None:
    """Wait until all processes are at this place.

    Args:
        name: String, what the place is called.
    """
    if count() > 1:
        with watched():
            backend().wait_for_all(name)


def first_alone(work: Callable[[], None]) -> None:
    """Let the first process do what one must do, while the others wait.

    Args:
        work: Function without arguments or result, as one that writes files.

    Raises:
        Exception: In the first process, what `work` raises.
        ValueError: In the others, with the words of what it raised.
    """
    if count() == 1:
        work()
        return
    wait_for_all("first_alone")  # none is still reading what `work` may change
    error: Exception | None = None
    if index() == 0:
        try:
            work()
        except Exception as raised:  # noqa: BLE001 - whatever it is, the others wait for it
            error = raised
    words = f"{type(error).__name__}: {error}" if error else ""
    with watched():
        words = backend().from_first(words)
    if error:
        raise error
    if words:
        raise ValueError(f"The first process of {count()} ended with {words}")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Let what follows be done by this process for itself, without waiting for the others."""
    distribution = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(distribution)


def by_first(method: Callable[..., None]) -> Callable[..., None]:
    """Return a method of a model's that writes a file, so that the first process alone writes it.

    Keras makes variables of an optimizer while it saves; under the distribution that would wait
    for the other processes.
    """

    def write(self: Any, *arguments: Any, **options: Any) -> None:
        if not distributed():
            method(self, *arguments, **options)
        elif index() == 0:
            self.jax_state_sync()  # during a training, the values aren't in the variables
            with alone():
                method(self, *arguments, **options)

    write.__name__ = method.__name__
    write.__signature__ = inspect.signature(method)  # type: ignore[attr-defined]
    write.__doc__ = (
        f"Do as `keras.Model.{method.__name__}`; of several processes the first one writes."
    )
    return write
