"""A loss by which dead units explain what the others leave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers.penalties._inactive_steps import CountsInactiveSteps
from keras_ae.layers.penalties.decoded_penalty import DecodedPenalty
from keras_ae.layers.penalties.penalty import Code


@keras.saving.register_keras_serializable(package="keras_ae")
class ResidualPenalty(Configured, CountsInactiveSteps, DecodedPenalty):
    """Let the k dead units with the largest activation explain what the others leave: AuxK.

        e = max(activation, 0) of the k largest dead units, else 0
        penalty = weight * (nll(parameters + decoder(e) - decoder(0)) - nll(parameters))

    where the parameters, what the latent decodes to, get no gradient. Of a Gaussian of scale 1 it
    is half the squared error between the residual and what the dead units make of it, less that
    of the residual alone: below 0 where they explain something, 0 where none is dead. A unit is
    dead after `steps` training steps in a row in which no example made it differ from 0. One
    whose activation is never above 0 gets no gradient here; `DeadUnitPenalty` reaches it.

    Args:
        k: Integer >= 1, dead units that are used in an example; all of them where there are fewer.
        weight: Number >= 0.
        steps: Integer >= 1, training steps until a unit counts as dead.
        **kwargs: Keras' layer arguments.

    Call arguments:
        latent: Tensor of shape (batch, ..., latent_dim).

    Returns:
        The latent, unchanged.

    Raises:
        TypeError: An argument is not a number.
        ValueError: `weight` is negative, or `k` or `steps` less than 1.

    Example:
        >>> import keras_ae
        >>> penalty = ResidualPenalty(k=4)
        >>> model = keras_ae.create_model("topk_sparse", (8,), 16, k=2, penalty=penalty)
        >>> [penalty.metric_name for penalty in model.penalties]
        ['residual']

    Reference:
        Gao et al., Scaling and Evaluating Sparse Autoencoders, 2024, section A.2: k about half
        the width of the data, weight 1/32.
    """

    metric_name = "residual"

    def __init__(self, k: int, weight: float = 1 / 32, steps: int = 100, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.k = _checks.integer("k", k, minimum=1)
        self.weight = _checks.number("weight", weight, minimum=0)
        self.steps = _checks.integer("steps", steps, minimum=1)

    def codes(self, code: Code) -> list[Any]:
        """Return the code of dead units alone, and the code of none."""
        activation = code.latent if code.activation is None else code.activation
        positive = ops.relu(ops.cast(activation, "float32")) * ops.cast(self.dead, "float32")
        if self.k < positive.shape[-1]:
            largest, _ = ops.top_k(ops.stop_gradient(positive), self.k + 1)
            kept = ops.cast(positive > largest[..., self.k :], "float32")
            positive = positive * kept
        return [positive, ops.zeros_like(positive)]

    def cost(self, decodings: Sequence[Any], parameters: Any, nll: Callable[[Any], Any]) -> Any:
        """Return what the dead units change of the nll, of shape (batch,)."""
        share, nothing = decodings
        fixed = ops.stop_gradient(parameters)
        return self.weight * (nll(fixed + share - nothing) - ops.stop_gradient(nll(fixed)))
