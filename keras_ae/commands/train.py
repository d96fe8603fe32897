"""`demo` and `train`."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import json
import os
import sys
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from keras_ae import _backend, _extras
from keras_ae.commands.errors import BadInput, Ended, Interrupted, bad_input
from keras_ae.commands.score_lines import show_run
from keras_ae.commands.start import console, start
from keras_ae.commands.table import find_table, train_table
from keras_ae.commands.training_bundle import (
    Export,
    able_formats,
    as_option,
    export_run,
    kept,
    remember,
    remembered,
    wants_bundle,
)
from keras_ae.distributed.environment import by_environment
from keras_ae.export import ExportError
from keras_ae.training import TrainingConfig, read_options

DEMO = {
    "model": "vae",
    "data": "digits-subset",
    "latent_dim": 16,
    "epochs": 12,
    "batch_size": 128,
    "learning_rate": 3e-3,  # three times the usual, for so few epochs
}

Output = Annotated[
    Path | None, typer.Option("--output", help="Directory to write.", show_default=False)
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace an earlier run's output, once complete.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with an unfinished run.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def demo(
    output: Annotated[Path, typer.Option(help="Directory to write.")] = Path(
        "saved_models/mnist_vae"
    ),
    epochs: Annotated[int, typer.Option(help="Epochs.")] = DEMO["epochs"],  # type: ignore[assignment]
    max_examples: Annotated[
        int | None,
        typer.Option(help="Use fewer of the 12,000 + 2,000 digits.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the run.")] = 0,
    overwrite: Overwrite = False,
    resume: Resume = False,
    export: Annotated[
        bool | None,
        typer.Option(
            "--export/--no-export",
            help="Export the model too, and prove each file. Default: yes.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Train a convolutional VAE on digits, evaluate it, draw pictures, export and prove it.

    All of it is on a page, report.html. About two minutes on two CPU cores; the digits come with
    the package.
    """
    options = {**DEMO, "epochs": epochs, "max_examples": max_examples, "seed": seed}
    options = {} if resume else options
    _run(output, options, None, overwrite, resume, as_json, export, "demo")


def train(
    context: typer.Context,
    output: Output = None,
    config: Annotated[
        Path | None, typer.Option(help="YAML file of options.", show_default=False)
    ] = None,
    overwrite: Overwrite = False,
    resume: Resume = False,
    export: Export = None,
    as_json: Json = False,
    processes: Annotated[
        int, typer.Option(help="How many of this machine train together, on JAX.", min=1)
    ] = 1,
    **options: Any,
) -> None:
    """Train a model and save it with its scores, pictures and configuration.

    Options given here go before those of --config. The output is --output, or
    saved_models/DATA_MODEL. A .csv file with text, dates or missing cells, and a .parquet file,
    get the model table_vae (docs/tables.md). It, and a model of a series over time (--window,
    docs/series.md), come with a bundle of proven files and a report; other models with --export.
    Started by srun or mpirun, or with the variables of docs/scale.md, all processes train one
    model.
    """
    with bad_input():
        started = by_environment(os.environ) is not None
    if processes > 1 and not started:
        from keras_ae.distributed.local_processes import run_processes

        _backend.check()
        with bad_input():
            code = run_processes([sys.executable, "-m", "keras_ae", *context.obj], processes)
        raise Ended(code)
    given = {name: value for name, value in options.items() if value is not None}
    if not resume:
        with bad_input():
            together = {**(read_options(config) if config else {}), **given}
        table = find_table(together)
        if table is not None:
            train_table(output, together, table, overwrite, as_json, export)
            return
    _run(output, given, config, overwrite, resume, as_json, export, "train")


def _with_training_options(command: Callable[..., None]) -> None:
    """Give a command that takes `**options` an option for each field of `TrainingConfig`."""
    signature = inspect.signature(command, eval_str=True)
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    kinds = typing.get_type_hints(TrainingConfig)
    added = []
    for field in dataclasses.fields(TrainingConfig):
        words = field.metadata["help"]
        if field.default is not None:
            words += f" [default: {field.default}]"
        option = typer.Option(help=words, show_default=False)
        kind = _kind(kinds[field.name])
        added.append(
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=Annotated[kind | None, option],
            )
        )
    command.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]


