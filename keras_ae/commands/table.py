"""`train` of a table with columns of several kinds or missing cells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from keras_ae import _checks, _extras, _files
from keras_ae.commands.errors import BadInput, bad_input
from keras_ae.commands.start import console, start

RECIPE = "table_vae"
SUFFIXES = (".csv", ".parquet")
SERIES = {"time", "window", "stride", "network"}  # options of a series over time
MODEL, BUNDLE = "table.zip", "bundle"
DEFAULTS = {"latent_dim": 8, "epochs": 100, "batch_size": 64, "learning_rate": 1e-3, "seed": 0}
OPTIONS = ("model", "data", "label", "units", "activation", *DEFAULTS)


def is_table(options: Mapping[str, Any]) -> bool:
    """Whether what shall be trained is a model of a table: asked for, or what the data need.

    Args:
        options: The options that were given.
    """
    if "model" in options:
        return options["model"] == RECIPE
    if not SERIES.isdisjoint(options):
        return False
    path = Path(options.get("data", ""))
    if path.suffix.lower() not in SUFFIXES or _files.why_not(path):
        return False
    if not _extras.installed("pandas"):
        return False
    from keras_ae.tables._frames import open_table, pieces, without

    try:
        table = without(open_table(path), options.get("label"))
        return any(_is_mixed(frame) for _, frame in pieces(table))
    except (ImportError, ValueError):
        return False  # the reader of numbers says what is wrong


def _is_mixed(frame: Any) -> bool:
    """Whether a data frame has columns of other things than numbers, or missing cells."""
    return any(kind.kind not in "iufb" for kind in frame.dtypes) or bool(frame.isna().any().any())


def train_table(
    output: Path | None, options: Mapping[str, Any], overwrite: bool, as_json: bool
) -> None:
    """Train a `TableModel`, and write it, its schema and a bundle of proven artifacts.

    Args:
        output: Directory to write; None for saved_models/DATA_table_vae.
        options: Options of `train`.
        overwrite: Whether to replace an earlier output.
        as_json: Whether to print the result as JSON.
    """
    from keras_ae.export.formats import DEFAULT_FORMATS, choose_formats, require_packages
    from keras_ae.export.formats.precisions import FLOAT32

    with bad_input():
        unread = sorted(set(options) - set(OPTIONS))
        if unread:
            raise BadInput(
                f"`{unread[0]}` must be left out with the model {RECIPE}, which reads "
                f"{', '.join(OPTIONS)}. Received: {unread[0]}={_checks.shown(options[unread[0]])}"
            )
        require_packages(choose_formats(DEFAULT_FORMATS), (FLOAT32,))
    start("tensorflow")
    from keras_ae.commands.progress import EpochProgress
    from keras_ae.export import export_model
    from keras_ae.tables import TableModel, TableSchema
    from keras_ae.tables._frames import number_of_rows, open_table, pieces, without
    from keras_ae.training import TrainingConfig
    from keras_ae.training.output_directory import OutputDirectory

    with bad_input():
        # Read and checked as for every other model: units are "64,32" on the command line.
        config = TrainingConfig.from_options({**DEFAULTS, **options, "model": RECIPE})
        chosen = {name: getattr(config, name) for name in (*DEFAULTS, *options)}
        path = _checks.path("data", chosen.get("data", ""))
        table = open_table(path, verbose=True)
        if "label" in chosen:
            _checks.choice("label", chosen["label"], list(table.columns))
        table = without(table, chosen.get("label"))
        schema = TableSchema.infer(table)
        model = TableModel(
            schema,
            chosen["latent_dim"],
            seed=chosen["seed"],
            **{name: chosen[name] for name in ("units", "activation") if name in chosen},
        )
        folder = OutputDirectory(output or Path("saved_models", f"{path.stem}_{RECIPE}"), MODEL)
        folder.create(overwrite)
    progress = EpochProgress(console)
    try:
        console.print(f"{schema}", markup=False)
        rows = number_of_rows(table)
        console.print(f"Training {RECIPE} on {rows:,} rows for {chosen['epochs']} epochs")
        arguments = chosen["epochs"], chosen["batch_size"], chosen["learning_rate"]
        with bad_input():
            model.fit(table, *arguments, callbacks=[progress])
        inside = folder.start_complete()
        model.save(inside / MODEL)
        _, first = next(pieces(table))
        export_model(model, inside / BUNDLE, sample_data=first.head(256), verbose=False)
        score = float(model.score(table).mean())
        folder.publish(overwrite)
    except BaseException:
        folder.discard()
        raise
    finally:
        progress.stop()
        folder.release()
    if as_json:
        typer.echo(json.dumps({"output": str(folder.path), "mean_score": score}))
    else:
        typer.echo(f"mean score {score:.3f} nats; {folder.path / MODEL}; {folder.path / BUNDLE}")
