"""Training, evaluation and prediction by stock Keras, with the likelihood for a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from keras_ae import _arrays, _checks
from keras_ae.execution import arguments, device_data, grain_data, sharing
from keras_ae.execution.arguments import as_in_keras
from keras_ae.execution.multi_step_model import MultiStepModel
from keras_ae.models import _data_checks
from keras_ae.models._phase import Phase

if TYPE_CHECKING:  # parts of `Autoencoder`, whose base is that
    Base = MultiStepModel
else:
    Base = object


class Trainable(Base):
    """What `compile`, `fit` and `evaluate` do for an autoencoder: check data, fix noise.

    The class that has it gives `compute_loss`, and may look at `self._phase`.
    """

    example_shape: tuple[int, ...] | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._phase = Phase()
        # One stream of noise for all evaluations, set back at the start of each.
        self._evaluation_noise = keras.random.SeedGenerator(0)
        self._evaluation_start = keras.ops.convert_to_numpy(self._evaluation_noise.state)

    def compile(
        self,
        optimizer: Any = "adam",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int | str = "auto",
        jit_compile: str | bool = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Configure training, as `keras.Model.compile`; the loss is the model's likelihood.

        Args:
            optimizer: As in Keras.
            loss: Must be None.
            loss_weights: Must be None.
            metrics: Keras metrics; they see the data and their reconstruction, in the data's own
                units.
            weighted_metrics: As `metrics`, weighted by `sample_weight`.
            run_eagerly: As in Keras.
            steps_per_execution: Integer >= 1, steps in one compiled call: over arrays, which are
                then kept on the device; callbacks for batches act once a call. "auto": 1 in a
                training of fewer than 300 steps and for streams, else at most 256 and about a
                quarter of a second. 1 under a strategy of several replicas.
            jit_compile: Whether XLA compiles the steps. "auto": as in Keras, and on a CPU also
                where a training over arrays is long enough to repay XLA's compilation and the
                model has no convolutions. The sizes of layers and data decide, so every run
                decides alike: docs/performance.md has the rule. Off under a strategy of several
                replicas.
            auto_scale_loss: As in Keras.

        Raises:
            ValueError: A loss is given, or an option that several replicas don't allow.
        """
        if loss is not None or loss_weights is not None:
            raise ValueError(
                "`loss` must be None: the loss is the model's likelihood, chosen with "
                "likelihood= when the model is "
                "made. "
                f"Received: loss={_checks.shown(loss)}, loss_weights={_checks.shown(loss_weights)}"
            )
        options = arguments.checked(
            optimizer=optimizer,
            metrics=metrics,
            weighted_metrics=weighted_metrics,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
            auto_scale_loss=auto_scale_loss,
        )
        super().compile(options.pop("optimizer"), **options)

    @as_in_keras
    def fit(self, **options: Any) -> Any:
        """Train, as `keras.Model.fit`. The target is x unless y is given.

        Data are checked before the first step: arrays whole, streams by their first batch. `y` is
        of x's shape; `validation_data` a tuple (x,), (x, y) or (x, y, sample_weight), whose y may
        be None, or a stream; `sample_weight` an array of shape (examples,), numbers >= 0, that
        weighs whole examples, likelihood and penalties alike; `class_weight` None: there are no
        classes. All else is as in Keras.

        Returns:
            The `keras.callbacks.History`: loss, nll and one entry a penalty (kl), in nats per
            example.

        Raises:
            TypeError: An argument is unknown, or of the wrong type.
            ValueError: The data don't suit the model: their shape, values that aren't finite,
                values that the likelihood doesn't allow, a target of another shape, or weights
                that aren't finite numbers >= 0, one an example. Nothing was trained then.
        """
        _no_classes(options["class_weight"])
        self._check_data(options)
        validation = options["validation_data"]
        if isinstance(validation, (tuple, list)):
            validation = _data_checks.unpacked("validation_data", validation)
            options["validation_data"] = self._checked(*validation, "validation_data")
        elif validation is not None:
            stream, _, _ = self._checked(validation, None, None, "validation_data")
            options["validation_data"] = stream
        options = grain_data.counted(options, "x", "steps_per_epoch")
        options = grain_data.counted(options, "validation_data", "validation_steps")
        return super().fit(**options)

    @as_in_keras
    def evaluate(self, **options: Any) -> Any:
        """Evaluate, as `keras.Model.evaluate`: the bound, from a sampled latent.

        The noise restarts from one seed with each evaluation, so that two evaluations agree. Data
        are as in `fit`, all else as in Keras.

        Returns:
            Loss and metrics, in nats per example.

        Raises:
            TypeError: An argument is unknown, or of the wrong type.
            ValueError: The data don't suit the model.
        """
        if not options.get("_use_cached_eval_dataset"):  # else from within `fit`
            self._check_data(options)
            options = grain_data.counted(options, "x", "steps")
        self._restart_evaluation_noise()
        return super().evaluate(**options)

    @as_in_keras
    def train_on_batch(self, **options: Any) -> Any:
        """Train on one batch, as in Keras, after the checks of `fit`."""
        _no_classes(options["class_weight"])
        self._check_data(options, batch=True)
        self._fit_optimizer()
        return super().train_on_batch(**sharing.batch(options))

    @as_in_keras
    def test_on_batch(self, **options: Any) -> Any:
        """Evaluate one batch, as in Keras, with the noise of `evaluate`'s first batch."""
        self._check_data(options, batch=True)
        self._restart_evaluation_noise()
        return super().test_on_batch(**sharing.batch(options))

    # The signatures of the steps differ from backend to backend; what they do here doesn't.
    def test_step(self, *args: Any) -> Any:
        """Keras' own test step, marked."""
        with self._phase.during_test():
            return super().test_step(*args)

    def predict_step(self, *args: Any) -> Any:
        """Keras' own predict step, marked."""
        with self._phase.during_predict():
            return super().predict_step(*args)

    def _restart_evaluation_noise(self) -> None:
        self._evaluation_noise.state.assign(self._evaluation_start)

    def _check_data(self, options: dict[str, Any], batch: bool = False) -> None:
        """Check x, y and sample_weight, and put what Keras shall get in their place."""
        x = options["x"]
        if batch and not device_data.is_array(x):  # a batch can't be a stream
            x = _arrays.numbers("x", x)
        checked = self._checked(x, options["y"], options["sample_weight"])
        options["x"], options["y"], options["sample_weight"] = checked

    def _checked(
        self, x: Any, y: Any, sample_weight: Any, name: str = "x"
    ) -> tuple[Any, Any, Any]:
        """Check arrays whole, streams by the first batch; return what Keras shall get."""
        x, y = _data_checks.in_memory(x, name), _data_checks.in_memory(y, "y")
        if device_data.is_array(x):
            sample_weight = self._checked_batch(name, x, y, sample_weight)
            if y is None and sample_weight is not None:
                y = x  # Keras drops the weights where there is no y
            return x, y, sample_weight
        _data_checks.check_stream(name, x, y, sample_weight)
        batch, x = _data_checks.first_batch(x)
        if batch is not None:
            self._checked_batch(
                f"first batch of {name}", *keras.utils.unpack_x_y_sample_weight(batch)
            )
        return x, y, sample_weight

    def _checked_batch(self, name: str, x: Any, y: Any, sample_weight: Any) -> Any:
        """Check arrays; return the weights, as an array."""
        self._check_examples(name, x)
        self._check_pairing(name, y is not None)
        of = "" if name == "x" else f" of {name}"
        if y is not None:
            self._check_targets("y" + of, y)
        if sample_weight is None:
            return None
        return _data_checks.checked_weights("sample_weight" + of, sample_weight, len(x))

    def _check_pairing(self, name: str, paired: bool) -> None:
        """Raise if the model can't train with a target, or without one; here it can."""

    def _check_examples(self, name: str, x: Any) -> None:
        """Raise if the model can't take `x`: declared here, given by `Inference`."""
        raise NotImplementedError

    def _check_targets(self, name: str, y: Any) -> None:
        """Raise if the model can't be trained to `y`: declared here, given by `Inference`."""
        raise NotImplementedError


def _no_classes(class_weight: Any) -> None:
    if class_weight is not None:
        raise ValueError(
            "`class_weight` must be None: an autoencoder has no classes; use sample_weight. "
            f"Received: class_weight={_checks.shown(class_weight)}"
        )
