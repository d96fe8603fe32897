"""Choose how steps are carried out: how many in a call, and whether XLA compiles them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from keras_ae.models._blocks_tensorflow import TOGETHER
from keras_ae.models._compiled import backend
from keras_ae.models._resident import Resident
from keras_ae.models._stopwatch import Stopwatch, in_turns

CAPACITY = 256  # most steps in a call that is chosen; a call costs as much as a step or two
UNMEASURED = 64  # most steps in a call where nothing is measured, which may be long ones
FEW = 300  # steps in all below which nothing is chosen: measuring would take longer than training
WORTH = 10.0  # seconds of training from which on XLA's compilation may pay
CALL = 0.25  # seconds that a call should take, so that callbacks and the progress bar keep up
WITH, WITHOUT = "with XLA", "without XLA"
CLEARLY = 0.95  # XLA is taken if its steps take less than this share of the others' time


@dataclasses.dataclass(frozen=True)
class Choice:
    """What was chosen, and the seconds a step that were measured.

    Args:
        jit: Whether XLA compiles the steps.
        steps: Steps in a call.
        seconds: Dict from "with XLA" and "without XLA" to the seconds of a step, where measured.
        undecided: Whether XLA was left out because the training was too short to gain by it.
    """

    jit: bool
    steps: int
    seconds: dict[str, float]
    undecided: bool = False

    def suits(self, resident: Resident, epochs: int) -> bool:
        """Whether a training of so many epochs need not be measured again, with XLA."""
        return not self.undecided or self.seconds[WITHOUT] * epochs * resident.whole < WORTH

    def __str__(self) -> str:
        times = ", ".join(f"{name} {1000 * each:.2f} ms" for name, each in self.seconds.items())
        return (
            f"{self.steps} steps in a call, {'with' if self.jit else 'without'} XLA"
            + f" (a step: {times})" * bool(times)
        )


def choose(
    model: Any,
    compiled: Callable[[bool], Any],
    resident: Resident,
    epochs: int,
    steps: Any,
    jit: Any,
) -> Choice | None:
    """Return how to carry out a training, or None if it is too short for it to matter.

    Steps are measured on the data themselves; weights, noise and optimizer are put back after.

    Args:
        model: A compiled Keras model that is built, with its optimizer.
        compiled: Function from whether XLA compiles them to the function of several steps.
        resident: The data.
        epochs: Epochs to come.
        steps: Steps in a call, or "auto".
        jit: True, False or "auto".
    """
    whole = resident.whole
    if epochs * whole < FEW:
        return None
    if keras.backend.backend() != "tensorflow":
        if steps == "auto":
            steps = _evenly(whole, UNMEASURED)
        return Choice(model.jit_compile, steps, {})
    if jit == "auto" and (not model.supports_jit or _convolves_on_cpu(model)):
        jit = False
    watches: dict[bool, Stopwatch] = {}
    before = _state(model)
    try:
        for each in (False, True) if jit == "auto" else (jit,):
            if watches:
                watches[False].turn()
                if watches[False].seconds * epochs * whole < WORTH:
                    break
            watches[each] = Stopwatch(compiled(each), resident, CAPACITY)
        in_turns(list(watches.values()))
    finally:
        _put_back(before)
    seconds = {each: watch.seconds for each, watch in watches.items()}
    chosen = min(seconds, key=lambda each: seconds[each] * (1.0 if not each else 1 / CLEARLY))
    if steps == "auto":
        steps = _evenly(whole, max(1, min(CAPACITY, int(CALL / seconds[chosen]))))
    named = {WITH if each else WITHOUT: value for each, value in seconds.items()}
    return Choice(chosen, steps, named, undecided=jit == "auto" and True not in seconds)


def _evenly(whole: int, most: int) -> int:
    """Return the steps, at most `most`, that make all calls of an epoch nearly equal.

    A multiple of what XLA runs in one turn, where there is one.
    """
    steps = math.ceil(whole / math.ceil(whole / most))
    rest = steps % TOGETHER
    if rest == 0 or steps == whole:
        return steps
    more = steps - rest + TOGETHER
    return more if more <= most else max(1, steps - rest)


def _convolves_on_cpu(model: Any) -> bool:
    """Whether XLA needn't be tried: in a loop its convolutions take 30 times as long, on a CPU."""
    layers = keras.layers
    kinds: tuple[Any, ...] = (layers.Conv1D, layers.Conv2D, layers.Conv3D)
    kinds += (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
    kinds += (layers.DepthwiseConv1D, layers.DepthwiseConv2D)
    kinds += (layers.SeparableConv1D, layers.SeparableConv2D)
    convolves = any(isinstance(layer, kinds) for layer in _layers(model))
    return convolves and not backend().has_accelerator()


def _layers(model: Any) -> Iterator[Any]:
    for layer in model.layers:
        yield layer
        if hasattr(layer, "layers"):
            yield from _layers(layer)


def _state(model: Any) -> list[tuple[Any, np.ndarray]]:
    variables = [*model.variables, *model.optimizer.variables]
    return [(each, keras.ops.convert_to_numpy(each)) for each in variables]


def _put_back(state: list[tuple[Any, np.ndarray]]) -> None:
    for variable, value in state:
        variable.assign(value)
