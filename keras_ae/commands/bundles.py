"""What is done with a bundle of exported files: `verify`, `latency`.

Neither needs Keras, nor TensorFlow unless a SavedModel is run.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from keras_ae.commands.errors import BadInput, bad_input
from keras_ae.commands.export import plain, words
from keras_ae.commands.start import console
from keras_ae.commands.use import Json
from keras_ae.export import ExportError, measure_latency
from keras_ae.export import verify as prove_again
from keras_ae.export.bundle.manifest import MANIFEST
from keras_ae.export.bundle.report import PROVEN
from keras_ae.export.latency.latency_file import LATENCY
from keras_ae.export.latency.latency_report import FAILED, MEASURED

MAX_REASONS = 3  # in the one line of a failure

Bundle = Annotated[Path, typer.Argument(help="The directory that `export` wrote.")]
Formats = Annotated[
    str | None,
    typer.Option(
        help="Formats, with commas between them; by default all in the bundle.",
        show_default=False,
    ),
]


def verify(directory: Bundle, formats: Formats = None, as_json: Json = False) -> None:
    """Prove a bundle again, on this machine: its files, and what each of them computes.

    An artifact is proven, failed, or not run because its runtime isn't installed. The exit code
    is 0 only when every artifact is proven and every file is as it was written.
    """
    check_bundle(directory)
    with bad_input():
        report = prove_again(
            directory, None if formats is None else words(formats), console.is_terminal
        )
    if as_json:
        typer.echo(json.dumps({"directory": str(directory), **plain(report)}))
    else:
        typer.echo(str(report))
    if not report.proven:
        raise ExportError(f"{directory} is not proven: {_reasons(report)}")


def latency(
    directory: Bundle,
    batches: Annotated[str, typer.Option(help="Batch sizes.")] = "1,64",
    threads: Annotated[str, typer.Option(help="Numbers of threads.")] = "1,2",
    formats: Annotated[
        str | None,
        typer.Option(
            help="Formats, and keras for the model itself; by default all.", show_default=False
        ),
    ] = None,
    endpoints: Annotated[
        str | None,
        typer.Option(
            help="By default encode, decode, reconstruct and score, where they are there.",
            show_default=False,
        ),
    ] = None,
    runs: Annotated[
        int | None,
        typer.Option(help="Runs of each; by default for 0.3 to 1 s.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure size, load time and latency of a bundle's artifacts, beside the Keras model's.

    The result is also written to the bundle. Nothing else should run on the machine meanwhile.
    """
    check_bundle(directory)
    with bad_input():
        report = measure_latency(
            directory,
            _integers("batches", batches),
            _integers("threads", threads),
            runs,
            None if formats is None else words(formats),
            None if endpoints is None else words(endpoints),
        )
    if as_json:
        typer.echo(json.dumps({"directory": str(directory), **report.to_dict()}))
    else:
        typer.echo(str(report))
        typer.echo(f"\nWritten to {directory / LATENCY}")
    wrong = [f"{each.path} ({each.detail})" for each in report.artifacts if each.status == FAILED]
    if not any(each.status == MEASURED for each in report.artifacts):
        wrong += [f"{each.path} ({each.detail})" for each in report.artifacts]
    if wrong:
        raise ExportError(f"not measured: {_first(wrong)}")


def check_bundle(directory: Path) -> None:
    """Raise a BadInput if a directory is no bundle."""
    if not (directory / MANIFEST).is_file():
        received = "a directory without" if directory.is_dir() else "no such directory"
        raise BadInput(f"{directory}: expected a bundle with a {MANIFEST}. Received: {received}")


def _integers(option: str, text: str) -> list[int]:
    numbers = words(text)
    if not all(number.isdecimal() for number in numbers):
        raise BadInput(
            f"--{option}: expected positive integers with commas between them. Received: {text!r}"
        )
    return [int(number) for number in numbers]


def _reasons(report: Any) -> str:
    """Return why a bundle isn't proven: its changed files, then artifacts that are as written."""
    failed = [
        f"{each.path} {each.status} ({each.detail})"
        for each in report.artifacts
        if each.status != PROVEN
    ]
    return _first([*report.problems, *failed])


def _first(reasons: list[str]) -> str:
    unique = list(dict.fromkeys(reasons))
    more = f"; and {len(unique) - MAX_REASONS} more" if len(unique) > MAX_REASONS else ""
    return "; ".join(unique[:MAX_REASONS]) + more
