"""A penalty that orders the units of a code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers.penalties.decoded_penalty import DecodedPenalty
from keras_ae.layers.penalties.penalty import Code


@keras.saving.register_keras_serializable(package="keras_ae")
class PrefixPenalty(Configured, DecodedPenalty):
    """Let the first units of a code reconstruct alone too: a Matryoshka code.

        penalty = weight * sum over prefixes m of -log likelihood(x | the first m units)

    The others are 0 there. The likelihood of the whole code is in the loss anyway, so that a
    prefix of all units adds nothing. First units become general features; a wide code without
    prefixes splits those up, or leaves them out where others imply them.

    Args:
        prefixes: Integers >= 1 in ascending order, at most the code's last axis.
        weight: Number >= 0.
        **kwargs: Keras' layer arguments.

    Call arguments:
        latent: Tensor of shape (batch, ..., latent_dim).

    Returns:
        The latent, unchanged.

    Raises:
        TypeError: An argument is not a number, or not numbers.
        ValueError: A prefix is out of range or out of order, or `weight` is negative.

    Example:
        >>> import keras_ae
        >>> model = keras_ae.create_model("topk_sparse", (8,), 16, prefixes=(4, 8))
        >>> [penalty.metric_name for penalty in model.penalties]
        ['auxiliary', 'prefixes']

    Reference:
        Bussmann, Nabeshima, Karvonen and Nanda, Learning Multi-Level Features with Matryoshka
        Sparse Autoencoders, 2025.
    """

    metric_name = "prefixes"

    def __init__(self, prefixes: Sequence[int], weight: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.prefixes = _checks.integers("prefixes", prefixes)
        if list(self.prefixes) != sorted(set(self.prefixes)):
            raise ValueError(
                "`prefixes` must be in ascending order. "
                f"Received: prefixes={_checks.shown(self.prefixes)}"
            )
        self.weight = _checks.number("weight", weight, minimum=0)

    def build(self, input_shape: Any) -> None:
        if self.prefixes[-1] > input_shape[-1]:
            raise ValueError(
                f"`prefixes` must be integers <= latent_dim, {input_shape[-1]}. "
                f"Received: prefixes={_checks.shown(self.prefixes)}"
            )

    def codes(self, code: Code) -> list[Any]:
        """Return the latent with all units set to 0 but the first, for each prefix."""
        units = code.latent.shape[-1]
        place = ops.arange(units)
        return [
            code.latent * ops.cast(place < prefix, "float32")
            for prefix in self.prefixes
            if prefix < units
        ]

    def cost(self, decodings: Sequence[Any], parameters: Any, nll: Callable[[Any], Any]) -> Any:
        """Return the sum of what is left to explain, of shape (batch,)."""
        none = ops.zeros((ops.shape(parameters)[0],), "float32")
        return self.weight * sum((nll(each) for each in decodings), none)
