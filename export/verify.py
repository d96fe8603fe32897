"""Prove a bundle again, on another machine, without the model's code."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from keras_ae import _checks
from keras_ae.export.build import GOLDEN
from keras_ae.export.children import Task, run_tasks
from keras_ae.export.errors import ExportError
from keras_ae.export.formats import FORMATS, choose_formats
from keras_ae.export.manifest import changed_files, read_manifest
from keras_ae.export.parity import Comparison
from keras_ae.export.progress import Progress, check_verbose
from keras_ae.export.report import FAILED, NOT_RUN, PROVEN, ArtifactReport, ExportReport


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
    there = dict.fromkeys(each["format"] for each in record["artifacts"])
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
    running: list[list[dict[str, Any]]] = []
    reports: dict[str, tuple[str, list[Any], str]] = {}
    with Progress(verbose) as progress:
        for name in names:
            mine = [each for each in record["artifacts"] if each["format"] == name]
            missing = _missing_runtime(name)
            sound = [each for each in mine if not _touches(each, changed)]
            for each in mine:
                if each not in sound or GOLDEN in changed:
                    reports[each["path"]] = (FAILED, [], "a file was changed")
                elif missing:
                    reports[each["path"]] = (NOT_RUN, [], f"{missing} is not installed")
            if missing or GOLDEN in changed or not sound:
                continue
            running.append(sound)
            arguments = {
                "directory": str(directory),
                "artifacts": [_kind(each) for each in sound],
                "golden": str(directory / GOLDEN),
                "quality": None,
                "outputs": None,
                "threshold": record["threshold"],
                "batch": record["batch"],
                "rounded": record.get("rounded", _every_output(record)),
                "tolerances": record.get("tolerances", {}),
            }
            tasks.append(Task(f"The proof of {name}", "keras_ae.export.prove", arguments))
        progress.expect(sum(map(len, running)))
        reports.update(_answers(tasks, progress))
    artifacts = tuple(
        _report(each, record, *reports[each["path"]])
        for each in record["artifacts"]
        if each["format"] in names
    )
    return ExportReport(directory, artifacts, tuple(problems), time.monotonic() - started)


def _answers(tasks: list[Task], progress: Progress) -> dict[str, tuple[str, list[Any], str]]:
    """Run the proofs; a process that dies fails its artifacts, not the others."""
    reports: dict[str, tuple[str, list[Any], str]] = {}
    for task in tasks:
        try:
            (answer,) = run_tasks([task], progress.step)
        except ExportError as error:
            answer = {
                each["path"]: {"error": str(error), "comparisons": []}
                for each in task.arguments["artifacts"]
            }
        for path, found in answer.items():
            compared = [Comparison(**each) for each in found["comparisons"]]
            wrong = [each.text for each in compared if not each.passed]
            detail = found.get("error", "; ".join(wrong))
            reports[path] = (FAILED if detail else PROVEN, compared, detail)
    return reports


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


def _touches(artifact: dict[str, Any], changed: set[str]) -> bool:
    path = artifact["path"]
    return any(name == path or name.startswith(f"{path}/") for name in changed)


def _kind(artifact: dict[str, Any]) -> dict[str, Any]:
    return {key: artifact[key] for key in ("path", "format", "precision", "endpoints")}


def _report(
    artifact: dict[str, Any],
    record: dict[str, Any],
    status: str,
    compared: list[Comparison],
    detail: str,
) -> ArtifactReport:
    path = artifact["path"]
    sizes = [
        facts["size"]
        for name, facts in record["files"].items()
        if name == path or name.startswith(f"{path}/")
    ]
    return ArtifactReport(
        path=path,
        format=artifact["format"],
        precision=artifact["precision"],
        endpoints=tuple(artifact["endpoints"]),
        size=sum(sizes),
        status=status,
        max_absolute=max((each.max_absolute for each in compared), default=None),
        max_relative=max((each.max_relative for each in compared), default=None),
        detail=detail,
    )
