"""Lower the temperature of a categorical code."""

from __future__ import annotations

import math
from typing import Any

from keras_ae import _checks
from keras_ae.training.weight_schedule import WeightSchedule


class TemperatureAnnealing(WeightSchedule):
    """Lower the temperature of a `GumbelBottleneck` exponentially, batch by batch.

        temperature = max(minimum, the bottleneck's temperature * exp(-rate * epochs done))

    At a high temperature gradients vary little but latents are far from one-hot; at a low one it
    is the other way round. The variable that is set, `bottleneck.temperature_weight`, is saved
    with the model, and epochs are counted by batches as in `BetaSchedule`, so a resumed run goes
    on where it was. The temperature at the end of each epoch is logged as `temperature`.

    Args:
        rate: Number > 0, by one epoch. A rate r of a step is r * steps of an epoch here: 1e-4 in
            500 steps is 0.05.
        minimum: Number > 0, the lowest temperature.

    Raises:
        TypeError: An argument is not a number; or, when training begins, the model has no
            temperature.
        ValueError: An argument is not positive.

    Example:
        >>> annealing = TemperatureAnnealing(rate=0.25, minimum=0.5)
        >>> [round(annealing.temperature(epochs_done, 1.0), 3) for epochs_done in (0, 1, 2, 3)]
        [1.0, 0.779, 0.607, 0.5]

    Reference:
        Jang et al., Categorical Reparameterization with Gumbel-Softmax, 2017, section 4.1.
    """

    log_name = "temperature"

    def __init__(self, rate: float, minimum: float = 0.5) -> None:
        super().__init__()
        self.rate = _checks.number("rate", rate, above=0)
        self.minimum = _checks.number("minimum", minimum, above=0)
        self._start = 1.0  # the bottleneck's own, from `on_train_begin` on

    def temperature(self, epochs_done: float, start: float) -> float:
        """Return the temperature after `epochs_done` epochs, from `start`."""
        return max(self.minimum, start * math.exp(-self.rate * epochs_done))

    def find_weight(self) -> Any:
        """Return the variable of the bottleneck's temperature.

        Raises:
            TypeError: The model has none.
        """
        bottleneck: Any = getattr(self.model, "bottleneck", None)
        if not hasattr(bottleneck, "temperature_weight"):
            raise TypeError(
                "`TemperatureAnnealing` needs a model with a GumbelBottleneck. "
                f"Received: a {type(self.model).__name__} with a {type(bottleneck).__name__}"
            )
        self._start = bottleneck.temperature
        return bottleneck.temperature_weight

    def value(self, epochs_done: float) -> float:
        """Return the temperature after `epochs_done` epochs, for this model's bottleneck."""
        return self.temperature(epochs_done, self._start)
