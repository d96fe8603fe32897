"""The manifest of a bundle: what is in it, and how to tell that nothing was changed."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
import platform
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from keras_ae import _checks
from keras_ae._files import why_not
from keras_ae.export.errors import ExportError
from keras_ae.export.formats import FORMATS
from keras_ae.export.proof.artifact_record import ArtifactRecord

MANIFEST = "manifest.json"
SCHEMA = 1
CHECKSUM = "sha256"
# What has a part in an export, whatever the format.
PACKAGES = ("keras-ae", "keras", "tensorflow", "numpy", "protobuf")


def write_manifest(directory: Path, record: dict[str, Any]) -> None:
    """Write the manifest last: with size and sha256 of every other file, and of itself."""
    files = {
        path.relative_to(directory).as_posix(): file_facts(path)
        for path in sorted(_files(directory))
    }
    seal(Path(directory, MANIFEST), {"schema": SCHEMA, **record, "files": files})


def file_facts(path: Path) -> dict[str, Any]:
    """Return what a manifest says of a file: its size in bytes and its sha256."""
    return {"size": path.stat().st_size, CHECKSUM: digest(path)}


def seal(path: Path, record: dict[str, Any]) -> None:
    """Write a manifest that is complete but for its own sha256."""
    whole = {**record, CHECKSUM: _own_checksum(record)}
    path.write_text(_text(whole), "utf-8")


def read_manifest(directory: str | Path) -> dict[str, Any]:
    """Read a bundle's manifest and check that it is as it was written.

    Raises:
        ExportError: There is none, it was changed, or its schema is newer than this package.
    """
    path = Path(directory, MANIFEST)
    if not path.is_file():
        raise ExportError(
            f"{directory}: expected a bundle with a {MANIFEST}. Received: a directory without"
            if Path(directory).is_dir()
            else f"{directory}: expected the directory of a bundle. Received: no such directory"
        )
    content = path.read_bytes()
    try:
        record = json.loads(content)
        checksum = record.pop(CHECKSUM)
        whole = checksum == _own_checksum(record)
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        whole = False
    if not whole or content != _text({**record, CHECKSUM: checksum}).encode():
        raise ExportError(f"{path} is not as it was written: its own checksum doesn't agree")
    if record["schema"] != SCHEMA:
        raise ExportError(
            f"{path}: expected schema {SCHEMA}. Received: schema {record['schema']}, of another "
            "version of keras_ae"
        )
    try:
        _check_places(record)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ExportError(
            f"{path}: expected a manifest as export_model writes it. "
            f"Received: {type(error).__name__}: {_checks.shown(str(error))}"
        ) from error
    return record


def _check_places(record: dict[str, Any]) -> None:
    """Raise an error unless all that is opened is listed, by a place within the bundle."""
    for name, facts in record["files"].items():
        place = PurePosixPath(name)
        if place.is_absolute() or ".." in place.parts or "\\" in name or "\0" in name:
            raise ValueError(f"a file outside the bundle, {name!r}")
        if not isinstance(facts[CHECKSUM], str) or not isinstance(facts["size"], int):
            raise ValueError(f"no size and sha256 of {name!r}")
    for each in map(ArtifactRecord.from_dict, record["artifacts"]):
        if not any(map(each.owns, record["files"])):
            raise ValueError(f"an artifact that isn't among its files, {each.path!r}")
        if not set(each.side_files) <= set(record["files"]):
            raise ValueError(f"a part of {each.path!r} that isn't among the files")
    for each in record["endpoints"]:
        if not isinstance(each["name"], str) or not (each["inputs"] and each["outputs"]):
            raise ValueError(f"an endpoint without tensors, {each['name']!r}")
    if not {"threshold", "batch"} <= set(record):
        raise ValueError("neither threshold nor batch")
    columns = record.get("columns") or []  # older manifests have none
    if not all(isinstance(name, str) for name in columns):
        raise ValueError(f"columns without names, {columns!r}")


def changed_files(directory: str | Path, record: dict[str, Any]) -> list[str]:
    """Return a line for each file that was changed, is missing, or isn't listed."""
    directory = Path(directory)
    lines = []
    present = {path.relative_to(directory).as_posix() for path in _files(directory)}
    for name, facts in record["files"].items():
        if name not in present:
            lines.append(f"{name} is missing")
        elif received := why_not(directory / name):
            lines.append(f"{name} leads to {received}")
        elif digest(directory / name) != facts[CHECKSUM]:
            lines.append(f"{name} is not as it was written: its sha256 differs")
    lines += [
        f"{name} is not listed in the manifest" for name in sorted(present - {*record["files"]})
    ]
    return lines


def digest(path: Path) -> str:
    """Return a file's sha256, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of Python and of every package that had a part in an export."""
    found = {"python": platform.python_version()}
    formats = [
        names[1] for each in FORMATS.values() for names in (*each.packages, *each.quantizers)
    ]
    for package in dict.fromkeys((*PACKAGES, *formats)):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _files(directory: Path) -> Iterator[Path]:
    for path in directory.rglob("*"):
        if (path.is_file() or path.is_symlink()) and path != directory / MANIFEST:
            yield path


def _own_checksum(record: dict[str, Any]) -> str:
    return hashlib.sha256(_text(record).encode()).hexdigest()


def _text(record: dict[str, Any]) -> str:
    plain = json_numbers(record)
    return json.dumps(plain, indent=1, sort_keys=True, allow_nan=False) + "\n"


def json_numbers(value: Any) -> Any:
    """Return plain values as JSON has them: what isn't finite becomes "NaN", "inf" or "-inf".

    Example:
        >>> json_numbers({"errors": [1.5, float("inf")]})
        {'errors': [1.5, 'inf']}
    """
    if isinstance(value, dict):
        return {name: json_numbers(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_numbers(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else str(value)
    return value
