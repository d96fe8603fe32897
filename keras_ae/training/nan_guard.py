"""Stop at the first loss that isn't finite, and say why."""

from __future__ import annotations

import math
from typing import Any

import keras

from keras_ae.training.errors import NonFiniteLossError

_MIN_GROWTH = 2.0  # the loss has grown if it is so many times the least one


class NaNGuard(keras.callbacks.Callback):
    """Stop training at the first loss that is NaN or infinite; tell the place and the cause.

    The weights of the model are spoilt then; those of a checkpoint written at an earlier epoch's
    end are not. With `steps_per_execution=k` the step is known to within k steps.

    Raises:
        NonFiniteLossError: The loss, or a validation loss, isn't finite; raised out of
            `fit`.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from keras_ae import create_model
        >>> model = create_model("vae", (4,), latent_dim=2, units=(8,), seed=0)
        >>> model.compile(keras.optimizers.SGD(1e6))
        >>> try:
        ...     _ = model.fit(np.eye(4), epochs=99, verbose=0, callbacks=[NaNGuard()])
        ... except NonFiniteLossError as error:
        ...     print("isn't finite" in str(error))
        True
    """

    def __init__(self) -> None:
        super().__init__()
        self._epoch = 0
        self._least = math.inf
        self._last = math.inf

    def on_train_begin(self, logs: Any = None) -> None:
        """Forget the losses of an earlier `fit`."""
        del logs
        self._least = self._last = math.inf

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note the epoch."""
        del logs
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Look at the loss, which is the mean over the epoch so far."""
        if not logs or "loss" not in logs:
            return
        loss = float(logs["loss"])
        if math.isfinite(loss):
            self._last = loss
            self._least = min(self._least, loss)
            return
        terms = _terms(logs, "")
        # The last call of an epoch may be of fewer steps than Keras counts.
        step = min(batch + 1, (self.params or {}).get("steps") or batch + 1)
        raise NonFiniteLossError(self._epoch + 1, step, terms, self._cause(terms))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Look at the validation loss."""
        if logs and not math.isfinite(float(logs.get("val_loss", 0.0))):
            terms = _terms(logs, "val_")
            raise NonFiniteLossError(epoch + 1, None, terms, self._cause(terms))

    def _cause(self, terms: dict[str, float]) -> str:
        rate = f"learning_rate={float(self.model.optimizer.learning_rate):g}"
        if not math.isfinite(self._last):
            return "values in the data that are too large for the model: scale them to about 1"
        if self._last > self._least + (_MIN_GROWTH - 1) * abs(self._least):
            return (
                f"{rate} is too large, as the loss had grown from {self._least:.4g} to "
                f"{self._last:.4g}. Try a tenth of it, or clip gradients (clipnorm=)"
            )
        wrong = [name for name, value in terms.items() if not math.isfinite(value)]
        if wrong == ["kl"]:
            return f"{rate} is too large, as the KL overflowed. Try a tenth of it, or BetaWarmup"
        scale = "a learned scale that fell to 0, " if wrong == ["nll"] else ""
        return (
            "values in the data that aren't finite (a stream is checked by its first batch only), "
            f"{scale}or {rate} that is too large"
        )


def _terms(logs: dict[str, Any], prefix: str) -> dict[str, float]:
    """Return the terms of the loss (nll, kl, ...) by name; the loss if there are none."""
    values = {name: float(value) for name, value in logs.items() if name.startswith(prefix)}
    if not prefix:
        values = {name: value for name, value in values.items() if not name.startswith("val_")}
    named = {name.removeprefix(prefix): value for name, value in values.items()}
    loss = named.pop("loss")
    return named or {"loss": loss}
