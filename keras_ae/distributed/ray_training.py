"""Training by workers that Ray starts, and starts again when one of them is gone."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from keras_ae import _arrays, _checks, _extras
from keras_ae.datasets._open_source import open_source

MODEL, STATE = "model.keras", "state.json"  # of a checkpoint


@dataclass(frozen=True, eq=False)
class RayTraining:
    """What a training on Ray has made.

    Args:
        model: The trained model, compiled.
        history: Dictionary from a metric to its values, one an epoch.
        workers: Integer, how many trained the last epoch.
    """

    model: Any
    history: dict[str, list[float]]
    workers: int


def train_on_ray(
    make_model: Callable[[], Any],
    data: Any,
    *,
    workers: int | tuple[int, int],
    storage: str | Path,
    epochs: int,
    batch_size: int = 256,
    validation_data: Any = None,
    callbacks: Sequence[Any] = (),
    seed: int = 0,
    failures: int = 3,
    use_gpu: bool = False,
    name: str = "train",
    verbose: bool = True,
) -> RayTraining:
    """Train a model by `fit` in workers of Ray Train's `JaxTrainer`, each a process.

    They share each batch, as after `keras_ae.distributed.start`: the weights are those of one
    process. The last whole epoch is kept in `storage`. When a worker or a node is gone, Ray starts
    as many as there is room for, at least the fewest, from that epoch. After the end of this
    process, the same call goes on from there too.

    A Ray that your program has started is used as it is; else one is started on this machine, and
    stopped again. This package is installed on every host, with the extra `cluster`.

    Args:
        make_model: Function without arguments that returns a compiled model, the same one in each
            worker: give it a seed.
        data: Array of shape (examples, ...), which goes through Ray's object store; or a path that
            every host sees, as `stream_dataset` takes it.
        workers: Integer >= 1, or a pair: the fewest and the most.
        storage: Path that every host sees, or a URI of pyarrow's file systems ("s3://...").
        epochs: Integer >= 1.
        batch_size: Integer >= 1, examples of a batch over all workers.
        validation_data: As `data`, or None.
        callbacks: Keras callbacks, of which each worker has its own copies. They start anew where
            workers do.
        seed: Integer >= 0, of the order of the examples and of Keras' noise.
        failures: Integer >= 0, how often workers are started again.
        use_gpu: Whether each worker has a GPU rather than a CPU.
        name: String, the folder of this training in `storage`.
        verbose: Whether to show a line an epoch, and what Ray says.

    Returns:
        A `RayTraining`.

    Raises:
        ImportError: Ray or JAX isn't installed.
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range.
        RuntimeError: The training failed more often than `failures`; what failed last is said.

    Example:
        >>> import keras_ae
        >>> def make_model():
        ...     model = keras_ae.create_model("vae", (784,), latent_dim=16, seed=0)
        ...     model.compile("adam")
        ...     return model
        >>> train_on_ray(make_model, "rows.npy", workers=(2, 8), storage="/mnt/runs", epochs=20)
        ... # doctest: +SKIP
    """
    if not callable(make_model):
        raise TypeError(
            "`make_model` must be a function without arguments. "
            f"Received: make_model={_checks.shown(make_model)}"
        )
    fewest, most = _counts(workers)
    settings = {
        "make_model": make_model,
        "epochs": _checks.integer("epochs", epochs, minimum=1),
        "batch_size": _checks.integer("batch_size", batch_size, minimum=1),
        "callbacks": list(callbacks),
        "seed": _checks.seed("seed", _checks.integer("seed", seed, minimum=0)),
        "verbose": _checks.boolean("verbose", verbose),
    }
    failures = _checks.integer("failures", failures, minimum=0)
    use_gpu = _checks.boolean("use_gpu", use_gpu)
    _checks.instance("name", name, str, "a string")
    storage = str(storage) if "://" in str(storage) else str(_checks.path("storage", storage))
    held = {"data": _checked("data", data)}
    if validation_data is not None:
        held["validation_data"] = _checked("validation_data", validation_data)
    return _fit(settings, held, (fewest, most), storage, failures, use_gpu, name)


def _counts(workers: Any) -> tuple[int, int]:
    pair = workers if isinstance(workers, tuple) else (workers, workers)
    if len(pair) != 2:
        raise ValueError(
            "`workers` must be an integer or the fewest and the most. "
            f"Received: workers={_checks.shown(workers)}"
        )
    fewest, most = (_checks.integer("workers", each, minimum=1) for each in pair)
    if fewest > most:
        raise ValueError(f"`workers` must be the fewest, then the most. Received: {workers}")
    return fewest, most


def _fit(
    settings: Mapping[str, Any],
    data: Mapping[str, Any],
    counts: tuple[int, int],
    storage: str,
    failures: int,
    use_gpu: bool,
    name: str,
) -> RayTraining:
    _extras.require("ray", "jax")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray
    from ray.train import CheckpointConfig, FailureConfig, RunConfig, ScalingConfig
    from ray.train.v2.jax import JaxConfig, JaxTrainer

    verbose = settings["verbose"]
    running = ray.is_initialized()
    if not running:
        quiet = {"log_to_driver": verbose, "logging_level": "WARNING" if verbose else "ERROR"}
        ray.init(include_dashboard=False, **quiet)
    try:
        held = {
            name: each if isinstance(each, str) else ray.put(each) for name, each in data.items()
        }
        trainer = JaxTrainer(
            _work,
            train_loop_config={**settings, **held},
            # Without `use_gpu` Ray wouldn't start JAX' runtime, on CPUs neither.
            jax_config=JaxConfig(use_gpu=True),
            scaling_config=ScalingConfig(
                num_workers=counts[0] if counts[0] == counts[1] else counts,
                use_gpu=use_gpu,
                resources_per_worker={"GPU": 1} if use_gpu else {"CPU": 1},
            ),
            run_config=RunConfig(
                name=name,
                storage_path=storage,
                failure_config=FailureConfig(max_failures=failures),
                checkpoint_config=CheckpointConfig(num_to_keep=2),
                worker_runtime_env={"env_vars": _variables(use_gpu)},
            ),
        )
        try:
            result = trainer.fit()
        except Exception as error:
            last = str(error).strip().splitlines()[-1]
            raise RuntimeError(
                f"A training on Ray ended after {failures} new start(s). Received: {last}"
            ) from error
        model, state = _read(result.checkpoint)
        return RayTraining(model, state["history"], state["workers"])
    finally:
        if not running:
            ray.shutdown()


def _checked(name: str, data: Any) -> Any:
    """Return a path as a string, another array as NumPy's; raise if it can't be trained on."""
    if isinstance(data, str | Path):
        open_source(data)
        return str(data)
    array = _arrays.numbers(name, data)
    _arrays.examples(name, array)
    return array


def _variables(use_gpu: bool) -> dict[str, str]:
    """Return the environment of a worker, in which Ray starts JAX before it calls `_work`."""
    devices = {} if use_gpu else {"JAX_PLATFORMS": "cpu"}
    return {
        **devices,
        "JAX_CPU_COLLECTIVES_IMPLEMENTATION": "gloo",
        "KERAS_BACKEND": "jax",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def _read(checkpoint: Any) -> tuple[Any, dict[str, Any]]:
    """Return the model and the state of a checkpoint of Ray's, as `_reporter` writes them."""
    with checkpoint.as_directory() as folder:
        state: dict[str, Any] = json.loads(Path(folder, STATE).read_text("utf-8"))
        return keras.models.load_model(Path(folder, MODEL)), state


