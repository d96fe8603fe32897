"""A model of a table: model.keras and JSON, in one file or a bundle, without pickle."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import keras

from keras_ae import _checks, _files, _loading
from keras_ae.tables._making import Trained
from keras_ae.tables.table_schema import TableSchema

MODEL, SCHEMA, TRAINING = "model.keras", "schema.json", "training.json"
UNKNOWN = {"seed": 0, "epochs": 0}  # the order of batches begins anew


def save(trained: Trained, schema: TableSchema, path: Any, overwrite: bool) -> None:
    """Write the file beside its destination, and move it there."""
    target = _checks.path("path", path)
    overwrite = _checks.boolean("overwrite", overwrite)
    if os.path.lexists(target) and (target.is_dir() or not overwrite):
        raise ValueError(
            f"{target}: expected a path where nothing is, or that of a file and overwrite=True. "
            f"Received: an existing {'directory' if target.is_dir() else 'file'}"
        )
    with _files.written_beside(target) as beside, tempfile.TemporaryDirectory() as folder:
        file = Path(folder, MODEL)
        trained.model.save(file)
        with zipfile.ZipFile(beside, "w") as archive:  # model.keras is compressed already
            archive.write(file, MODEL)
            archive.writestr(SCHEMA, schema.to_json())
            order = {"seed": trained.seed, "epochs": trained.epochs}
            archive.writestr(TRAINING, json.dumps(order))


def load(path: Any) -> tuple[Trained, TableSchema]:
    """Return what `save` wrote."""
    path = _checks.path("path", path)
    expected = "a file that TableModel.save wrote, or a bundle of a table's model"
    if path.is_dir():
        return _from_bundle(path, expected)
    _files.check_file(path, expected)
    _files.check_archive(path, expected)
    try:
        with zipfile.ZipFile(path) as archive:
            schema = TableSchema.from_json(archive.read(SCHEMA).decode("utf-8"))
            content = archive.read(MODEL)
            known = TRAINING in archive.namelist()  # not in the first files
            order = json.loads(archive.read(TRAINING)) if known else UNKNOWN
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, MODEL)
            file.write_bytes(content)
            return Trained(keras.models.load_model(file), **order), schema
    # Neither zipfile nor Keras documents a list of what it raises at damaged content.
    except Exception as error:
        raise ValueError(
            f"{path}: expected {expected}. Received: {_loading.words(error)}"
        ) from error


def _from_bundle(path: Path, expected: str) -> tuple[Trained, TableSchema]:
    """Return what is in a folder that `export_model` wrote."""
    for name in (SCHEMA, MODEL):
        if not (path / name).is_file():
            raise ValueError(f"{path}: expected {expected}. Received: a folder without {name}")
    model = _loading.load_model(path / MODEL, expected)
    _files.check_file(path / SCHEMA, expected)
    try:
        return Trained(model, **UNKNOWN), TableSchema.from_json((path / SCHEMA).read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path / SCHEMA}: {error}") from error
