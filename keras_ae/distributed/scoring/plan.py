"""What is to do: looked at as a whole before anything is written."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from keras_ae import _checks, _parquet
from keras_ae._files import why_not
from keras_ae._parquet import SUFFIX
from keras_ae.distributed.scoring.columns import check_inputs
from keras_ae.distributed.scoring.file_scorer import RECORD, FileScorer
from keras_ae.export.bundle.manifest import MANIFEST, digest, read_manifest
from keras_ae.export.formats import FORMATS
from keras_ae.export.formats.precisions import FLOAT32, PRECISIONS
from keras_ae.export.proof.artifact_record import ArtifactRecord

PREFERRED_ENDPOINTS = ("detect", "score")
BESIDE = re.compile(rf"\.[0-9a-f]{{32}}\..+\{SUFFIX}")  # as keras_ae._files names it


def choose_artifact(
    record: dict[str, Any],
    bundle: Path,
    endpoint: str | None,
    format: str | None,
    precision: str | None,
) -> tuple[str, str, str]:
    """Return endpoint, format and precision of what scores: the first format's, in float32.

    Args:
        record: The bundle's manifest.
        bundle: Path of the bundle, for errors.
        endpoint: String; None for detect, else score.
        format: String; None for the first by `Format.scoring_place`.
        precision: String; None for float32, else what there is.

    Raises:
        ValueError: The bundle doesn't have it.
    """
    for name, value, known in (
        ("format", format, FORMATS),
        ("precision", precision, PRECISIONS),
    ):
        if value is not None:
            _checks.choice(name, value, known)
    names = [each["name"] for each in record["endpoints"]]
    if endpoint is None:
        endpoint = next((each for each in PREFERRED_ENDPOINTS if each in names), None)
    if endpoint is None or endpoint not in names:
        raise ValueError(
            f"`endpoint` must be one of {', '.join(names)}, which {bundle} has. "
            f"Received: endpoint={_checks.shown(endpoint)}"
        )
    order = sorted(FORMATS, key=lambda name: FORMATS[name].scoring_place)
    found = sorted(
        {
            (each.precision != FLOAT32, order.index(each.format), each.precision)
            for each in map(ArtifactRecord.from_dict, record["artifacts"])
            if endpoint in each.endpoints
            and format in (None, each.format)
            and precision in (None, each.precision)
        }
    )
    if not found:
        raise ValueError(
            f"`format` and `precision` must be those of a file of {bundle} that has {endpoint}. "
            f"Received: format={_checks.shown(format)}, precision={_checks.shown(precision)}"
        )
    _, place, kind = found[0]
    return endpoint, order[place], kind


def choose_columns(
    record: dict[str, Any], bundle: Path, columns: Sequence[str] | None
) -> tuple[str, ...]:
    """Return the columns that are the model's input: the manifest's, or the given ones.

    Raises:
        ValueError: There are none, or the given ones aren't the manifest's.
    """
    known = record.get("columns")
    if columns is None:
        if known is None:
            raise ValueError(
                f"`columns` must name the columns that are the model's input, in order: {bundle} "
                "was exported of a model that saw no names. Received: columns=None"
            )
        return tuple(known)
    given = _parquet.names("columns", columns)
    if known is not None and list(given) != known:
        raise ValueError(
            f"`columns` must be None or the columns that {bundle} was fitted on, in their order: "
            f"{', '.join(known)}. Received: columns={_checks.shown(given)}"
        )
    return given


def make_plan(scorer: FileScorer, source: Path) -> tuple[list[str], int]:
    """Return the paths of the source's files without scores, and how many others have theirs.

    The footers of all files are looked at, in source and destination.

    Args:
        scorer: The task.
        source: Path of a folder of Parquet files or of one file, as the user gave it.

    Raises:
        ValueError: Something of the model, a file or the destination doesn't fit.
    """
    _check_signature(scorer)
    names = _files_of(source, scorer)
    finished = _parquet.of_each(lambda name: _is_finished(scorer, name), names)
    return [name for name, done in zip(names, finished, strict=True) if not done], sum(finished)


def remove_what_was_beside(destination: Path) -> None:
    """Remove what killed workers have left; all files are finished."""
    for path in list(destination.rglob(f".*{SUFFIX}")):
        if BESIDE.fullmatch(path.name):
            path.unlink(missing_ok=True)


def make_scorer(
    bundle: Path,
    source: Path,
    destination: Path,
    endpoint: str | None,
    format: str | None,
    precision: str | None,
    columns: Sequence[str] | None,
    keys: Sequence[str] | None,
) -> FileScorer:
    """Return the task of a bundle, checked as far as the bundle tells."""
    record = read_manifest(bundle)
    chosen = choose_artifact(record, bundle, endpoint, format, precision)
    return FileScorer(
        bundle=str(bundle.resolve()),
        manifest=digest(bundle / MANIFEST),
        endpoint=chosen[0],
        format=chosen[1],
        precision=chosen[2],
        columns=choose_columns(record, bundle, columns),
        keys=None if keys is None else _parquet.names("keys", keys, empty=True),
        source=str((source if source.is_dir() else source.parent).resolve()),
        destination=str(destination.resolve()),
    )


def _check_signature(scorer: FileScorer) -> None:
    """Raise a ValueError unless the endpoint takes rows of so many columns."""
    signature = scorer.signature
    shapes = [tensor.shape for tensor in signature.inputs]
    count = len(scorer.columns)
    if len(shapes) != 1 or shapes[0] not in ((None, count), (None, None)):
        raise ValueError(
            f"`endpoint` must take one array of shape (batch, {count}), for the columns "
            f"{_checks.shown(list(scorer.columns))}. Received: `{scorer.endpoint}`, which takes "
            f"{'; '.join(tensor.text for tensor in signature.inputs)}"
        )
    free = [tensor.text for tensor in signature.outputs if None in tensor.shape[1:]]
    if free:
        raise ValueError(f"`endpoint` must have outputs of known sizes. Received: {free[0]}")


def _files_of(source: Path, scorer: FileScorer) -> list[str]:
    """Return the paths of the source's files in it; hidden ones and Spark's own are left out."""
    folder, destination = Path(scorer.source), Path(scorer.destination)
    if destination.is_relative_to(folder) and source.is_dir():
        raise ValueError(
            "`destination` must be a folder that isn't in the source. "
            f"Received: destination={_checks.shown(str(destination))}"
        )
    if source.is_dir():
        names = [path.as_posix() for path in _parquet.files_in(folder, _parquet.is_table)]
    else:
        names = [source.name] if source.suffix == SUFFIX and not why_not(source) else []
    if not names:
        raise ValueError(
            f"`source` must be a {SUFFIX} file or a folder with some. "
            f"Received: source={_checks.shown(str(source))}"
        )
    return names


def _is_finished(scorer: FileScorer, name: str) -> bool:
    """Whether a file has its scores; raise a ValueError where it can't have any."""
    path, target = Path(scorer.source, name), Path(scorer.destination, name)
    metadata = _footer(path, "a Parquet file")
    if target.exists():
        _check_finished(scorer, target, metadata.num_rows)
        return True
    check_inputs(str(path), metadata, scorer.columns, scorer.signature.inputs[0])
    schema = metadata.schema.to_arrow_schema()
    if absent := [key for key in scorer.keys or () if key not in schema.names]:
        raise ValueError(
            f"{path}: column `{absent[0]}` must be there, as `keys` names it. "
            f"Received: a file with {', '.join(schema.names)}"
        )
    outputs = {tensor.name for tensor in scorer.signature.outputs}
    for field in scorer.passed_through(schema):
        if field.name in outputs or len(schema.get_all_field_indices(field.name)) > 1:
            raise ValueError(
                f"{path}: column `{field.name}` must have a name of its own, beside the others "
                f"and the scores {', '.join(sorted(outputs))}: leave it out of `keys`. "
                f"Received: a file with {', '.join(schema.names)}"
            )
    return False


def _check_finished(scorer: FileScorer, target: Path, rows: int) -> None:
    """Raise a ValueError unless what is at the destination is what would be written."""
    metadata = _footer(target, "a file that score_files wrote, or nothing")
    text = (metadata.metadata or {}).get(RECORD)
    if text is None:
        raise ValueError(
            f"{target}: expected a file that score_files wrote, or nothing. Received: another "
            "Parquet file. Choose a new destination"
        )
    found = json.loads(text)
    wrong = [name for name, value in scorer.record.items() if found.get(name) != value]
    if wrong:
        name = "bundle" if "manifest" in wrong else wrong[0]
        raise ValueError(
            f"{target}: expected scores of the same {name}. Received: those of another. "
            "Choose a new destination"
        )
    if metadata.num_rows != rows:
        raise ValueError(
            f"{target}: expected as many rows as the source's file has, {rows:,}. Received: "
            f"{metadata.num_rows:,}. A changed source needs a new destination"
        )


def _footer(path: Path, expected: str) -> Any:
    try:
        return pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        text = " ".join(str(error).split())
        raise ValueError(f"{path}: expected {expected}. Received: {text}") from error
