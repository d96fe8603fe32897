"""Raise beta over the first epochs."""

from __future__ import annotations

from keras_ae import _checks
from keras_ae.layers import Penalty
from keras_ae.training.beta_schedule import BetaSchedule


class BetaWarmup(BetaSchedule):
    """Raise the weight of the KL from `start` to beta over the first epochs, batch by batch.

        weight = start + (beta - start) * min(1, epochs done / epochs)

    At first the model may use its latent for free, and so learns to use it before the KL asks what
    it is worth: the usual cure for posterior collapse. Losses of epochs during the warm-up aren't
    comparable: start early stopping after it (`start_from_epoch=`).

    Args:
        epochs: Number > 0, epochs until the weight is beta; 0.5 is half an epoch.
        start: Number >= 0, the weight at the first batch.
        penalty: The `KLPenalty` to change, or another penalty with a `beta_weight`; None for the
            first such one among `model.penalties`.

    Raises:
        TypeError: An argument is of the wrong type; or, when training begins, the model has no
            KLPenalty.
        ValueError: `epochs` is not positive or `start` is negative.

    Example:
        >>> warmup = BetaWarmup(epochs=4)
        >>> [warmup.weight(epochs_done, beta=2.0) for epochs_done in (0, 1, 2, 4, 9)]
        [0.0, 0.5, 1.0, 2.0, 2.0]

    Reference:
        Sonderby et al., Ladder Variational Autoencoders, 2016, section 2.3; Bowman et al.,
        Generating Sentences from a Continuous Space, 2016, section 3.1.
    """

    def __init__(self, epochs: float, start: float = 0.0, penalty: Penalty | None = None) -> None:
        super().__init__(penalty)
        self.epochs = _checks.number("epochs", epochs, above=0)
        self.start = _checks.number("start", start, minimum=0)

    def weight(self, epochs_done: float, beta: float) -> float:
        """Return the weight of the KL after `epochs_done` epochs."""
        if epochs_done >= self.epochs:
            return beta
        return self.start + (beta - self.start) * epochs_done / self.epochs
