"""A fitted detector as one file: a zip of model.keras and detector.json."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_ae import _checks, _files, _loading
from keras_ae._config import plain
from keras_ae.estimators.scores import from_record, resolve_score, to_record
from keras_ae.models import Autoencoder

MODEL, RECORD = "model.keras", "detector.json"
SCHEMA = 1
LAMBDA = "__lambda__"  # Keras' class for code that it doesn't load from a file
GIVEN = "given"  # in the place of a recipe's name


def save(detector: Any, path: str | Path, overwrite: bool) -> None:
    """Write the file beside its destination, and move it there."""
    target = _checks.path("path", path)
    overwrite = _checks.boolean("overwrite", overwrite)
    if os.path.lexists(target) and not overwrite:
        raise ValueError(
            f"{target}: expected a path where nothing is, or overwrite=True. "
            "Received: an existing one"
        )
    if target.is_dir():
        raise ValueError(f"{target}: expected the path of a file. Received: a directory")
    try:
        record = json.dumps(_record(detector), indent=1)
        parts = record + json.dumps(keras.saving.serialize_keras_object(detector.detection_model_))
    except (OSError, TypeError) as error:  # of a function whose source isn't known
        raise ValueError(f"`options` must be what Keras can save. Received: {error}") from error
    if LAMBDA in parts:
        raise ValueError(
            "A detector must have no Lambda layer and no function without a name to be saved: "
            "write it as a layer class with keras.saving.register_keras_serializable(). "
            "Received: a lambda"
        )
    with _files.written_beside(target) as beside, tempfile.TemporaryDirectory() as folder:
        model = Path(folder, MODEL)
        detector.detection_model_.save(model)
        with zipfile.ZipFile(beside, "w") as archive:  # model.keras is compressed already
            archive.write(model, MODEL)
            archive.writestr(RECORD, record)


def load(cls: Any, path: str | Path) -> Any:
    """Read what `save` wrote."""
    path = _checks.path("path", path)
    expected = f"a file that {cls.__name__}.save wrote"
    _files.check_file(path, expected)
    _files.check_archive(path, expected)
    try:
        with zipfile.ZipFile(path) as archive:
            record = json.loads(archive.read(RECORD))
            content = archive.read(MODEL)
        if not isinstance(record, dict):
            raise ValueError(f"{RECORD} with a {type(record).__name__}")
    # zipfile and zlib document no list of what they raise at damaged content.
    except Exception as error:
        raise ValueError(f"{path}: expected {expected}. Received: {error}") from error
    if record.get("schema") != SCHEMA:
        raise ValueError(
            f"{path}: expected schema {SCHEMA}. Received: schema {record.get('schema')}"
        )
    kind = record.get("class", "AnomalyDetector")  # files from before it was written
    if kind != cls.__name__:
        raise ValueError(f"{path}: expected {expected}. Received: one of a {kind}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, MODEL)
        file.write_bytes(content)
        try:
            return _restored(cls, record, keras.models.load_model(file))
        except Exception as error:
            raise ValueError(
                f"{path}: expected a detector that can be loaded. "
                f"Received: {_loading.words(error)}"
            ) from error


def _restored(cls: Any, record: dict[str, Any], model: Any) -> Any:
    arguments = dict(record["arguments"])
    arguments["options"] = keras.saving.deserialize_keras_object(arguments["options"])
    scoring = record["scoring"]
    arguments["scoring"] = None if scoring is None else from_record(scoring)
    if arguments["model"] == GIVEN:
        arguments["model"] = model.members[0]
    detector = cls(**arguments)
    detector.detection_model_ = model
    detector.location_ = model.location
    for name, value in record["fitted"].items():
        setattr(detector, name, value)
    if record["feature_names"] is not None:
        detector.feature_names_in_ = np.asarray(record["feature_names"], object)
    return detector


def _record(detector: Any) -> dict[str, Any]:
    arguments = plain(detector.get_params(deep=False))
    if isinstance(arguments["model"], Autoencoder):
        arguments["model"] = GIVEN
    scoring = arguments.pop("scoring")
    scoring = None if scoring is None else to_record(resolve_score(scoring))
    options = arguments["options"]
    arguments["options"] = keras.saving.serialize_keras_object(
        None if options is None else dict(options)
    )
    state = arguments["random_state"]
    if not (state is None or isinstance(state, int)):
        arguments["random_state"] = None  # a stream that has been drawn from can't be written down
    names = getattr(detector, "feature_names_in_", None)
    return {
        "schema": SCHEMA,
        "class": type(detector).__name__,
        "arguments": arguments,
        "scoring": scoring,
        "fitted": {name: getattr(detector, name) for name in detector._fitted},
        "feature_names": None if names is None else [str(name) for name in names],
    }
