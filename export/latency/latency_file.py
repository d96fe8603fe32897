"""The latencies in a bundle: a file that its manifest lists."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from keras_ae._files import remove
from keras_ae.export.bundle.manifest import (
    MANIFEST,
    changed_files,
    file_facts,
    read_manifest,
    seal,
)
from keras_ae.export.errors import ExportError
from keras_ae.training.lock import Lock

LATENCY = "latency.json"


def unchanged(directory: Path) -> dict[str, Any]:
    """Return the manifest of a bundle that is as it was written and can be written to.

    Only the latencies, which are measured anew, may differ from what it lists.

    Raises:
        ExportError: There is no such bundle, or a file of it was changed.
    """
    record = read_manifest(directory)
    lines = changed_files(directory, record)
    changed = [line for line in lines if line.split(" ")[0] != LATENCY]
    if changed:
        raise ExportError(f"{directory}: expected a bundle as written. Received: {changed[0]}")
    for folder in (directory, directory.resolve().parent):
        if not os.access(folder, os.W_OK):
            raise ExportError(
                f"{directory}: expected a bundle that can be written, and the folder that it is "
                f"in. Received: no right to write in {folder}"
            )
    return record


def write_latency(directory: Path, record: dict[str, Any]) -> None:
    """Put a record into the bundle, and its file into the manifest.

    Both files are complete, beside the bundle, before it is touched. Then they are moved into it,
    one right after the other; after a kill just between them `verify` says that the file isn't
    listed, and the next measurement mends it.

    Args:
        directory: Path of the bundle.
        record: Dict of plain values.

    Raises:
        ExportError: The bundle was changed meanwhile, or can't be written.
    """
    directory = directory.resolve()
    text = json.dumps(record, indent=1, sort_keys=True, allow_nan=False) + "\n"
    folder = directory.with_name(
        f".{directory.name}.measured"
    )  # left by a kill, it goes next time
    lock = Lock(folder.with_suffix(".lock"))
    try:
        if not lock.acquire():
            raise ExportError(
                f"{directory}: expected one writer at a time. Received: another measurement that "
                "is writing to it"
            )
        remove(folder)
        folder.mkdir()
        (folder / LATENCY).write_text(text, "utf-8")
        # Checked again: a file that was changed meanwhile must not be listed as it is now.
        manifest = unchanged(directory)
        files = {**manifest["files"], LATENCY: file_facts(folder / LATENCY)}
        seal(folder / MANIFEST, {**manifest, "files": files})
        os.replace(folder / LATENCY, directory / LATENCY)
        os.replace(folder / MANIFEST, directory / MANIFEST)
        remove(folder)
    except OSError as error:
        raise ExportError(
            f"{directory}: expected a bundle that can be written. Received: {error.strerror}"
        ) from error
    finally:
        lock.release()
