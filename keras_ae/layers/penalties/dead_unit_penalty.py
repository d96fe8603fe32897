"""A loss that brings back units which are never active."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers.penalties._inactive_steps import CountsInactiveSteps
from keras_ae.layers.penalties.penalty import Code
from keras_ae.probability.densities import sum_event


@keras.saving.register_keras_serializable(package="keras_ae")
class DeadUnitPenalty(Configured, CountsInactiveSteps):
    """Pull units that were never active for a while up to where they would be.

        penalty = weight * mean over examples of the sum over dead units of
                  max(threshold - activation, 0)

    A unit of a sparse code that is never active gets no gradient from the likelihood, however far
    it is from being active; this gives it one, in every example. A unit is dead after `steps`
    training steps in a row in which no example made it differ from 0. Each is counted in
    `inactive_steps`, of shape (latent_dim,), which is saved with the model. Outside training
    nothing is counted.

    Args:
        weight: Number >= 0.
        steps: Integer >= 1, training steps until a unit counts as dead.
        **kwargs: Keras' layer arguments.

    Call arguments:
        latent: Tensor of shape (batch, ..., latent_dim).

    Returns:
        The latent, unchanged.

    Raises:
        TypeError: An argument is not a number.
        ValueError: `weight` is negative, or `steps` is less than 1.

    Example:
        >>> import numpy as np
        >>> from keras_ae.layers import TopKBottleneck
        >>> penalty = DeadUnitPenalty(steps=2)
        >>> bottleneck = TopKBottleneck(3, k=1, penalty=penalty, seed=0)
        >>> for _ in range(2):
        ...     latent = bottleneck(np.ones((1, 4), "float32"), training=True)
        >>> np.asarray(penalty.inactive_steps).tolist() == [0 if z else 2 for z in latent[0]]
        True

    Reference:
        Conerly, Cunningham, Templeton, Lindsey, Hosmer and Jermyn, Circuits Updates - January
        2025, Dictionary Learning Optimization Techniques: the pre-activation loss; here of dead
        units alone, and of any threshold.
    """

    metric_name = "auxiliary"

    def __init__(self, weight: float = 1.0, steps: int = 100, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.weight = _checks.number("weight", weight, minimum=0)
        self.steps = _checks.integer("steps", steps, minimum=1)

    def values(self, code: Code) -> Any:
        """Return the penalty of each example, of shape (batch,)."""
        activation = code.latent if code.activation is None else code.activation
        threshold = 0.0 if code.threshold is None else ops.cast(code.threshold, "float32")
        missing = ops.relu(threshold - ops.cast(activation, "float32"))
        dead = ops.cast(self.dead, "float32")
        return self.weight * sum_event(dead * missing)