def _work(settings: Mapping[str, Any]) -> None:
    """Train in a worker, from the last checkpoint."""
    _extras.require("ray")
    import ray

    from keras_ae.datasets import stream_dataset
    from keras_ae.distributed.start_process import start
    from keras_ae.training import ShuffledBatches

    start()
    keras.utils.set_random_seed(settings["seed"])
    epoch, history, model = 0, {}, None
    if checkpoint := ray.train.get_checkpoint():
        model, state = _read(checkpoint)
        epoch, history = state["epoch"], state["history"]
    if model is None:
        model = settings["make_model"]()
    size, seed = settings["batch_size"], settings["seed"]
    data, validation = settings["data"], settings.get("validation_data")
    options: dict[str, Any] = {}
    if isinstance(data, str):
        batches = stream_dataset(data, size, seed=seed, initial_epoch=epoch)
    else:
        batches = ShuffledBatches(ray.get(data), size, seed, epoch)
        options["steps_per_epoch"] = batches.steps
    if isinstance(validation, str):
        options["validation_data"] = stream_dataset(validation, size, shuffle=False)
    elif validation is not None:
        options |= {"validation_data": (ray.get(validation),), "validation_batch_size": size}
    model.fit(
        batches,
        shuffle=False,
        initial_epoch=epoch,
        epochs=settings["epochs"],
        verbose=2 if settings["verbose"] else 0,
        callbacks=[*settings["callbacks"], _reporter(history)],
        **options,
    )


def _reporter(history: dict[str, list[float]]) -> Any:
    """Return a callback that gives Ray the model after each epoch."""
    _extras.require("ray")
    import ray

    from keras_ae.execution import processes

    class Reporter(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            for metric, value in (logs or {}).items():
                history.setdefault(metric, []).append(float(value))
            workers = ray.train.get_context().get_world_size()
            state = {"epoch": epoch + 1, "history": history, "workers": workers}
            with tempfile.TemporaryDirectory() as folder:
                checkpoint = None
                if processes.index() == 0:
                    self.model.save(Path(folder, MODEL))
                    Path(folder, STATE).write_text(json.dumps(state), "utf-8")
                    checkpoint = ray.train.Checkpoint.from_directory(folder)
                latest = {name: values[-1] for name, values in history.items()}
                ray.train.report({**latest, "epoch": epoch + 1}, checkpoint=checkpoint)

    return Reporter()