def _kind(annotation: Any) -> Any:
    """Return what the command line reads for a field: text for a tuple of sizes."""
    if isinstance(annotation, types.UnionType):
        annotation = next(arm for arm in annotation.__args__ if arm is not types.NoneType)
    return str if typing.get_origin(annotation) is tuple else annotation


_with_training_options(train)


def _run(
    output: Path | None,
    given: dict[str, Any],
    config_file: Path | None,
    overwrite: bool,
    resume: bool,
    as_json: bool,
    export: bool | None,
    command: str,
) -> None:
    _extras.require("yaml", "matplotlib", "jinja2", "sklearn")  # now, not after the training
    with bad_input():
        if resume and overwrite:
            raise BadInput("--resume and --overwrite exclude each other: give one of them")
        options = {**(read_options(config_file) if config_file else {}), **given}
        config = TrainingConfig.from_options(options)
    output = output or _default_output(config)
    start("tensorflow")  # Keras' `set_random_seed` imports it, whatever the backend
    first = _join()
    from keras_ae import training
    from keras_ae.commands.progress import EpochProgress

    with bad_input():
        if resume:
            saved = training.saved_config(output).to_options()
            config = TrainingConfig.from_options({**saved, **options})
            export = remembered(output) if export is None else export
        bundle = wants_bundle(export, command == "demo" or config.window is not None)
        run = training.prepare(config, output, overwrite, resume)
    again = f"keras-ae {command} --resume --output {output}"
    progress = EpochProgress(console)
    try:
        if first:
            remember(run, export)
            console.print(_introduction(run), markup=False)
        formats = able_formats(run) if bundle else []
        with_page = bundle or command == "demo"
        finish = functools.partial(_finish, formats=formats, with_page=with_page)
        run.complete(callbacks=[progress] if first else [], verbose=0, finish=finish)
    except training.TrainingInterruptedError as error:
        as_it_is = f" The model as it is now: {error.model}." if error.model else ""
        message = f"Interrupted {error.place}.{as_it_is} Go on with: {again}"
        raise Interrupted(message + as_option(export)) from error
    except ExportError as error:
        raise kept(error, again) from error
    finally:
        progress.stop()
        run.output.release()
    if not first:
        return
    if as_json:
        metrics = json.loads((output / "metrics.json").read_text("utf-8"))
        typer.echo(json.dumps({"output": str(output), **metrics}))
    else:
        show_run(run, output)


def _join() -> bool:
    """Join the processes that train together, if there are others; whether this one is first."""
    with bad_input():
        if by_environment(os.environ) is None:
            return True
        from keras_ae import distributed

        return distributed.start().index == 0


def _finish(run: Any, folder: Path, formats: list[str], with_page: bool) -> None:
    """Put pictures beside the model, a bundle of proven files in these formats, and a page."""
    from keras_ae.commands.report import report_run
    from keras_ae.report.run_pictures import draw_pictures

    draw_pictures(run, folder)
    if formats:
        export_run(run, folder, formats)
    if with_page:
        report_run(run, folder)


def _default_output(config: TrainingConfig) -> Path:
    return Path("saved_models") / f"{Path(config.data).stem}_{config.model}"


def _introduction(run: Any) -> str:
    config, examples = run.config, run.examples
    shape = " x ".join(map(str, examples.dataset.example_shape))
    done = f", from epoch {run.state.epoch} on" if run.state.epoch else ""
    weights, count = run.model.count_params(), len(examples.train)
    then = ""
    if config.code_prior_epochs:
        then = f", then a prior over its codes for {config.code_prior_epochs}"
    return (
        f"Training {config.model} ({weights:,} weights) on {count:,} examples of "
        f"{examples.dataset.name} ({shape}) for {config.epochs} epochs{done}{then}"
    )
