"""How far a network of images looks: its receptive field, read from its layers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras

from keras_ae.layers.networks._parts import LAST

_LAYERS = keras.layers
AXES = (0, 1)  # height and width
CONVOLUTIONS = (_LAYERS.Conv2D, _LAYERS.DepthwiseConv2D, _LAYERS.SeparableConv2D)
MERGES = (
    *(_LAYERS.Add, _LAYERS.Subtract, _LAYERS.Multiply),
    *(_LAYERS.Average, _LAYERS.Maximum, _LAYERS.Minimum),
)
# Layers whose output at a place depends on the input at that place alone.
ELEMENTWISE = (
    *(_LAYERS.InputLayer, _LAYERS.Identity, _LAYERS.Rescaling, _LAYERS.Normalization),
    *(_LAYERS.ReLU, _LAYERS.LeakyReLU, _LAYERS.ELU),
    *(_LAYERS.Dropout, _LAYERS.SpatialDropout2D, _LAYERS.GaussianNoise, _LAYERS.GaussianDropout),
)
# Those that do over channels, if that is their axis.
OF_CHANNELS = (
    *(_LAYERS.LayerNormalization, _LAYERS.RMSNormalization, _LAYERS.BatchNormalization),
    *(_LAYERS.Concatenate, _LAYERS.Softmax),
)
# Operations of `keras.ops` in a functional model, by name: Keras doesn't export their classes.
OPERATIONS = {
    *("Add", "Subtract", "Multiply", "Divide", "Maximum", "Minimum", "Negative", "Clip"),
    *("Silu", "Relu", "Sigmoid", "Tanh", "Softplus", "Gelu", "Elu", "Exp", "Square"),
}


@dataclasses.dataclass(frozen=True)
class Reach:
    """How a network's output depends on its input along one axis.

    Of a piece cut out of a map, outputs at its ends are not those of the whole: they miss what
    lies beyond the cut.

    Args:
        scale: Integer, outputs for each input.
        low: Integer, how many outputs are others at the start of a piece.
        high: Integer, how many are at its end.
    """

    scale: int = 1
    low: int = 0
    high: int = 0

    def convolved(self, kernel: int, dilation: int) -> Reach:
        """Return the reach after a convolution of stride 1, padded to the same size."""
        beyond = (kernel - 1) * dilation
        return Reach(self.scale, self.low + beyond // 2, self.high + beyond - beyond // 2)

    def upsampled(self, factor: int, nearest: bool) -> Reach:
        """Return the reach after each number was repeated, or interpolated with the next ones."""
        ends = 0 if nearest else 1
        low, high = (factor * (each + ends) for each in (self.low, self.high))
        return Reach(self.scale * factor, low, high)

    def transposed(self, kernel: int, stride: int, dilation: int) -> Reach:
        """Return the reach after a transposed convolution, padded to stride times the size.

        Input i adds to the outputs i * stride + j - before, 0 <= j <= (kernel - 1) * dilation.
        """
        last = (kernel - 1) * dilation
        before = max(last + 1 - stride, 0) // 2
        low = (self.low - 1) * stride + last - before + 1  # negative where a stride leaves gaps
        return Reach(self.scale * stride, low, self.high * stride + before)


class FarSightedError(ValueError):
    """A layer may look at the whole map, or isn't known not to."""


def reaches(network: Any) -> tuple[Reach, Reach]:
    """Return how a network of maps (batch, height, width, channels) looks around, by axis.

    Args:
        network: A Keras layer, or a functional or sequential model.

    Raises:
        FarSightedError: A layer may look further than can be told; the error names it.
    """
    return _through(network, [(Reach(), Reach())])


def _through(layer: Any, inputs: Sequence[tuple[Reach, Reach]]) -> tuple[Reach, Reach]:
    """Return the reaches of what a layer returns, from those of what it takes."""
    if isinstance(layer, keras.Sequential) and layer.built:
        for each in layer.layers:
            inputs = [_through(each, inputs)]
        return inputs[0]
    if isinstance(layer, keras.Model) and getattr(layer, "_nodes_by_depth", None):
        return _through_graph(layer, inputs)
    kind, own = type(layer), inputs[0]
    height, width = own
    if not _is_of_channels_last(layer):
        raise _refused(layer)
    if kind in CONVOLUTIONS and layer.padding == "same" and _all_one(layer.strides):
        kernels, dilations = _pair(layer.kernel_size), _pair(layer.dilation_rate)
        height, width = (own[i].convolved(kernels[i], dilations[i]) for i in AXES)
    elif kind is _LAYERS.Conv2DTranspose and _is_plainly_padded(layer):
        kernels, dilations = _pair(layer.kernel_size), _pair(layer.dilation_rate)
        strides = _pair(layer.strides)
        height, width = (own[i].transposed(kernels[i], strides[i], dilations[i]) for i in AXES)
    elif kind is _LAYERS.UpSampling2D and layer.interpolation in ("nearest", "bilinear"):
        nearest = layer.interpolation == "nearest"
        height, width = (own[i].upsampled(_pair(layer.size)[i], nearest) for i in AXES)
    elif kind in MERGES or _is_of_channels(layer) or _is_operation(layer):
        height, width = (_widest(axis) for axis in zip(*inputs, strict=True))
    elif kind not in (*ELEMENTWISE, _LAYERS.Activation, _LAYERS.Dense):
        raise _refused(layer)
    return height, width


def _through_graph(model: Any, inputs: Sequence[tuple[Reach, Reach]]) -> tuple[Reach, Reach]:
    """Return the reaches of a functional model's output."""
    known = {id(tensor): each for tensor, each in zip(model.inputs, inputs, strict=True)}
    nodes = model._nodes_by_depth
    for depth in sorted(nodes, reverse=True):
        for node in nodes[depth]:
            if node.is_input:
                continue
            found = _through(node.operation, [known[id(each)] for each in node.input_tensors])
            known |= {id(each): found for each in node.outputs}
    return known[id(model.outputs[0])]


def _widest(axis: Sequence[Reach]) -> Reach:
    """Return the reach of what several tensors of one size become, place by place."""
    low, high = max(each.low for each in axis), max(each.high for each in axis)
    return Reach(axis[0].scale, low, high)


def _is_of_channels_last(layer: Any) -> bool:
    """Whether a layer's channels are last, and its activation is one of Keras' own.

    Those look at one place alone; a function of one's own may do anything.
    """
    activation = getattr(layer, "activation", None)
    known = activation is None or str(getattr(activation, "__module__", "")).startswith("keras.")
    return known and getattr(layer, "data_format", LAST) == LAST


def _is_of_channels(layer: Any) -> bool:
    axis = getattr(layer, "axis", None)
    axes = axis if isinstance(axis, (list, tuple)) else [axis]
    return type(layer) in OF_CHANNELS and [*axes] in ([-1], [3])


def _is_operation(layer: Any) -> bool:
    kind = type(layer)
    return kind.__name__ in OPERATIONS and kind.__module__.startswith("keras.src.ops")


def _is_plainly_padded(layer: Any) -> bool:
    return layer.padding == "same" and getattr(layer, "output_padding", None) is None


def _all_one(sizes: Any) -> bool:
    return set(_pair(sizes)) == {1}


def _pair(sizes: Any) -> tuple[int, int]:
    first, second = sizes if isinstance(sizes, (list, tuple)) else (sizes, sizes)
    return first, second


def _refused(layer: Any) -> FarSightedError:
    named = f"the layer {layer.name}" if isinstance(layer, keras.layers.Layer) else "an operation"
    return FarSightedError(f"{named}, {type(layer).__name__}, which may look at the whole map")
