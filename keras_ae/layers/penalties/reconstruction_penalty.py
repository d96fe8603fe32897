"""A penalty on reconstructions, which another network judges."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae.layers.penalties.penalty import Code, Decoding, Penalty, Tensor


class ReconstructionPenalty(Penalty):
    """A penalty on reconstructions, in which a network that the model doesn't train judges them.

    A subclass says which network that is: `network`, and what its judgement costs: `cost`. Target
    and reconstruction come from the model, in the units in which the likelihood judges them: after
    its preprocessor. The reconstruction is the likelihood's mean. As a layer of another model it
    passes a latent through and adds nothing.

    The model's optimizer never moves the network's weights, whatever is set to be trainable. They
    are saved with the model, and no endpoint needs them.

    Args:
        **kwargs: Keras' layer arguments. The dtype is float32 unless given.
    """

    needs_decoder = True

    @property
    @abc.abstractmethod
    def network(self) -> tuple[str, Any]:
        """The name of the argument that is the network, and the network: a `keras.Model`."""

    @abc.abstractmethod
    def cost(
        self, target: Tensor, reconstruction: Tensor, sample_weight: Tensor, training: bool
    ) -> Tensor:
        """Return what reconstructions cost, of shape (batch,).

        Args:
            target: Tensor of shape (batch, ...), float32.
            reconstruction: Tensor of the target's shape, float32.
            sample_weight: Tensor of shape (batch,), or None.
            training: Whether this is a training step.
        """

    def values(self, code: Code) -> bool:
        """Return what `judge` takes: whether this is a training step."""
        return code.training

    def judge(self, values: bool, decoding: Decoding) -> Tensor:
        """Return what the reconstructions cost, of shape (batch,)."""
        target = ops.cast(decoding.target, "float32")
        return self.cost(target, decoding.reconstruction, decoding.sample_weight, bool(values))

    def check_model(self, model: Any, target_shape: Any) -> None:
        """Raise unless the network takes what the model reconstructs, and is none of its parts."""
        name, network = self.network
        expected, known = (None, *(target_shape or ())), tuple(network.input_shape)
        fits = len(known) == len(expected) and all(
            None in pair or pair[0] == pair[1] for pair in zip(known, expected, strict=True)
        )
        if not fits:
            raise ValueError(
                f"`{name}` must take {expected}, the shape of what is reconstructed. "
                f"Received: {name} that takes {known}"
            )
        if model.likelihood.takes_missing:
            raise ValueError(
                f"`penalty` must be of the code alone where values may be missing: a network "
                f"can't judge NaN. Received: a {type(self).__name__}"
            )
        own = {id(variable) for variable in network.variables}
        for part in ("encoder", "decoder"):
            if own & {id(variable) for variable in getattr(model, part).variables}:
                raise ValueError(
                    f"`{name}` must share no weight with the autoencoder, which trains its own. "
                    f"Received: {name} with weights of the {part}"
                )

    @property
    def trainable(self) -> bool:
        """Whether the penalty may train what it trains itself, if anything."""
        return bool(self._trainable)

    @trainable.setter
    def trainable(self, value: bool) -> None:
        keras.layers.Layer.trainable.fset(self, value)
        self._withhold()

    def _withhold(self) -> None:
        """Hide the network's weights from the model's optimizer.

        The layers stay as they are: a frozen `BatchNormalization` would work in another way.
        """
        for variable in self.network[1].variables:
            variable.trainable = False


def checked_network(name: str, value: Any) -> Any:
    """Return a Keras model that knows its shapes and takes one tensor."""
    expected = (
        "a Keras model of one input that knows its shape, such as a keras.Sequential that starts "
        "with keras.Input"
    )
    _checks.instance(name, value, keras.Model, expected)
    inputs: Sequence[Any] = getattr(value, "inputs", None) or ()
    if not value.built or len(inputs) != 1:
        raise ValueError(f"`{name}` must be {expected}. Received: {name}={_checks.shown(value)}")
    return value
