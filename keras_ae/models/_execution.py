"""How Keras' steps are carried out: several in one compiled call, over arrays on the device."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import keras

from keras_ae import _arrays, _checks
from keras_ae._shuffled_batches import ShuffledBatches
from keras_ae.models import _resident
from keras_ae.models._choice import CAPACITY, choose
from keras_ae.models._compiled import backend, blocks, calm
from keras_ae.models._execution_state import State
from keras_ae.models._replicas import replica_count
from keras_ae.models._resident import Resident

LOGGER = logging.getLogger("keras_ae")
AUTO = "auto"


class Execution(keras.Model):
    """`steps_per_execution` steps of `fit` and `evaluate` as one call of a compiled function.

    The steps themselves, the loop over epochs, callbacks, progress and logs are Keras' own. Keras
    is given something to count the batches by, and the functions that it makes to carry out
    several steps are exchanged for ones that gather the examples on the device.

    Streams, eager runs, several replicas and one step an execution are left to Keras.
    """

    optimizer: Any
    train_function: Any
    test_function: Any
    predict_function: Any

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._execution = State(AUTO, AUTO)

    def compile(self, *optimizer: Any, **options: Any) -> None:
        """Configure training as Keras does; `options` are its arguments by name."""
        steps_per_execution, jit_compile = options["steps_per_execution"], options["jit_compile"]
        if replica_count() > 1:
            if jit_compile is True or steps_per_execution not in (AUTO, 1):
                raise ValueError(
                    "`jit_compile` must be False and `steps_per_execution` 1 under a strategy of "
                    "several replicas. "
                    f"Received: jit_compile={_checks.shown(jit_compile)}, "
                    f"steps_per_execution={_checks.shown(steps_per_execution)}"
                )
            jit_compile = False
        self._execution = State(steps_per_execution, jit_compile)
        steps = 1 if steps_per_execution == AUTO else steps_per_execution
        changes = {"steps_per_execution": steps, "jit_compile": jit_compile}
        super().compile(*optimizer, **{**options, **changes})
        # Else a model that is saved before its first step can't be loaded without a warning.
        self._fit_optimizer()

    def get_compile_config(self) -> dict[str, Any] | None:
        """Return what `compile` was given; "auto" stays "auto"."""
        config: dict[str, Any] | None = super().get_compile_config()
        if config:
            config["steps_per_execution"] = self._execution.steps
            config["jit_compile"] = self._execution.jit
        return config

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as the saved model was; Keras leaves this to models that override `compile`."""
        self.compile(**keras.saving.deserialize_keras_object(config))

    def fit(self, *data: Any, **options: Any) -> Any:
        """Train as Keras does; `data` are its first two arguments, x and y."""
        x, y = data
        self._fit_optimizer()
        if hasattr(x, "element_spec"):
            # A tf.data.Dataset has an order of its own; Keras warns where it is told to shuffle.
            options["shuffle"] = False
        held = self._hold_for_training(x, y, **options)
        if held is None:
            return super().fit(x, y, **options)
        train, validation = held
        self._settle(train, options["epochs"] - options["initial_epoch"])
        if self.steps_per_execution == 1:
            return super().fit(x, y, **options)
        self._build_all(train)
        test = None
        if isinstance(validation, (tuple, list)) and options["validation_steps"] is None:
            size = options["validation_batch_size"] or train.batch_size
            inputs, targets, weights = (*validation, None, None)[:3]
            test = _resident.hold(inputs, targets, weights, size)
        changes = {
            "batch_size": train.batch_size,
            "steps_per_epoch": None,
            "sample_weight": None,
            "shuffle": False,
            "validation_split": 0.0,
            "validation_data": validation if test is None else blocks().counter(test),
        }
        with self._holding(train, test):
            return super().fit(blocks().counter(train), None, **{**options, **changes})

    def evaluate(self, *data: Any, **options: Any) -> Any:
        """Evaluate as Keras does; `data` are its first two arguments, x and y."""
        x, y = data
        if options.get("_use_cached_eval_dataset"):  # from within `fit`
            return super().evaluate(x, y, **options)
        test = None
        if self.steps_per_execution != 1 and self._may_hold() and options.get("steps") is None:
            test = _resident.hold(x, y, options.get("sample_weight"), options.get("batch_size"))
        with self._holding(self._execution.train, test):
            if test is None:
                return super().evaluate(x, y, **options)
            self._build_all(test)
            return super().evaluate(
                blocks().counter(test), None, **{**options, "sample_weight": None}
            )

    def make_train_function(self, force: bool = False) -> Any:
        """Make the function of `steps_per_execution` training steps."""
        before = self.train_function
        if self._execution.train is not None:
            self.train_function = self._several_steps("train", self._execution.train)
        else:
            super().make_train_function(force)
            self.train_function = calm(before, self.train_function)
        return self.train_function

    def make_test_function(self, force: bool = False) -> Any:
        """Make the function of `steps_per_execution` test steps."""
        before = self.test_function
        if self._execution.test is not None:
            self.test_function = self._several_steps("test", self._execution.test)
        else:
            super().make_test_function(force)
            self.test_function = calm(before, self.test_function)
        return self.test_function

    def make_predict_function(self, force: bool = False) -> Any:
        """Make Keras' function of `steps_per_execution` prediction steps."""
        before = self.predict_function
        super().make_predict_function(force)
        self.predict_function = calm(before, self.predict_function)
        return self.predict_function

    def fix_execution(self, x: Any, batch_size: int, epochs: int) -> None:
        """Choose now what `compile` left to `fit` to choose, and keep it: it is saved too.

        A run that may be broken off and resumed calls this first, so that both parts of it are
        carried out alike.

        Args:
            x: Array of shape (examples, ...), the training's examples.
            batch_size: Integer, examples in a batch.
            epochs: Integer, epochs of the training.
        """
        batch_size = _checks.integer("batch_size", batch_size, minimum=1)
        epochs = _checks.integer("epochs", epochs, minimum=0)
        x = _arrays.numbers("x", x)
        _arrays.examples("x", x)
        train = _resident.hold(x, None, None, batch_size) if self._may_hold() else None
        if train is not None:
            self._settle(train, epochs)
        self._execution.steps, self._execution.jit = self.steps_per_execution, self.jit_compile

    def _settle(self, train: Resident, epochs: int) -> None:
        """Choose what `compile` left to choose, once, or again for a longer training."""
        state = self._execution
        if AUTO not in (state.steps, state.jit):
            return
        if state.choice is not None and state.choice.suits(train, epochs):
            return
        self._build_all(train)

        def compiled(jit: bool) -> Any:
            return self._compiled_run("train", train, jit)

        state.choice = choose(self, compiled, train, epochs, state.steps, state.jit)
        if state.choice is not None:
            LOGGER.info("%s: %s", self.name, state.choice)
            self.steps_per_execution = state.choice.steps
            self.jit_compile = state.choice.jit
            # Keras' own functions have the old numbers compiled in.
            self.train_function = self.test_function = self.predict_function = None

    def _compiled_run(self, kind: str, resident: Resident, jit: bool) -> Any:
        """Return the compiled function of several "train" or "test" steps, made once."""
        step = self.train_step if kind == "train" else self.test_step
        results, places = self.get_metrics_result, resident.places
        return self._execution.once(
            (kind, places, jit), lambda: blocks().compiled(step, results, places, jit)
        )

    def _several_steps(self, kind: str, resident: Resident) -> Any:
        run = self._compiled_run(kind, resident, self.jit_compile)
        steps = self.steps_per_execution
        return blocks().keras_function(run, resident, steps, max(steps, CAPACITY))

    def _hold_for_training(self, x: Any, y: Any, **options: Any) -> tuple[Resident, Any] | None:
        """Return the training data on the device, and the validation data; None for Keras' way."""
        stream = isinstance(x, ShuffledBatches)
        if not self._may_hold() or (options["steps_per_epoch"] is not None and not stream):
            return None
        data, validation = (x, y, options["sample_weight"]), options["validation_data"]
        if options["validation_split"] and validation is None:
            parts = _resident.split(data, options["validation_split"])
            if parts is None:
                return None
            data, validation = parts
        train = _resident.hold(*data, options["batch_size"], options["shuffle"])
        return None if train is None else (train, validation)

    def _may_hold(self) -> bool:
        """Whether steps may be carried out by compiled functions of ours."""
        distributed = keras.distribution.distribution() is not None
        eager = self.run_eagerly or backend().runs_eagerly()
        compiles = not eager and (self.jit_compile or keras.backend.backend() != "jax")
        return self.compiled and compiles and replica_count() == 1 and not distributed

    def _build_all(self, resident: Resident) -> None:
        """Build what Keras builds from its first batch, which here holds no examples."""
        one = resident.batch(lambda array: array[:1])
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(one)
        self.compute_metrics(x, y, self(x, training=False), sample_weight)
        self.reset_metrics()
        self._fit_optimizer()

    def _fit_optimizer(self) -> None:
        """Build the optimizer for what is trainable now; before the first step anew."""
        optimizer, state = self.optimizer, self._execution
        if optimizer is None or not (self.built and self.compiled):
            return
        trainable = [id(variable) for variable in self.trainable_variables]
        if optimizer.built and state.trainable not in (None, trainable):
            if int(keras.ops.convert_to_numpy(optimizer.iterations)):
                raise ValueError(
                    "`compile` must be called again after `trainable` of a layer was changed in a "
                    f"trained model. Received: {len(trainable)} trainable variables, "
                    f"{len(state.trainable or ())} when training began"
                )
            self.optimizer = optimizer = type(optimizer).from_config(optimizer.get_config())
            self._execution = State(state.steps, state.jit)
            self.train_function = None
        if not optimizer.built:
            optimizer.build(self.trainable_variables)
        self._execution.trainable = trainable

    @contextlib.contextmanager
    def _holding(self, train: Resident | None, test: Resident | None) -> Iterator[None]:
        """Let Keras' functions be made for these arrays; None for Keras' own."""
        state = self._execution
        before = state.train, state.test
        changed = train is not before[0], test is not before[1]
        state.train, state.test = train, test
        self._forget(*changed)
        try:
            yield
        finally:
            state.train, state.test = before
            self._forget(*changed)

    def _forget(self, train: bool, test: bool) -> None:
        if train:
            self.train_function = None
        if test:
            self.test_function = None
