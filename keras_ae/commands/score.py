"""`score`. It needs neither Keras nor TensorFlow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from keras_ae.commands.bundles import Bundle, check_bundle
from keras_ae.commands.errors import bad_input
from keras_ae.commands.export import words
from keras_ae.commands.start import console
from keras_ae.commands.use import Json


def score(
    directory: Bundle,
    source: Annotated[Path, typer.Argument(help="A folder of .parquet files, or one file.")],
    destination: Annotated[Path, typer.Argument(help="The folder for the scored files.")],
    engine: Annotated[
        str, typer.Option(help="What runs the tasks: local, ray, dask, spark or beam.")
    ] = "local",
    columns: Annotated[
        str | None,
        typer.Option(
            help="The columns that are the model's input, with commas between them; by default "
            "those that it was fitted on.",
            show_default=False,
        ),
    ] = None,
    keys: Annotated[
        str | None,
        typer.Option(
            help="The columns that pass through; by default all others.", show_default=False
        ),
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="By default detect, else score.", show_default=False)
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            help="By default the bundle's first, as docs/scale.md lists them.", show_default=False
        ),
    ] = None,
    precision: Annotated[
        str | None, typer.Option(help="By default float32, else any.", show_default=False)
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Files at once in an engine that isn't running yet; by default one a core.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Score Parquet files by a bundle, one file a task; finished files are skipped.

    Columns that aren't the model's input pass through. After a kill, the same command goes on.
    """
    check_bundle(directory)
    from keras_ae.distributed import score_files

    with bad_input():
        report = score_files(
            directory,
            source,
            destination,
            engine,
            columns=None if columns is None else words(columns),
            keys=None if keys is None else words(keys),
            endpoint=endpoint,
            format=format,
            precision=precision,
            workers=workers,
            verbose=console.is_terminal,
        )
    typer.echo(json.dumps(report.to_dict()) if as_json else str(report))
