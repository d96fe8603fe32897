"""What the schedules of beta share."""

from __future__ import annotations

import abc
from typing import Any

from keras_ae import _checks
from keras_ae.layers import Penalty
from keras_ae.training.weight_schedule import WeightSchedule


class BetaSchedule(WeightSchedule):
    """Change the weight of the KL while `fit` runs, also inside compiled training.

    Before each batch `penalty.beta_weight`, the variable that compiled steps read, is set to

        weight(epochs done, penalty.beta),    epochs done = epoch + batch / batches in an epoch

    so a resumed run (`initial_epoch`, `BackupAndRestore`) goes on where it was. With
    `steps_per_execution=k` the weight changes every k batches; where the number of batches isn't
    known before training (a generator), with each epoch. The weight at the end of each epoch is
    logged as `beta`. Subclasses give `weight`.

    Args:
        penalty: The `KLPenalty` to change, or another penalty with a `beta_weight`; None for the
            first such one among `model.penalties`.

    Raises:
        TypeError: `penalty` is no such penalty; or, when training begins, the model has none.

    Example:
        A schedule of one's own, which turns the penalty on after the first epoch:

        >>> class LateBeta(BetaSchedule):
        ...     def weight(self, epochs_done, beta):
        ...         return beta if epochs_done >= 1 else 0.0
        >>> LateBeta().weight(0.5, beta=4.0)
        0.0
    """

    log_name = "beta"

    def __init__(self, penalty: Penalty | None = None) -> None:
        super().__init__()
        if penalty is not None and not has_beta(penalty):
            raise TypeError(
                "`penalty` must be a KLPenalty, or another with a beta_weight, or None. "
                f"Received: penalty={_checks.shown(penalty)}"
            )
        self.penalty = penalty
        self._target: Any = None  # the penalty, from `on_train_begin` on

    @abc.abstractmethod
    def weight(self, epochs_done: float, beta: float) -> float:
        """Return the weight of the KL after `epochs_done` epochs; `beta` is where it leads."""

    def find_weight(self) -> Any:
        """Return the variable of the penalty's weight.

        Raises:
            TypeError: The model has no such penalty.
        """
        found = self.penalty
        if found is None:
            found = penalty_with_beta(self.model)
        if found is None:
            raise TypeError(
                f"`{type(self).__name__}` needs a model whose bottleneck has a KLPenalty, or "
                f"penalty=. Received: a model of type {type(self.model).__name__}"
            )
        self._target = found
        return found.beta_weight

    def value(self, epochs_done: float) -> float:
        """Return the weight of the KL after `epochs_done` epochs, for this model's penalty."""
        return self.weight(epochs_done, self._target.beta)


def has_beta(penalty: Any) -> bool:
    """Whether a penalty has a weight that can change during training."""
    return isinstance(penalty, Penalty) and hasattr(penalty, "beta_weight")


def penalty_with_beta(model: Any) -> Any:
    """Return the first penalty of a model whose weight can change; None of one without."""
    return next(filter(has_beta, getattr(model, "penalties", ())), None)
