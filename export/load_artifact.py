"""Open an exported model to run it, with its format's runtime alone."""

from __future__ import annotations

import functools
import os
import pathlib

from keras_ae import _checks
from keras_ae.export.artifact import Artifact
from keras_ae.export.bundle.manifest import MANIFEST, changed_files, read_manifest
from keras_ae.export.errors import ExportError
from keras_ae.export.formats import FORMATS
from keras_ae.export.formats.format import WHOLE
from keras_ae.export.formats.precisions import FLOAT32, PRECISIONS
from keras_ae.export.proof.artifact_record import ArtifactRecord
from keras_ae.export.table_rows import SCHEMA, read_schema


def load_artifact(
    path: str | os.PathLike[str],
    format: str | None = None,
    precision: str = FLOAT32,
    threads: int | None = None,
) -> Artifact:
    """Open an exported model, whose endpoints are then methods: `.encode(x)`, `.decode(latent)`.

    Nothing is imported but the format's own runtime (for a SavedModel, none: TensorFlow's C++
    library is called). Values are real units, those of int8 files too.

    Args:
        path: Path of a SavedModel, of a file such as a .tflite or an .onnx one, or of a bundle
            that `export_model` wrote.
        format: String, a format's name. Needed for a bundle that holds several.
        precision: String, which of a bundle's files: float32, float16, int8_dynamic or
            int8_static.
        threads: Integer, how many the runtime uses within an operation; None is its own choice.

    Returns:
        An `Artifact`. One of a table's model takes data frames and rows, by its bundle's
            schema. A bundle's files of one endpoint each are opened when first used. It can
        be pickled, without what is open: a worker that gets it opens the files anew.

    Raises:
        ValueError: there is no exported model at the path, or not in that format and precision.
        MissingDependencyError: the format's runtime is not installed.
        ExportError: a file can't be opened, or isn't the one that its bundle's manifest lists.

    Example:
        >>> load_artifact("encoder.h5")
        Traceback (most recent call last):
        ValueError: `path` must be a SavedModel, ... or a bundle. Received: path='encoder.h5'
    """
    if format is not None:
        _checks.choice("format", format, FORMATS)
    _checks.choice("precision", precision, PRECISIONS)
    if threads is not None:
        _checks.integer("threads", threads, minimum=1)
    path = _checks.path("path", path)
    found = _format_of(path)
    if found is None:
        return _load_bundle(path, format, precision, threads)
    if format not in (None, found):
        raise ValueError(
            f"{path} has the format {found}. Received: format={_checks.shown(format)}"
        )
    if precision != FLOAT32:
        raise ValueError(
            f"`precision` chooses one of a bundle's files, and {path} is no bundle. "
            f"Received: precision={_checks.shown(precision)}"
        )
    return Artifact.of_file(functools.partial(FORMATS[found].open, path.absolute(), threads))


def _format_of(path: pathlib.Path) -> str | None:
    """Return a lone artifact's format, or None for what may be a bundle."""
    return next((name for name, each in FORMATS.items() if each.is_artifact(path)), None)


def _load_bundle(
    path: pathlib.Path, format: str | None, precision: str, threads: int | None
) -> Artifact:
    formats = {name: held for name, each in FORMATS.items() if (held := each.find(path / name))}
    if not formats:
        raise ValueError(
            f"`path` must be {', '.join(each.kind for each in FORMATS.values())} or a bundle. "
            f"Received: path={_checks.shown(os.fspath(path))}"
        )
    chosen = next(iter(formats)) if format is None and len(formats) == 1 else format
    if chosen not in formats:
        raise ValueError(
            f"`format` must be one of {', '.join(formats)}, which {path} holds. "
            f"Received: format={_checks.shown(format)}"
        )
    precisions = formats[chosen]
    if precision not in precisions:
        raise ValueError(
            f"`precision` must be one of {', '.join(precisions)}, which {path / chosen} holds. "
            f"Received: precision={_checks.shown(precision)}"
        )
    files = dict(precisions[precision])
    _check_unchanged(path, [*files.values(), path / SCHEMA])
    schema = read_schema(path)
    whole = files.pop(WHOLE, None)
    if whole and not files:
        open_file = functools.partial(FORMATS[chosen].open, whole.absolute(), threads)
        return Artifact.of_file(open_file, schema)
    return Artifact(
        {
            endpoint: functools.partial(FORMATS[chosen].open, file.absolute(), threads)
            for endpoint, file in files.items()
        },
        schema,
    )


def _check_unchanged(bundle: pathlib.Path, opened: list[pathlib.Path]) -> None:
    """Raise an ExportError if what will be opened isn't what the bundle's manifest lists."""
    if not (bundle / MANIFEST).is_file():
        return
    record = read_manifest(bundle)
    places = [each.relative_to(bundle).as_posix() for each in opened]
    artifacts = [
        each
        for each in map(ArtifactRecord.from_dict, record["artifacts"])
        if any(each.owns(place) or each.path.startswith(f"{place}/") for place in places)
    ]
    for line in changed_files(bundle, record):
        name = line.split(" ")[0]
        listed = any(each.owns(name) for each in artifacts)
        if listed or any(name == place or name.startswith(f"{place}/") for place in places):
            raise ExportError(f"{bundle}: expected a bundle as written. Received: {line}")
