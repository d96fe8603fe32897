"""Prepare a run, new or resumed, and carry it out."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import keras

from keras_ae import _checks, _extras, _loading
from keras_ae.execution import arguments, processes
from keras_ae.training.build_model import build_model
from keras_ae.training.checkpoint import (
    Checkpoint,
    State,
    as_json,
    read_json,
    write_text,
)
from keras_ae.training.examples import Examples, load_examples
from keras_ae.training.output_directory import RECORD, OutputDirectory
from keras_ae.training.provenance import describe_model, versions
from keras_ae.training.training_config import TrainingConfig, read_options
from keras_ae.training.training_run import CONFIG, Run

SPARE_DISK_BYTES = 8_000_000  # for pictures and records


def run(
    config: TrainingConfig,
    directory: str | Path,
    overwrite: bool = False,
    resume: bool = False,
    callbacks: Sequence[Any] = (),
    verbose: Any = "auto",
) -> Run:
    """Train a model from a configuration and save it with all that is needed to repeat it.

    The directory then holds model.keras, history.json, metrics.json (scores on the test part, in
    nats), config.yaml (every option: another run can start from it) and run.json (seed, data and
    their sha256, package versions). It appears there only when it is complete; until then the run
    works in `DIRECTORY.partial`, from which `resume=True` goes on after a kill. The resumed run
    equals the unbroken one bit for bit on one machine.

    After `keras_ae.distributed.start` the processes train it together: each is given the same
    arguments, and the first one writes.

    Args:
        config: A `TrainingConfig`; to resume, that of the run, with the same or more `epochs`.
        directory: String or path.
        overwrite: Whether the results of an earlier run may be replaced, once these are complete.
        resume: Whether to go on with an unfinished run.
        callbacks: Keras callbacks.
        verbose: As in `fit`.

    Returns:
        The `Run`, with `model`, `scores` and `state.history`.

    Raises:
        TypeError: An option is of the wrong type. Nothing was written then.
        ValueError: An option or the data don't suit. Nothing was written then.
        NonFiniteLossError: The loss became NaN or infinite.
        TrainingInterruptedError: Ctrl-C.
        OSError: A file can't be written.

    Example:
        >>> import tempfile
        >>> config = TrainingConfig(data="digits", units="16", latent_dim=2, epochs=1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     result = run(config, Path(folder, "vae"), verbose=0)
        ...     sorted(path.name for path in Path(folder, "vae").iterdir())
        ['config.yaml', 'history.json', 'metrics.json', 'model.keras', 'run.json']
    """
    options = arguments.checked(callbacks=callbacks, verbose=verbose)
    return prepare(config, directory, overwrite, resume).complete(**options)


def prepare(
    config: TrainingConfig, directory: str | Path, overwrite: bool = False, resume: bool = False
) -> Run:
    """Check everything that can be checked before training, and return the run; see `run`.

    Args:
        config: As in `run`.
        directory: As in `run`.
        overwrite: As in `run`.
        resume: As in `run`.

    Returns:
        The `Run`; its method `complete` trains.

    Raises:
        TypeError: An option is of the wrong type.
        ValueError: An option or the data don't suit, or there is no room on the disk.

    Example:
        >>> import tempfile
        >>> config = TrainingConfig(data="digits", units="16", latent_dim=2, epochs=1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     prepare(config, Path(folder, "vae")).model.example_shape
        (8, 8, 1)
    """
    _checks.instance("config", config, TrainingConfig, "a TrainingConfig")
    overwrite = _checks.boolean("overwrite", overwrite)
    resume = _checks.boolean("resume", resume)
    if config.pretrain_epochs:
        processes.check_alone("A run with `pretrain_epochs`")
    if config.code_prior_epochs:
        processes.check_alone("A run with `code_prior_epochs`")
    output = OutputDirectory(directory)
    processes.first_alone(output.lock)
    try:
        if resume:
            return _resumed(config, output, overwrite)
        processes.first_alone(lambda: output.check(overwrite))
        return _fresh(config, output, load_examples(config), overwrite)
    except BaseException:
        output.release()
        raise


def saved_config(directory: str | Path) -> TrainingConfig:
    """Return the configuration of the unfinished run whose destination is `directory`.

    Args:
        directory: String or path.

    Returns:
        The `TrainingConfig`; the default one if the run was killed before it had one.

    Raises:
        ValueError: There is no unfinished run.

    Example:
        >>> saved_config("no_such_run")
        Traceback (most recent call last):
        ValueError: ...no_such_run.partial: expected an unfinished run. Received: none
    """
    output = OutputDirectory(directory)
    if not output.working.is_dir():
        received = "none"
        if (output.path / RECORD).is_file():
            received = f"a complete run in {output.path}"
        raise ValueError(f"{output.working}: expected an unfinished run. Received: {received}")
    if not (output.working / CONFIG).is_file():
        return TrainingConfig()
    return TrainingConfig.from_options(read_options(output.working / CONFIG))


def _fresh(
    config: TrainingConfig, output: OutputDirectory, examples: Examples, overwrite: bool
) -> Run:
    keras.utils.set_random_seed(config.seed)
    model, config = build_model(config, examples)
    checkpoint = Checkpoint(output.working, _best_from(config))
    _check_room(output, model)
    record = {
        "seed": config.seed,
        "data": examples.describe(),
        "model": describe_model(model),
        "versions": versions(),
        "overwrite": overwrite,
    }
    files = {RECORD: as_json(record), CONFIG: as_yaml(config.to_options())}
    with _starting(output):
        processes.first_alone(lambda: output.create(overwrite, files))
        state = checkpoint.save(model, State(0, "", {}))
    return Run(config, examples, model, output, checkpoint, state, overwrite)


def _resumed(config: TrainingConfig, output: OutputDirectory, overwrite: bool) -> Run:
    saved = saved_config(output.path)
    known = all((output.working / name).is_file() for name in (CONFIG, RECORD))
    record = read_json(output.working / RECORD) if known else {}
    overwrite = overwrite or bool(record.get("overwrite")) or output.is_published()
    output.check_published(overwrite)
    if not known:  # killed before it began
        return _fresh(config, output, load_examples(config), overwrite)
    for name, value in config.to_options().items():
        before = saved.to_options()[name]
        if name != "epochs" and value is not None and value != before:
            raise ValueError(
                f"`{name}` must be that of the run to resume, {_checks.shown(before)}. "
                f"Received: {name}={_checks.shown(value)}"
            )
    config = dataclasses.replace(saved, epochs=config.epochs)
    checkpoint = Checkpoint(output.working, _best_from(config))
    examples = load_examples(config)
    digest = dict(record.get("data") or {}).get("sha256")
    if examples.sha256 != digest:
        raise ValueError(
            f"{examples.dataset.source}: expected the data of the run to resume, sha256 "
            f"{_checks.shown(digest)}. Received: sha256 {examples.sha256}"
        )
    state = checkpoint.load()
    if state is None:
        return _fresh(config, output, examples, overwrite)
    if config.epochs < state.epoch:
        raise ValueError(
            f"`epochs` must be at least the {state.epoch} that the run to resume has done. "
            f"Received: epochs={config.epochs}"
        )
    processes.first_alone(
        lambda: write_text(output.working / CONFIG, as_yaml(config.to_options()))
    )
    keras.utils.set_random_seed(config.seed)
    model = _loading.load_model(checkpoint.folder / state.model, "the model of an unfinished run")
    return Run(config, examples, model, output, checkpoint, state, overwrite)


def as_yaml(options: dict[str, Any]) -> str:
    """Return the text of a file of options."""
    _extras.require("yaml")
    import yaml

    return str(yaml.safe_dump(options, sort_keys=False))


def _best_from(config: TrainingConfig) -> int | None:
    """Return the first epoch whose validation loss counts: the first one at the full beta."""
    if config.early_stopping is None:
        return None
    return math.ceil(config.beta_warmup or 0) + 1


def _check_room(output: OutputDirectory, model: Any) -> None:
    # Three files at once (the last epoch's, this one's, the result) with Adam's two moments.
    needed = 3 * 3 * 4 * model.count_params() + SPARE_DISK_BYTES
    free = output.free_bytes()
    if free < needed:
        raise ValueError(
            f"{output.path}: expected {needed / 1e6:,.0f} MB of free space on the disk. "
            f"Received: {free / 1e6:,.0f} MB"
        )


@contextlib.contextmanager
def _starting(output: OutputDirectory) -> Iterator[None]:
    """Leave no half-made run behind when the first files can't be written."""
    try:
        yield
    except OSError as error:
        with contextlib.suppress(OSError):
            output.discard()
        raise ValueError(
            f"{output.path}: expected a disk that can be written. Received: {error.strerror}"
        ) from error
