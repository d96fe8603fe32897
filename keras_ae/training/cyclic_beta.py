"""Raise beta again and again."""

from __future__ import annotations

from keras_ae import _checks
from keras_ae.layers import Penalty
from keras_ae.training.beta_schedule import BetaSchedule


class CyclicBeta(BetaSchedule):
    """Raise the weight of the KL from 0 to beta in each of several cycles, batch by batch.

        position = (epochs done modulo epochs_per_cycle) / epochs_per_cycle
        weight = beta * min(1, position / ramp)

    Each cycle starts from the better latents of the one before. Let the number of epochs be a
    multiple of `epochs_per_cycle`, so that training ends at the full weight.

    Args:
        epochs_per_cycle: Number > 0, epochs in a cycle.
        ramp: Number in (0, 1], the part of a cycle in which the weight rises; it stays at beta for
            the rest.
        penalty: The `KLPenalty` to change, or another penalty with a `beta_weight`; None for the
            first such one among `model.penalties`.

    Raises:
        TypeError: An argument is of the wrong type; or, when training begins, the model has no
            KLPenalty.
        ValueError: `epochs_per_cycle` is not positive or `ramp` is out of range.

    Example:
        >>> schedule = CyclicBeta(epochs_per_cycle=4)
        >>> [schedule.weight(epochs_done, beta=2.0) for epochs_done in (0, 1, 2, 3, 4, 5)]
        [0.0, 1.0, 2.0, 2.0, 0.0, 1.0]

    Reference:
        Fu et al., Cyclical Annealing Schedule: A Simple Approach to Mitigating KL Vanishing, 2019,
        equations 6 and 7 (there ramp is R = 0.5).
    """

    def __init__(
        self, epochs_per_cycle: float, ramp: float = 0.5, penalty: Penalty | None = None
    ) -> None:
        super().__init__(penalty)
        self.epochs_per_cycle = _checks.number("epochs_per_cycle", epochs_per_cycle, above=0)
        self.ramp = _checks.number("ramp", ramp, above=0, maximum=1)

    def weight(self, epochs_done: float, beta: float) -> float:
        """Return the weight of the KL after `epochs_done` epochs."""
        position = epochs_done % self.epochs_per_cycle / self.epochs_per_cycle
        return beta * min(1.0, position / self.ramp)
