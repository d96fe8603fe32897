"""`report`: a page about a saved model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from keras_ae.commands.errors import bad_input
from keras_ae.commands.export import BUNDLE
from keras_ae.commands.files import check_output, choose_examples, load_model, model_file
from keras_ae.commands.start import start
from keras_ae.commands.table_report import saved_table, table_file
from keras_ae.commands.use import Data, Json, Label, MaxExamples, Model, Overwrite

REPORT = "report.html"


def report(
    model: Model,
    data: Data = None,
    label: Label = None,
    max_examples: MaxExamples = None,
    anomalies: Annotated[
        str | None,
        typer.Option(
            help="Data of another kind, as for --data: adds how well the model tells them apart.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help=f"File to write; by default {REPORT} beside the model."),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Write a page about a model: curves, scores, pictures, and what it was exported to.

    The page holds all it shows: it can be sent, opened without a network, and printed. MODEL may
    be that of a table, too: its run, its bundle, or a file of `TableModel.save`.
    """
    table = table_file(model)
    file = model_file(model) if table is None else table
    output = file.with_name(REPORT) if output is None else output
    check_output(output, overwrite, (".html",))
    start()
    from keras_ae.report.write import write_page

    if table is None:
        subject = _subject(model, file, data, label, max_examples, anomalies)
    else:
        subject = saved_table(table, data, label, max_examples, anomalies)
    shown = len(subject.examples.x if subject.table is None else subject.table.frame)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_page(subject, output)
    if as_json:
        facts = {"examples": shown, "bytes": output.stat().st_size}
        typer.echo(json.dumps({"output": str(output), **facts}))
    else:
        typer.echo(f"Written to {output}: {shown:,} examples")


def _subject(
    model: Path,
    file: Path,
    data: str | None,
    label: str | None,
    max_examples: int | None,
    anomalies: str | None,
) -> Any:
    """Return what the report of a .keras file is about."""
    from keras_ae.report.subject import saved_subject

    trained = load_model(model)
    examples = choose_examples(trained, model, data, label, max_examples)
    other = None
    if anomalies is not None:
        column = label if anomalies.lower().endswith(".csv") else None
        other = choose_examples(trained, model, anomalies, column, max_examples)
    with bad_input():
        bundle = file.with_name(BUNDLE)
        return saved_subject(trained, file, bundle, examples, other, same_data=data is None)


def report_run(run: Any, folder: Path) -> None:
    """Write the report of a run that has just been trained into a folder of the run.

    Args:
        run: The `Run`.
        folder: Path, the folder with what the run has written so far.
    """
    from keras_ae.report.subject import run_subject
    from keras_ae.report.write import write_page

    write_page(run_subject(run, folder, folder / BUNDLE), folder / REPORT)
