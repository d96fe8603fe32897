"""`train` of a table with columns of several kinds or missing cells."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from keras_ae import _checks, _extras, _files
from keras_ae.commands.errors import BadInput, bad_input
from keras_ae.commands.start import console, start

RECIPE = "table_vae"
CSV, PARQUET = ".csv", ".parquet"
SERIES = {"time", "window", "stride", "network"}  # options of a series over time
SAMPLES = 256  # rows that the artifacts are proven on
MAX_SHOWN_ROWS = 50_000  # of Parquet files, in the report
MODEL, BUNDLE, REPORT = "table.zip", "bundle", "report.html"
DEFAULTS = {
    "latent_dim": 8,
    "epochs": 100,
    "batch_size": 64,
    "learning_rate": 1e-3,
    "test_fraction": 0.2,
    "seed": 0,
}
OPTIONS = ("model", "data", "label", "units", "activation", *DEFAULTS)


def find_table(options: Mapping[str, Any]) -> Any:
    """Return the rows if what shall be trained is a model of a table; None if it isn't.

    It is if the model is asked for, or if nothing else can read the data: a .parquet file, and
    text, dates and missing cells in a .csv file, which is read here, once.

    Args:
        options: The options that were given.

    Returns:
        A pandas data frame, a `ParquetTable` or None.

    Raises:
        BadInput: The model is asked for, or the data are a .parquet file, and can't be read.
    """
    path, asked = Path(str(options.get("data", ""))), "model" in options
    suffix = path.suffix.lower()
    if asked and options["model"] != RECIPE:
        return None
    if not asked and (suffix not in (CSV, PARQUET) or not SERIES.isdisjoint(options)):
        return None
    certain = asked or suffix == PARQUET
    if not certain and (_files.why_not(path) or not _extras.installed("pandas")):
        return None
    from keras_ae.tables._frames import open_table

    try:
        table = open_table(path, verbose=True)
    except ValueError as error:
        if certain:
            raise BadInput(str(error)) from error
        return None  # the reader of numbers says what is wrong
    if certain:
        return table
    seen = table.drop(columns=options.get("label", []), errors="ignore")
    mixed = any(kind.kind not in "iufb" for kind in seen.dtypes) or seen.isna().any().any()
    return table if mixed else None


def train_table(
    output: Path | None,
    options: Mapping[str, Any],
    table: Any,
    overwrite: bool,
    as_json: bool,
    export: bool | None = None,
) -> None:
    """Train a `TableModel`, and write it, a bundle of proven artifacts and a report.

    Args:
        output: Directory to write; None for saved_models/DATA_table_vae.
        options: Options of `train`.
        table: The rows, as `find_table` returns them.
        overwrite: Whether to replace an earlier output.
        as_json: Whether to print the result as JSON.
        export: Whether to write the bundle; None where the backend can.
    """
    _extras.require("yaml", "matplotlib", "jinja2", "sklearn")  # now, not after the training
    with bad_input():
        unread = sorted(set(options) - set(OPTIONS))
        if unread:
            raise BadInput(
                f"`{unread[0]}` must be left out with the model {RECIPE}, which reads "
                f"{', '.join(OPTIONS)}. Received: {unread[0]}={_checks.shown(options[unread[0]])}"
            )
    start("tensorflow")
    from keras_ae.commands.progress import EpochProgress
    from keras_ae.commands.training_bundle import wants_bundle
    from keras_ae.tables import TableModel, TableSchema
    from keras_ae.tables._frames import number_of_rows, without
    from keras_ae.training import TrainingConfig
    from keras_ae.training.output_directory import OutputDirectory

    bundle = wants_bundle(export, default=True)
    with bad_input():
        # Read and checked as for every other model: units are "64,32" on the command line.
        config = TrainingConfig.from_options({**DEFAULTS, **options, "model": RECIPE})
        every = config.to_options()
        chosen = {name: every[name] for name in dict.fromkeys(["model", "data", *options])}
        chosen.update({name: every[name] for name in DEFAULTS})
        if config.label is not None:
            _checks.choice("label", config.label, list(table.columns))
        split = held_out(table, config.test_fraction, config.seed)
        seen = without(split["training"], config.label)
        # Of all rows: a zero among those held out must not refuse a column of positive numbers.
        schema = TableSchema.infer(without(table, config.label))
        model = TableModel(
            schema,
            config.latent_dim,
            seed=config.seed,
            **{name: chosen[name] for name in ("units", "activation") if name in chosen},
        )
        name = f"{Path(config.data).stem}_{RECIPE}"
        folder = OutputDirectory(output or Path("saved_models", name), MODEL)
        folder.create(overwrite)
    progress = EpochProgress(console)
    try:
        console.print(f"{schema}", markup=False)
        rows = number_of_rows(seen)
        console.print(f"Training {RECIPE} on {rows:,} rows for {config.epochs} epochs")
        began = time.monotonic()
        arguments = config.epochs, config.batch_size, config.learning_rate
        with bad_input():
            model.fit(seen, *arguments, callbacks=[progress])
        seconds = time.monotonic() - began
        inside = folder.start_complete()
        score = _write(inside, folder.path.name, model, chosen, split, seconds, bundle)
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
        shown = f"{number_of_rows(split['data']):,} rows ({split['part']})"
        written = (MODEL, BUNDLE, REPORT) if bundle else (MODEL, REPORT)
        files = "; ".join(str(folder.path / each) for each in written)
        typer.echo(f"mean score {score:.3f} nats of {shown}; {files}")


def held_out(table: Any, fraction: float, seed: int) -> dict[str, Any]:
    """Return the rows to train on and those to show, as `table_subject` takes them.

    Args:
        table: A data frame or a `ParquetTable`.
        fraction: Number >= 0 and < 1, the share of rows to hold out, chosen at random; of 0, the
            rows of training are shown.
        seed: Integer.

    Raises:
        ValueError: No row is left to train on.
    """
    from keras_ae.tables._frames import number_of_rows, split_at_random

    rows = number_of_rows(table)
    train, test = split_at_random(table, fraction, seed)
    if not number_of_rows(train):
        raise ValueError(
            "`test_fraction` must leave a row to train on. "
            f"Received: test_fraction={fraction:g}, {rows} rows"
        )
    if not number_of_rows(test):
        return {"data": train, "part": "all", "training": train}
    return {"data": test, "part": "test part", "training": train}


def _write(
    folder: Path,
    name: str,
    model: Any,
    options: dict[str, Any],
    split: dict[str, Any],
    seconds: float,
    bundle: bool,
) -> float:
    """Write model, bundle, records and report; return the mean score of the rows it is about.

    Args:
        folder: Path of the folder to write in.
        name: String, what to call the model.
        model: The trained `TableModel`.
        options: The options of the run.
        split: The rows, as `held_out` returns them.
        seconds: Float, how long the training took.
        bundle: Whether to write a bundle.
    """
    from keras_ae.datasets._files import sha256
    from keras_ae.export import export_model
    from keras_ae.report.subject import bundle_facts
    from keras_ae.report.table_subject import table_subject
    from keras_ae.report.write import write_page
    from keras_ae.tables._frames import first_rows, number_of_rows, some_rows, without
    from keras_ae.training.checkpoint import write_json, write_text
    from keras_ae.training.provenance import describe_model, versions
    from keras_ae.training.start_run import as_yaml

    train, label = split["training"], options.get("label")
    path = Path(options["data"])
    parts = {"train": number_of_rows(train)}
    parts["test"] = number_of_rows(split["data"]) if split["part"] != "all" else 0
    record = {
        "seed": options["seed"],
        "data": {
            "name": path.stem,
            "source": str(path),
            **({} if path.is_dir() else {"sha256": sha256(path), "sha256_of": "file"}),
            **parts,
        },
        "model": describe_model(model.model),
        "versions": versions(),
    }
    metrics = {"epochs": options["epochs"], "training_seconds": round(seconds, 2)}
    history = model.model.history.history
    model.save(folder / MODEL)
    if bundle:
        samples = without(first_rows(train, SAMPLES), label)
        export_model(model, folder / BUNDLE, sample_data=samples, verbose=False)
    subject = table_subject(
        model,
        labels=label,
        data=some_rows(split["data"], MAX_SHOWN_ROWS, options["seed"]),
        training=some_rows(train, MAX_SHOWN_ROWS, options["seed"]),
        part=split["part"],
        name=name,
        seed=options["seed"],
        config=options,
        record=record,
        history=history,
        metrics=metrics,
        **bundle_facts(folder / BUNDLE),
    )
    write_text(folder / "config.yaml", as_yaml(options))
    write_json(folder / "run.json", record)
    write_json(folder / "history.json", history)
    write_json(folder / "metrics.json", {**metrics, "test": subject.scores})
    write_page(subject, folder / REPORT)
    return float(model.score(without(split["data"], label)).mean())
