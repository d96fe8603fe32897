"""Prove a bundle again, on another machine, without the model's code."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from keras_ae import _checks
from keras_ae._progress import Progress, check_verbose
from keras_ae.export.bundle.manifest import changed_files, read_manifest
from keras_ae.export.bundle.report import (
    FAILED,
    NOT_RUN,
    PROVEN,
    ArtifactReport,
    ExportReport,
    report_artifact,
)
from keras_ae.export.children import Task, run_tasks
from keras_ae.export.errors import ExportError
from keras_ae.export.formats import FORMATS, choose_formats
from keras_ae.export.proof.artifact_record import ArtifactRecord
from keras_ae.export.staging import GOLDEN


def verify(
    directory: str | Path,
    formats: Sequence[str] | None = None,
    verbose: bool | Callable[[str], None] = False,
) -> ExportReport:
    """Prove a bundle from its golden vectors, in the runtimes that are installed here.

    Every file's sha256 is compared with the manifest, and the manifest's with its own. Then each
    artifact runs in its own runtime: float artifacts must agree with what Keras computed, int8
    ones with what they gave when they were judged. TensorFlow and Keras are not needed for TFLite
    and ONNX.

    Args:
        directory: String or path, a bundle.
        formats: Sequence of formats to prove; None for all in the bundle.
        verbose: Whether to show progress, or a function that gets each line of it.

    Returns:
        An `ExportReport`: each artifact is "proven", "failed" or, without its runtime, "not run";
        `report.proven` is whether all of them are proven and no file was changed.

    Raises:
        ExportError: There is no bundle, or its manifest was changed.
        ValueError: The bundle has no such format.

    Example:
        >>> verify("saved_models/reference", formats=("onnx",)).proven
        True
    """
    started = time.monotonic()
    directory = _checks.path("directory", directory)
    check_verbose(verbose)
    record = read_manifest(directory)
    artifacts = [ArtifactRecord.from_dict(each).plain for each in record["artifacts"]]
    there = dict.fromkeys(each.format for each in artifacts)
    names = [each.name for each in choose_formats(list(there) if formats is None else formats)]
    absent = [name for name in names if name not in there]
    if absent:
        raise ValueError(
            f"`formats` must be some of the bundle's: {', '.join(there)}. "
            f"Received: formats={_checks.shown(tuple(names))}"
        )
    problems = changed_files(directory, record)
    changed = {line.split(" ")[0] for line in problems}
    tasks: list[Task] = []
    running: list[ArtifactRecord] = []
    reports: dict[str, ArtifactReport] = {}
    with Progress(verbose) as progress:
        for name in names:
            missing = _missing_runtime(name)
            sound = []
            for each in (one for one in artifacts if one.format == name):
                size = each.size(record["files"])
                if GOLDEN in changed or any(map(each.owns, changed)):
                    reports[each.path] = report_artifact(each, size, FAILED, "a file was changed")
                elif missing:
                    detail = f"{missing} is not installed"
                    reports[each.path] = report_artifact(each, size, NOT_RUN, detail)
                else:
                    sound.append(each)
            if not sound:
                continue
            running += sound
            arguments = {
                "directory": str(directory),
                "artifacts": [each.to_dict() for each in sound],
                "threshold": record["threshold"],
                "batch": record["batch"],
                "rounded": record.get("rounded", _every_output(record)),
                "tolerances": record.get("tolerances", {}),
            }
            tasks.append(Task(f"The proof of {name}", "keras_ae.export.proof.prove", arguments))
        progress.expect(len(running))
        for each in _answers(tasks, progress):
            detail = each.error or "; ".join(c.text for c in each.comparisons if not c.passed)
            status = FAILED if detail else PROVEN
            size = each.size(record["files"])
            reports[each.path] = report_artifact(each, size, status, detail)
    found = tuple(reports[each.path] for each in artifacts if each.format in names)
    return ExportReport(directory, found, tuple(problems), time.monotonic() - started)


def _answers(tasks: list[Task], progress: Progress) -> list[ArtifactRecord]:
    """Run the proofs; a process that dies fails its artifacts, not the others."""
    found: list[ArtifactRecord] = []
    for task in tasks:
        try:
            (answer,) = run_tasks([task], progress.step)
        except ExportError as error:
            answer = [{**each, "error": str(error)} for each in task.arguments["artifacts"]]
        found += map(ArtifactRecord.from_dict, answer)
    return found


def _every_output(record: dict[str, Any]) -> list[str]:
    """Return all outputs: bundles of before 0.2 don't say which integers come from floats."""
    return [
        f"{endpoint['name']}/{output['name']}"
        for endpoint in record["endpoints"]
        for output in endpoint["outputs"]
    ]


def _missing_runtime(name: str) -> str:
    """Return the package that a format's reader lacks here, or nothing."""
    module, package = FORMATS[name].runtime
    return "" if importlib.util.find_spec(module) else package
