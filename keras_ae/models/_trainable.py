"""Training, evaluation and prediction by stock Keras, with the likelihood for a loss."""

from __future__ import annotations

from typing import Any

import keras

from keras_ae import _arrays, _checks
from keras_ae.models import _data_checks, _training_options
from keras_ae.models._execution import Execution
from keras_ae.models._phase import Phase


class Trainable(Execution):
    """What `compile`, `fit` and `evaluate` do beyond Keras' own: check data, fix noise.

    The steps stay Keras' own. Subclasses give `compute_loss`, and may look at `self._phase`.
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
                then kept on the device, one XLA program; callbacks for batches act once a call. Or
                "auto": chosen by `fit`, 1 for a training of fewer than 300 steps. 1 under a
                strategy of several replicas.
            jit_compile: Whether XLA compiles the steps. "auto": for a long training over arrays
                `fit` measures a few steps both ways, puts everything back and takes the faster
                way; else as in Keras. Off under a strategy of several replicas.
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
        options = _training_options.checked(
            optimizer=optimizer,
            metrics=metrics,
            weighted_metrics=weighted_metrics,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
            auto_scale_loss=auto_scale_loss,
        )
        super().compile(options.pop("optimizer"), **options)

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> Any:
        """Train, as `keras.Model.fit`. The target is x unless y is given.

        Args:
            x: Array of shape (examples, ...), or any stream of batches that Keras takes.
            y: Target of x's shape; None for x itself.
            batch_size: As in Keras.
            epochs: As in Keras.
            verbose: As in Keras.
            callbacks: As in Keras.
            validation_split: As in Keras.
            validation_data: Tuple (x,), (x, y) or (x, y, sample_weight), or a stream. y may be
                None.
            shuffle: As in Keras.
            class_weight: Must be None: there are no classes.
            sample_weight: Array of shape (examples,), numbers >= 0; weighs whole examples,
                likelihood and penalties alike.
            initial_epoch: As in Keras.
            steps_per_epoch: As in Keras.
            validation_steps: As in Keras.
            validation_batch_size: As in Keras.
            validation_freq: As in Keras.

        Returns:
            The `keras.callbacks.History`: loss, nll and one entry a penalty (kl), in nats per
            example.

        Raises:
            ValueError: The data don't suit the model: their shape, values that aren't finite,
                values that the likelihood doesn't allow, a target of another shape, or weights
                that aren't finite numbers >= 0, one an example. Nothing was trained then.
        """
        _no_classes(class_weight)
        options = _training_options.checked(
            batch_size=batch_size,
            epochs=epochs,
            verbose=verbose,
            callbacks=callbacks,
            validation_split=validation_split,
            shuffle=shuffle,
            initial_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch,
            validation_steps=validation_steps,
            validation_batch_size=validation_batch_size,
            validation_freq=validation_freq,
        )
        x, y, sample_weight = self._checked(x, y, sample_weight)
        if isinstance(validation_data, (tuple, list)):
            validation = _data_checks.unpacked("validation_data", validation_data)
            validation_data = self._checked(*validation, "validation_data")
        elif validation_data is not None:
            validation_data = self._checked(validation_data, None, None, "validation_data")[0]
        data = {"validation_data": validation_data, "sample_weight": sample_weight}
        return super().fit(x, y, **options, **data)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Evaluate, as `keras.Model.evaluate`: the bound, from a sampled latent.

        The noise restarts from one seed with each evaluation, so that two evaluations agree.

        Args:
            x: As in `fit`.
            y: As in `fit`.
            batch_size: As in Keras.
            verbose: As in Keras.
            sample_weight: As in `fit`.
            steps: As in Keras.
            callbacks: As in Keras.
            return_dict: As in Keras.
            **kwargs: What Keras passes from `fit`.

        Returns:
            Loss and metrics, in nats per example.

        Raises:
            ValueError: The data don't suit the model.
        """
        options = _training_options.checked(
            batch_size=batch_size,
            verbose=verbose,
            steps=steps,
            callbacks=callbacks,
            return_dict=return_dict,
        )
        if not kwargs.get("_use_cached_eval_dataset"):  # else from within `fit`
            x, y, sample_weight = self._checked(x, y, sample_weight)
        self._restart_evaluation_noise()
        return super().evaluate(x, y, sample_weight=sample_weight, **options, **kwargs)

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Train on one batch, as in Keras, after the checks of `fit`."""
        _no_classes(class_weight)
        return_dict = _checks.boolean("return_dict", return_dict)
        x, y, sample_weight = self._checked_arrays(x, y, sample_weight)
        self._fit_optimizer()
        return super().train_on_batch(x, y, sample_weight, None, return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Evaluate one batch, as in Keras, with the noise of `evaluate`'s first batch."""
        return_dict = _checks.boolean("return_dict", return_dict)
        x, y, sample_weight = self._checked_arrays(x, y, sample_weight)
        self._restart_evaluation_noise()
        return super().test_on_batch(x, y, sample_weight, return_dict)

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

    def _checked(
        self, x: Any, y: Any, sample_weight: Any, name: str = "x"
    ) -> tuple[Any, Any, Any]:
        """Check arrays whole, streams by the first batch; return what Keras shall get."""
        x, y = _data_checks.in_memory(x, name), _data_checks.in_memory(y, "y")
        if _data_checks.is_array(x):
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

    def _checked_arrays(self, x: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
        """Check one batch, which can't be a stream."""
        array = _data_checks.is_array(x)
        return self._checked(x if array else _arrays.numbers("x", x), y, sample_weight)

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
        """Raise if the model can't take `x`; a subclass knows its shapes."""
        raise NotImplementedError

    def _check_targets(self, name: str, y: Any) -> None:
        """Raise if the model can't be trained to `y`; a subclass knows its shapes."""
        raise NotImplementedError


def _no_classes(class_weight: Any) -> None:
    if class_weight is not None:
        raise ValueError(
            "`class_weight` must be None: an autoencoder has no classes; use sample_weight. "
            f"Received: class_weight={_checks.shown(class_weight)}"
        )
