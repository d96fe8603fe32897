"""Notice that a model ignores its latent."""

from __future__ import annotations

import logging
import math
from typing import Any

import keras
import numpy as np

from keras_ae import _arrays, _checks
from keras_ae.evaluation import active_units
from keras_ae.models import Autoencoder
from keras_ae.training.beta_schedule import penalty_with_beta

logger = logging.getLogger("keras_ae")

BATCH_SIZE = 256
MIN_FALL_SHARE = 0.05  # of the whole fall of the nll so far: an epoch with more still learns


class CollapseMonitor(keras.callbacks.Callback):
    """Count active latent dimensions at each epoch's end; warn once if the posterior collapsed.

    In a collapsed model q(latent | x) is the same for all x: the KL is 0, the decoder ignores the
    latent, and every example has the same reconstruction. It is judged on validation data: a
    dimension counts as dead if the variance of its posterior mean over the examples is at most
    `threshold`, and also at most `threshold` times its mean posterior variance (so that a prior of
    small scale isn't mistaken for a collapse). Dimensions that a model leaves unused beside active
    ones are normal and no collapse.

    The number of active units is logged as `val_active_units`. The warning goes to the logger
    "keras_ae", after `patience` collapsed epochs in a row, or at the end of training. While the
    nll still falls fast an epoch doesn't count: many models learn the mean of the data before
    they turn to the latent.

    Args:
        x: Array of shape (examples, ...), validation examples; a thousand are enough.
        threshold: Number >= 0, as in `active_units`.
        minimum: Integer >= 1, warn if fewer dimensions than this are alive.
        patience: Integer >= 1, collapsed epochs in a row before the warning.

    Raises:
        TypeError: An argument is of the wrong type; or, when training begins, the model has no
            posterior.
        ValueError: An argument is out of range, or there are fewer than 2 examples.

    Example:
        >>> import numpy as np
        >>> from keras_ae import create_model
        >>> x = np.random.default_rng(0).uniform(size=(64, 4))
        >>> model = create_model("vae", (4,), latent_dim=2, units=(8,), seed=0)
        >>> model.compile("adam")
        >>> monitor = CollapseMonitor(x)
        >>> history = model.fit(x, epochs=2, verbose=0, callbacks=[monitor])
        >>> len(history.history["val_active_units"]), monitor.warned
        (2, False)

    Reference:
        Bowman et al., Generating Sentences from a Continuous Space, 2016, section 3.1; Burda et
        al., Importance Weighted Autoencoders, 2016, section 5.3.
    """

    def __init__(
        self, x: Any, threshold: float = 0.01, minimum: int = 1, patience: int = 2
    ) -> None:
        super().__init__()
        self.x = _arrays.numbers("x", x)
        if self.x.ndim < 2 or len(self.x) < 2:
            raise ValueError(
                "`x` must be an array of at least 2 validation examples. "
                f"Received: shape={self.x.shape}"
            )
        self.threshold = _checks.number("threshold", threshold, minimum=0)
        self.minimum = _checks.integer("minimum", minimum, minimum=1)
        self.patience = _checks.integer("patience", patience, minimum=1)
        self.warned = False
        self._collapsed_epochs = 0
        self._alive = 0
        self._nll: list[float] = []

    def on_train_begin(self, logs: Any = None) -> None:
        """Check the model."""
        del logs
        ours = isinstance(self.model, Autoencoder)
        if not ours or "posterior" not in self.model.functions():
            raise TypeError(
                "`CollapseMonitor` needs an autoencoder with a posterior. "
                f"Received: a model of type {type(self.model).__name__}"
            )
        self._collapsed_epochs = 0
        self._nll = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Judge the model."""
        logs = {} if logs is None else logs
        posterior = self.model.posterior(self.x, BATCH_SIZE)
        means, scales = (
            np.asarray(keras.ops.convert_to_numpy(each), "float64").reshape(len(self.x), -1)
            for each in (posterior.mean, posterior.scale)
        )
        logs["val_active_units"] = active_units(means, self.threshold)
        signal, noise = means.var(axis=0), np.square(scales).mean(axis=0)
        self._alive = int((signal > self.threshold * np.minimum(1.0, noise)).sum())
        self._nll.append(float(logs.get("val_nll", logs.get("nll", 0.0))))
        collapsed = self._alive < self.minimum and not self._still_falling()
        self._collapsed_epochs = self._collapsed_epochs + 1 if collapsed else 0
        if self._collapsed_epochs >= self.patience:
            self._warn(f"since epoch {epoch + 2 - self._collapsed_epochs}")

    def on_train_end(self, logs: Any = None) -> None:
        """Warn of a collapse at the end, also one that may be passing."""
        del logs
        if self._nll and self._alive < self.minimum:
            self._warn("at the end of training, which may have been too short")

    def _still_falling(self) -> bool:
        """Whether the last epoch brought more than a share of all that the nll has fallen."""
        if len(self._nll) < 2:
            return True
        return self._nll[-2] - self._nll[-1] > MIN_FALL_SHARE * (max(self._nll) - min(self._nll))

    def _warn(self, when: str) -> None:
        if self.warned:
            return
        self.warned = True
        advice = "Weigh the penalties of the loss less"
        kl = penalty_with_beta(self.model)
        if kl is not None:
            advice = (
                f"Lower beta (it is {kl.beta:g}), raise it gradually with BetaWarmup or "
                "CyclicBeta, or let each dimension have free_bits (0.1, say)"
            )
        logger.warning(
            "Posterior collapse: %d of %d latent dimensions depend on the validation data (%s), "
            "so the decoder ignores the latent. %s",
            self._alive,
            math.prod(self.model.bottleneck.code_shape),
            when,
            advice,
        )
