"""How a training is carried out where `compile` was left "auto": by rule, without a stopwatch.

The rule knows the backend and its device, the kinds and sizes of the layers, and the number and
size of the steps. It measures nothing, so one script trains the same way however busy the machine
is. It is for arrays in memory; streams are Keras' own, a step a call.

Steps in a call:

- 1 in a training of fewer than `MIN_STEPS` steps: Keras' own way, whose callbacks hear of each.
- Else as many as make `CALL_MULTIPLICATIONS`, and at most `MAX_STEPS_PER_CALL`, in calls of nearly
  equal length: callbacks, the progress bar and Ctrl-C wait about a quarter of a second.

XLA:

- On JAX always. TensorFlow on a GPU or TPU: as Keras decides, which is wherever the model allows.
- TensorFlow on a CPU: where nothing convolves (XLA's convolutions in a loop take 30 times as long
  there), a step has at most `MAX_XLA_MULTIPLICATIONS` (beyond, time goes to matrix products, which
  aren't faster), and the steps repay 3 seconds of compilation. What a step saves is a pass or two
  over the weights in the optimizer, and the calls of a few hundred kernels:

      steps of the training * (KERNEL_NUMBERS + trainable weights) >= XLA_NUMBERS

- Only whole batches are worth it: the shorter one at the end of an epoch, and evaluations, run as
  Keras decides.

What is compiled for one training of a model, several steps in a call or XLA's program, serves its
later ones, however short.

What was measured is in docs/performance.md.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import keras

from keras_ae.execution.backend import backend
from keras_ae.execution.device_data import DeviceData
from keras_ae.execution.on_tensorflow import STEPS_PER_TURN

AUTO = "auto"
MIN_STEPS = 300  # steps of a training, below which each is a call
MAX_STEPS_PER_CALL = 256  # a call costs as much as a step or two of a small network
CALL_MULTIPLICATIONS = 8e9  # of a call's forward passes: a quarter of a second on two cores
MAX_XLA_MULTIPLICATIONS = 1.5e9  # of a step's forward pass
XLA_NUMBERS = 1e9  # that TensorFlow's kernels write and XLA doesn't, in 3 seconds
KERNEL_NUMBERS = 100_000  # that could be written in the time which a step's calls of kernels take

_LAYERS = keras.layers
CONVOLUTIONS = (
    *(_LAYERS.Conv1D, _LAYERS.Conv2D, _LAYERS.Conv3D),
    *(_LAYERS.Conv1DTranspose, _LAYERS.Conv2DTranspose, _LAYERS.Conv3DTranspose),
    *(_LAYERS.DepthwiseConv1D, _LAYERS.DepthwiseConv2D),
    *(_LAYERS.SeparableConv1D, _LAYERS.SeparableConv2D, _LAYERS.ConvLSTM1D),
    *(_LAYERS.ConvLSTM2D, _LAYERS.ConvLSTM3D),
)


@dataclasses.dataclass(frozen=True)
class Plan:
    """How a training is carried out.

    Args:
        steps: Integer, steps in a call.
        jit: Whether XLA compiles them.
    """

    steps: int
    jit: bool

    def __str__(self) -> str:
        return f"{self.steps} steps in a call, {'with' if self.jit else 'without'} XLA"


def plan(
    model: Any, data: DeviceData, epochs: int, steps: Any, jit: Any, before: Plan | None = None
) -> Plan:
    """Return how to carry out a training.

    Args:
        model: A compiled Keras model that is built.
        data: The training's arrays.
        epochs: Epochs to come.
        steps: What `compile` was given: steps in a call, or "auto".
        jit: What `compile` was given: True, False or "auto".
        before: The plan of the model's last training, whose functions are compiled.
    """
    total = epochs * data.whole
    work = data.batch_size * multiplications(model, data.example_shape)
    if steps == AUTO:
        most = max(1, min(MAX_STEPS_PER_CALL, int(CALL_MULTIPLICATIONS / work)))
        short = 1 if before is None else before.steps
        steps = short if total < MIN_STEPS else evenly(data.whole, most)
    if jit != AUTO or steps == 1:
        return Plan(steps, model.jit_compile)
    compiled = model.jit_compile or (before is not None and before.jit)
    return Plan(steps, compiled or _xla_pays_on_cpu(model, total, work))


def _xla_pays_on_cpu(model: Any, steps: int, work: int) -> bool:
    """Whether XLA is faster than TensorFlow's kernels, its compilation included."""
    if backend().has_accelerator() or not model.supports_jit or work > MAX_XLA_MULTIPLICATIONS:
        return False
    if any(isinstance(layer, CONVOLUTIONS) for layer in model._flatten_layers()):
        return False
    weights = sum(math.prod(each.shape) for each in model.trainable_variables)
    return steps * (KERNEL_NUMBERS + weights) >= XLA_NUMBERS


def evenly(whole: int, most: int) -> int:
    """Return the steps, at most `most`, that make all calls of an epoch nearly equal.

    A multiple of what XLA runs in one turn, where there is one.
    """
    steps = math.ceil(whole / math.ceil(whole / most))
    rest = steps % STEPS_PER_TURN
    if rest == 0 or steps == whole:
        return steps
    more = steps - rest + STEPS_PER_TURN
    return more if more <= most else max(1, steps - rest)


def multiplications(model: Any, example_shape: tuple[int, ...]) -> int:
    """Return about how many multiplications one example costs, forward: at least 1.

    Each weight of a layer is used once for each position of its input or output, whichever has
    more: pixels of an image, steps of a series.

    Args:
        model: A Keras model that is built.
        example_shape: Shape of an example, for layers that don't know theirs.
    """
    total = 0
    for layer in model._flatten_layers(include_self=False):
        recurrent = isinstance(layer, keras.layers.RNN)
        if not recurrent and any(True for _ in layer._flatten_layers(include_self=False)):
            continue  # the sum of its parts
        try:
            shapes = [each.shape[1:] for each in keras.tree.flatten([layer.input, layer.output])]
        except (AttributeError, ValueError):  # in no functional model
            shapes = [example_shape] if recurrent or isinstance(layer, CONVOLUTIONS) else [(1,)]
        positions = max(math.prod(size or 1 for size in shape[:-1]) for shape in shapes)
        total += positions * sum(math.prod(weight.shape) for weight in layer.weights)
    return max(1, total)
