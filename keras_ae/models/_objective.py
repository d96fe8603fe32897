"""The loss of every model, and the metrics beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_ae.layers._across_replicas import AcrossReplicas
from keras_ae.layers.penalties import Penalty
from keras_ae.layers.penalties.penalty import Decoding, batch_mean
from keras_ae.models import _data_checks
from keras_ae.models._trainable import Base


class Objective(Base):
    """loss = mean nll + the penalties, each logged by its name, in nats per example.

    What the bottleneck measures of its code is logged beside them and adds nothing.

    Metrics are updated here and not in `call`, where they would put variable assignments into
    exported graphs. The class that has it has a `likelihood`, and says what that judges and which
    penalties there are.
    """

    example_shape: tuple[int, ...] | None
    likelihood: Any
    bottleneck: Any
    decoder: Any

    def _add_metrics(self, penalties: Sequence[Penalty], of_code: Sequence[Any] = ()) -> None:
        measured = (name for penalty in penalties for name in penalty.measure_names)
        self._nll = _mean("nll")
        self._penalty_means = [_mean(penalty.metric_name) for penalty in penalties]
        self._measure_means = [_mean(name) for name in measured]
        self._code_metrics = list(of_code)
        self._objective = _mean("objective")
        self._across_replicas = AcrossReplicas()

    def _target(self, target: Any) -> Any:
        """Return what the likelihood judges: declared here, given by `Autoencoder`."""
        raise NotImplementedError

    def _to_data(self, parameters: Any) -> Any:
        """Return parameters of the likelihood as data: declared here, given by `Inference`."""
        raise NotImplementedError

    @property
    def _target_shape(self) -> tuple[int, ...] | None:
        """The shape of what is reconstructed, without the batch axis: here the input's."""
        return self.example_shape

    @property
    def penalties(self) -> tuple[Penalty, ...]:
        """The penalties of the loss: declared here, given by `Autoencoder`."""
        raise NotImplementedError

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return mean nll plus penalties, and update their metrics.

        Args:
            x: Batch of inputs.
            y: Batch of targets; None for x.
            y_pred: The likelihood's parameters, as `call` returns.
            sample_weight: Weights of shape (batch,) or None.
            training: Not used; Keras passes it.

        Returns:
            Scalar, in nats per example.

        Raises:
            ValueError: The target hasn't the reconstruction's shape, or the weights aren't one an
                example.
        """
        del training
        target = x if y is None else y
        _data_checks.check_target_shape(target, (None, *(self._target_shape or ())))
        if sample_weight is not None:
            _data_checks.check_weight_shape(sample_weight)
        nll, total = self._terms(target, y_pred, sample_weight)
        self._nll.update_state(nll, sample_weight)
        measured = self.bottleneck.take()
        for metric in self._code_metrics:
            metric.update_state(measured, sample_weight)
        count = ops.shape(nll)[0] if sample_weight is None else ops.sum(sample_weight)
        self._objective.update_state(total, ops.cast(count, "float32"))
        return self._across_replicas(total)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Update `compile`'s metrics with (data, reconstruction); return all results."""
        target = ops.cast(x if y is None else y, "float32")
        return super().compute_metrics(x, target, self._to_data(y_pred), sample_weight)

    def get_metrics_result(self) -> dict[str, Any]:
        """Return the metrics by name, where `loss` weighs examples as `nll` and `kl` do."""
        results: dict[str, Any] = super().get_metrics_result()
        results["loss"] = results.pop("objective")
        return results

    def _terms(self, target: Any, parameters: Any, sample_weight: Any) -> tuple[Any, Any]:
        """Return the nll of each example, of shape (batch,), and the batch's loss."""
        target = self._target(target)
        decoding = Decoding(target, parameters, self.decoder, self.likelihood, sample_weight)
        values = decoding.nll(parameters)
        return values, batch_mean(values, sample_weight) + self._penalty(decoding)

    def _added(self) -> Any:
        """Return the sum of what layers added with `add_loss`."""
        return sum(
            (ops.cast(ops.sum(loss), "float32") for loss in self.losses), ops.zeros((), "float32")
        )

    def _penalty(self, decoding: Decoding) -> Any:
        """Return the sum of the added losses, penalties weighted by the sample weights.

        Penalties that wait for what was decoded judge it here.
        """
        total, sample_weight = self._added(), decoding.sample_weight
        measure_means = iter(self._measure_means)
        for penalty, mean in zip(self.penalties, self._penalty_means, strict=True):
            values = penalty.take()
            if penalty.needs_decoder:
                values = penalty.judge(values, decoding)
                total = total + penalty.total(values, sample_weight)
                for measured in penalty.measures():
                    next(measure_means).update_state(measured, sample_weight)
            elif sample_weight is not None:
                total = total - penalty.total(values) + penalty.total(values, sample_weight)
            mean.update_state(penalty.logged(values), sample_weight)
        return total


def _mean(name: str) -> Any:
    return keras.metrics.Mean(name, dtype="float32")
