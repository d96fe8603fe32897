"""Score Parquet files by an exported bundle, one file a task."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from keras_ae import _checks
from keras_ae._progress import Progress, check_verbose
from keras_ae.distributed.scoring.engines import ENGINES
from keras_ae.distributed.scoring.plan import make_plan, make_scorer, remove_what_was_beside
from keras_ae.distributed.scoring.scoring_report import ScoringReport


def score_files(
    bundle: str | Path,
    source: str | Path,
    destination: str | Path,
    engine: str = "local",
    *,
    columns: Sequence[str] | None = None,
    keys: Sequence[str] | None = None,
    endpoint: str | None = None,
    format: str | None = None,
    precision: str | None = None,
    workers: int | None = None,
    options: Mapping[str, Any] | None = None,
    verbose: bool | Callable[[str], None] = True,
) -> ScoringReport:
    """Score Parquet files, each a task of an engine, and write a file of scores for each.

    A scored file has the columns of its source that aren't the model's input, and after them the
    endpoint's outputs: score, decision, is_anomaly of a detector. Rows keep their order. It is
    written beside its place and moved into it, so that what is there is whole. Whoever is killed,
    a worker, a node or the run itself: run it again, and finished files are skipped; no row is
    lost or doubled.

    The footer of every file is looked at before anything is written. A finished file is kept if
    it was made by the same bundle with the same arguments from as many rows; otherwise the run is
    refused. Whether the source's values have changed isn't looked at: a changed source needs a
    new destination.

    Each worker reads some rows at a time and runs the bundle on one thread. Nothing but NumPy,
    pyarrow, the format's runtime and the engine is imported. On several hosts bundle, source and
    destination must be at the same place for all of them, as on a network drive, and this package
    must be installed there.

    Args:
        bundle: String or path of what `export_model` wrote.
        source: String or path of a folder with .parquet files, at any depth, or of one file.
        destination: String or path of the folder for the scored files, which get the same names.
        engine: String: "local", processes of this machine; "ray"; "dask", "spark" or "beam", which
            you install. A Ray, a Dask client or a Spark session that is running is used as it is;
            otherwise one is started on this machine, and stopped again.
        columns: Sequence of the names of the columns that are the model's input, in order; None
            for those that a detector in the bundle was fitted on.
        keys: Sequence of the names of the columns that pass through; None for all that aren't the
            model's input.
        endpoint: String; None for detect, else score.
        format: String; None for ONNX, else TFLite, else what the bundle has.
        precision: String; None for float32, else what the bundle has.
        workers: Integer >= 1, how many files at once in an engine that is started here; None for
            one a core.
        options: Dict of what such an engine is started with: arguments of `ray.init` or
            `distributed.Client`, Spark's configuration, Beam's pipeline options; None for nothing.
        verbose: Whether to show progress, or a function that gets each line of it.

    Returns:
        A `ScoringReport`; printed, it is a line.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range; a column is missing, has nulls or isn't numbers;
            or the destination holds something else. The file and the column are named. What the
            footers can't tell is found on the way: then the files before are finished.
        ExportError: The bundle isn't as it was written.
        ImportError: A package is missing; the message names what installs it.

    Example:
        >>> import tempfile
        >>> import numpy as np, pyarrow as pa, pyarrow.parquet as pq
        >>> folder = tempfile.mkdtemp()
        >>> rows = {f"pixel_{place}": np.zeros(3, "float32") for place in range(2)}
        >>> _ = pq.write_table(pa.table({"id": [7, 8, 9], **rows}), f"{folder}/rows.parquet")
        >>> score_files(folder, folder, f"{folder}-scored")
        Traceback (most recent call last):
        keras_ae.export.errors.ExportError: ...: expected a bundle with a manifest.json. ...
    """
    started = time.monotonic()
    bundle = _checks.path("bundle", bundle)
    source = _checks.path("source", source)
    destination = _checks.path("destination", destination)
    _checks.choice("engine", engine, ENGINES)
    for name, value in (("endpoint", endpoint), ("format", format), ("precision", precision)):
        if value is not None:
            _checks.text(name, value)
    if workers is not None:
        workers = _checks.integer("workers", workers, minimum=1)
    options = {} if options is None else options
    _checks.instance("options", options, Mapping, "a dict of the engine's options, or None")
    check_verbose(verbose)
    if destination.exists() and not destination.is_dir():
        raise ValueError(
            "`destination` must be a folder, or a path where nothing is. "
            f"Received: destination={_checks.shown(str(destination))}, which is a file"
        )
    scorer = make_scorer(bundle, source, destination, endpoint, format, precision, columns, keys)
    names, finished = make_plan(scorer, source)
    rows = 0
    if names:
        with Progress(verbose, "score") as progress:
            progress.expect(len(names))
            for name, answer in ENGINES[engine](scorer, names, workers, options):
                if isinstance(answer, str):
                    raise ValueError(answer)
                rows += answer
                progress.step(name)
    remove_what_was_beside(destination)
    seconds = time.monotonic() - started
    return ScoringReport(destination, engine, len(names), finished, rows, seconds)
