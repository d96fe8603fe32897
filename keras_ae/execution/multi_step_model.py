"""A Keras model that carries out many steps in one compiled call, over arrays on the device."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import keras

from keras_ae import _arrays, _checks
from keras_ae.execution import device_data, grain_data, processes, rule, sharing
from keras_ae.execution.arguments import as_in_keras
from keras_ae.execution.backend import backend, calm
from keras_ae.execution.device_data import DeviceData
from keras_ae.execution.rule import AUTO

LOGGER = logging.getLogger("keras_ae")


class MultiStepModel(keras.Model):
    """`steps_per_execution` steps of `fit` and `evaluate` as one call of a compiled function.

    The steps themselves, the loop over epochs, callbacks, progress and logs are Keras' own. Keras
    is given something to count the batches by, and the functions that it makes to carry out
    several steps are exchanged for ones that gather the examples on the device.

    Streams, eager runs, several replicas and one step an execution are left to Keras.
    """

    optimizer: Any
    steps_per_execution: int
    train_function: Any
    test_function: Any
    predict_function: Any

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._execution = _Execution(AUTO, AUTO)

    def compile(self, *optimizer: Any, **options: Any) -> None:
        """Configure training as Keras does; `options` are its arguments by name."""
        steps_per_execution = options.get("steps_per_execution", AUTO)
        jit_compile = options.get("jit_compile", AUTO)
        if backend().replicas() > 1:
            if jit_compile is True or steps_per_execution not in (AUTO, 1):
                raise ValueError(
                    "`jit_compile` must be False and `steps_per_execution` 1 under a strategy of "
                    "several replicas. "
                    f"Received: jit_compile={_checks.shown(jit_compile)}, "
                    f"steps_per_execution={_checks.shown(steps_per_execution)}"
                )
            jit_compile = False
        self._execution = _Execution(steps_per_execution, jit_compile)
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

    @as_in_keras
    def fit(self, **options: Any) -> Any:
        """Train as Keras does."""
        self._fit_optimizer()
        if hasattr(options["x"], "element_spec") or grain_data.is_grain(options["x"]):
            # They have an order of their own; Keras warns where it is told to shuffle.
            options["shuffle"] = False
        if processes.distributed():
            with processes.watched():
                return super().fit(**sharing.training(self, options))
        held = self._hold_for_training(options)
        if held is None:
            return super().fit(**options)
        train, validation = held
        if self._execution.steps != 1:
            self._build_all(train)
            self._follow_rule(train, options["epochs"] - options["initial_epoch"])
        if self.steps_per_execution == 1:
            return super().fit(**options)
        test = None
        if isinstance(validation, (tuple, list)) and options["validation_steps"] is None:
            size = options["validation_batch_size"] or train.batch_size
            inputs, targets, weights = (*validation, None, None)[:3]
            test = device_data.hold(inputs, targets, weights, size)
        changes = {
            "x": backend().counter(train),
            "y": None,
            "batch_size": train.batch_size,
            "steps_per_epoch": None,
            "sample_weight": None,
            "shuffle": False,
            "validation_split": 0.0,
            "validation_data": validation if test is None else backend().counter(test),
        }
        with self._holding(train, test):
            return super().fit(**{**options, **changes})

    @as_in_keras
    def evaluate(self, **options: Any) -> Any:
        """Evaluate as Keras does."""
        if options.get("_use_cached_eval_dataset"):  # from within `fit`
            return super().evaluate(**options)
        if processes.distributed():
            with processes.watched():
                return super().evaluate(**sharing.evaluation(options))
        x, y, sample_weight = options["x"], options["y"], options["sample_weight"]
        whole = options["steps"] in (None, getattr(x, "steps", None))
        held = whole and self.steps_per_execution != 1 and self._may_hold()
        test = device_data.hold(x, y, sample_weight, options["batch_size"]) if held else None
        with self._holding(self._execution.train, test):
            if test is not None:
                self._build_all(test)
                options.update(x=backend().counter(test), batch_size=test.batch_size)
                options.update(y=None, sample_weight=None, steps=None)
            return super().evaluate(**options)

    save = processes.by_first(keras.Model.save)
    save_weights = processes.by_first(keras.Model.save_weights)

    def make_train_function(self, force: bool = False) -> Any:
        """Make the function of `steps_per_execution` training steps."""
        before, state = self.train_function, self._execution
        if state.train is not None:
            jit = self.jit_compile if state.plan is None else state.plan.jit
            self.train_function = self._several_steps("train", state.train, jit)
        else:
            super().make_train_function(force)
            self.train_function = calm(before, self.train_function)
        return self.train_function

    def make_test_function(self, force: bool = False) -> Any:
        """Make the function of `steps_per_execution` test steps."""
        before, state = self.test_function, self._execution
        if state.test is not None:
            self.test_function = self._several_steps("test", state.test, self.jit_compile)
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
        """Decide now what `compile` left to `fit` to decide, and keep it: it is saved too.

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
        state = self._execution
        train = device_data.hold(x, None, None, batch_size) if self._may_hold() else None
        if train is not None:
            self._build_all(train)
            self._follow_rule(train, epochs)
        if state.plan is not None:
            self.jit_compile = state.plan.jit
        state.steps, state.jit = self.steps_per_execution, self.jit_compile

    def _follow_rule(self, train: DeviceData, epochs: int) -> None:
        """Carry out "auto" as the rule says, and what `compile` was given as it is."""
        state = self._execution
        if AUTO not in (state.steps, state.jit):
            return
        plan = rule.plan(self, train, epochs, state.steps, state.jit, state.plan)
        if plan == state.plan:
            return
        if plan.steps > 1:
            LOGGER.info("%s: %s", self.name, plan)
        state.plan = plan
        if plan.steps != self.steps_per_execution:
            self.steps_per_execution = plan.steps
            # Keras' own functions have the old number compiled in.
            self.train_function = self.test_function = self.predict_function = None

    def _several_steps(self, kind: str, data: DeviceData, jit: bool) -> Any:
        """Return what Keras calls for several "train" or "test" steps, compiled once."""
        made, key = self._execution.made, (kind, data.places, jit)
        if key not in made:
            step = self.train_step if kind == "train" else self.test_step
            made[key] = backend().compiled_steps(
                step, self.get_metrics_result, data.places, jit, jit_rest=self.jit_compile
            )
        steps = self.steps_per_execution
        capacity = max(steps, rule.MAX_STEPS_PER_CALL)
        return device_data.keras_function(made[key], data, steps, capacity)

    def _hold_for_training(self, options: dict[str, Any]) -> tuple[DeviceData, Any] | None:
        """Return the training data on the device, and the validation data; None for Keras' way."""
        x, y = options["x"], options["y"]
        stream = isinstance(x, device_data.COUNTED)
        if not self._may_hold() or (options["steps_per_epoch"] is not None and not stream):
            return None
        data, validation = (x, y, options["sample_weight"]), options["validation_data"]
        if options["validation_split"] and validation is None:
            parts = device_data.split(data, options["validation_split"])
            if parts is None:
                return None
            data, validation = parts
        train = device_data.hold(*data, options["batch_size"], options["shuffle"])
        return None if train is None else (train, validation)

    def _may_hold(self) -> bool:
        """Whether steps may be carried out by compiled functions of ours."""
        distributed = keras.distribution.distribution() is not None
        eager = self.run_eagerly or backend().runs_eagerly()
        compiles = not eager and (self.jit_compile or keras.backend.backend() != "jax")
        return self.compiled and compiles and backend().replicas() == 1 and not distributed

    def _build_all(self, data: DeviceData) -> None:
        """Build what Keras builds from its first batch, which here holds no examples."""
        one = data.batch(lambda array: array[:1])
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(one)
        outputs = self(x, training=False)
        if self._compile_loss is not None:
            self._compile_loss(y, outputs, sample_weight)
        self.compute_metrics(x, y, outputs, sample_weight)
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
            self._execution = _Execution(state.steps, state.jit)
            self.train_function = None
        if not optimizer.built:
            optimizer.build(self.trainable_variables)
        self._execution.trainable = trainable

    @contextlib.contextmanager
    def _holding(self, train: DeviceData | None, test: DeviceData | None) -> Iterator[None]:
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


class _Execution:
    """What `compile` was given, what the rule says, and the compiled functions.

    Keras doesn't track a plain object.
    """

    def __init__(self, steps: int | str, jit: str | bool) -> None:
        self.steps = steps
        self.jit = jit
        self.trainable: list[int] | None = None  # ids of the optimizer's variables
        self.plan: rule.Plan | None = None  # where one of the two is "auto"
        self.train: DeviceData | None = None
        self.test: DeviceData | None = None
        self.made: dict[Any, Any] = {}  # compiled functions of several steps
