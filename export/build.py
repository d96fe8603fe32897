"""The work of one export, in a folder that is published when all of it is proven."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.export.children import Task, run_tasks
from keras_ae.export.describe import manifest_record, report_artifact
from keras_ae.export.endpoints import Endpoint, default_endpoint
from keras_ae.export.errors import ParityError
from keras_ae.export.formats import FORMATS, Format
from keras_ae.export.golden import make_golden, make_quality
from keras_ae.export.judgement import judge_int8
from keras_ae.export.manifest import versions, write_manifest
from keras_ae.export.parity import Comparison, failures
from keras_ae.export.progress import Progress
from keras_ae.export.readme import write_readme
from keras_ae.export.report import ExportReport
from keras_ae.export.scratch import scratch_folder
from keras_ae.export.serving import write_serving_kit
from keras_ae.export.staging import key, read_arrays, write_arrays
from keras_ae.export.subject import Subject
from keras_ae.export.to_saved_model import write_saved_model
from keras_ae.export.to_tflite import MULTI

GOLDEN = "golden.npz"


@dataclass(frozen=True)
class Build:
    """Everything that one export depends on, checked."""

    subject: Subject
    endpoints: dict[str, Endpoint]
    formats: tuple[Format, ...]
    precisions: tuple[str, ...]
    calibration: Mapping[str, np.ndarray] | None
    labels: np.ndarray | None
    threshold: float | None
    batch: int | None
    opset: int
    limits: Mapping[str, Any] | None
    metadata: dict[str, str]
    name: str
    tolerances: dict[str, dict[str, float]]

    @property
    def rounded(self) -> list[str]:
        """The outputs of integers or truth values that come from floats, as "endpoint/output"."""
        return [f"{name}/{each}" for name, e in self.endpoints.items() for each in e.rounded]

    def artifacts(self) -> list[dict[str, Any]]:
        """Return what will be written: path, format, precision and endpoints of each."""
        names, found = list(self.endpoints), []
        for each in self.formats:
            for precision in self.precisions:
                if precision not in each.precisions:
                    continue
                files = {name: [name] for name in names} if each.suffix else {"": names}
                if each.name == "tflite" and len(names) > 1:
                    files[MULTI] = names
                for name, inside in files.items():
                    found.append(
                        {
                            "path": each.file_name(name, precision),
                            "format": each.name,
                            "precision": precision,
                            "endpoints": inside,
                        }
                    )
        return found

    def inputs_of(self, endpoint: str, arrays: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of the arrays that an endpoint takes."""
        return {each.name: arrays[each.name] for each in self.endpoints[endpoint].signature.inputs}

    def constant_metadata(self) -> dict[str, str]:
        """Return what stands in each file too: no hash, time or error, so that bytes repeat."""
        model = " + ".join(type(each).__name__ for each in self.subject.models.values())
        facts = {"keras_ae.version": versions()["keras-ae"], "keras_ae.model": model}
        if self.threshold is not None:
            facts["keras_ae.threshold"] = repr(float(self.threshold))
        return {**facts, **self.metadata}


def convert_and_prove(build: Build, directory: Path, progress: Progress) -> ExportReport:
    """Write a whole bundle into an empty directory.

    Raises:
        ExportError: A conversion failed, or an artifact holds what it must not.
        ParityError: An artifact doesn't compute what the model does.
    """
    artifacts = build.artifacts()
    converted = sum(bool(FORMATS[each["format"]].converter) for each in artifacts)
    progress.expect(3 + converted + 2 * len(artifacts))
    golden = make_golden(build.endpoints, build.subject.samples, build.batch)
    build.subject.save(directory)
    progress.step("model saved, golden vectors computed")
    source = directory / FORMATS["saved_model"].file_name("", "float32")
    write_saved_model(build.endpoints, build.subject.models.values(), source)
    progress.step("SavedModel")
    with scratch_folder() as scratch:
        write_arrays(directory / GOLDEN, golden)
        run_tasks(_conversions(build, directory, scratch), progress.step)
        results, facts = _proofs(build, artifacts, directory, scratch, progress)
        measures = _judge(build, artifacts, golden, results, scratch)
    _raise_failures(results)
    if not any(each.name == "saved_model" for each in build.formats):
        shutil.rmtree(directory / "saved_model")
    else:
        write_serving_kit(
            directory,
            build.name,
            [each.signature for each in build.endpoints.values()],
            {name: build.inputs_of(name, golden["sample"]["inputs"]) for name in build.endpoints},
            default_endpoint(list(build.endpoints)),
        )
    write_arrays(directory / GOLDEN, golden)
    reports = [report_artifact(each, directory, results, measures) for each in artifacts]
    write_readme(directory, build, reports)
    record = manifest_record(build, artifacts, results, facts, measures)
    write_manifest(directory, record)
    progress.step("bundle complete")
    return ExportReport(directory, tuple(reports))


def _conversions(build: Build, directory: Path, scratch: Path) -> list[Task]:
    calibration = None
    if build.calibration is not None:
        calibration = str(scratch / "calibration.npz")
        taken = {name: build.inputs_of(name, build.calibration) for name in build.endpoints}
        write_arrays(calibration, taken)
    return [
        Task(
            f"The conversion to {each.name}",
            each.converter,
            {
                "directory": str(directory),
                "endpoints": {
                    name: [tensor.name for tensor in endpoint.signature.inputs]
                    for name, endpoint in build.endpoints.items()
                },
                "precisions": [p for p in build.precisions if p in each.precisions],
                "calibration": calibration,
                "metadata": build.constant_metadata(),
                "opset": build.opset,
            },
        )
        for each in build.formats
        if each.converter
    ]


def _proofs(
    build: Build,
    artifacts: list[dict[str, Any]],
    directory: Path,
    scratch: Path,
    progress: Progress,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run and inspect every artifact; return what was found, by path."""
    quality = None
    if any(each["precision"].startswith("int8") for each in artifacts):
        quality = str(scratch / "quality.npz")
        write_arrays(quality, make_quality(build.endpoints, build.subject.samples, build.batch))
    tasks = []
    for each in build.formats:
        mine = [artifact for artifact in artifacts if artifact["format"] == each.name]
        arguments = {
            "directory": str(directory),
            "artifacts": mine,
            "golden": str(directory / GOLDEN),
            "quality": quality,
            "outputs": str(scratch / f"{each.name}.npz"),
            "threshold": build.threshold,
            "batch": build.batch,
            "rounded": build.rounded,
            "tolerances": build.tolerances,
        }
        tasks.append(Task(f"The proof of {each.name}", "keras_ae.export.prove", arguments))
        tasks.append(
            Task(
                f"The inspection of {each.name}",
                "keras_ae.export.inspect_artifacts",
                {"directory": str(directory), "artifacts": mine},
            )
        )
    answers = run_tasks(tasks, progress.step)
    results = {path: found for answer in answers[0::2] for path, found in answer.items()}
    facts = {path: found for answer in answers[1::2] for path, found in answer.items()}
    return results, facts


def _judge(
    build: Build,
    artifacts: list[dict[str, Any]],
    golden: dict[str, Any],
    results: dict[str, Any],
    scratch: Path,
) -> dict[str, list[Any]]:
    """Judge the int8 artifacts; keep their outputs on the golden sample for later checks."""
    measures: dict[str, list[Any]] = {}
    int8 = [each for each in artifacts if each["precision"].startswith("int8")]
    if not int8:
        return measures
    quality = read_arrays(scratch / "quality.npz")
    recorded = golden.setdefault("recorded", {})
    for artifact in int8:
        path = artifact["path"]
        outputs = read_arrays(scratch / f"{artifact['format']}.npz").get(key(path))
        if outputs is None:  # it could not be run; the error is among the results
            continue
        recorded[key(path)] = outputs["golden"]
        signatures = [build.endpoints[name].signature for name in artifact["endpoints"]]
        judged = outputs["judged"]
        kinds = {name: endpoint.kind for name, endpoint in build.endpoints.items()}
        measures[path] = judge_int8(
            signatures, quality, judged, build.labels, build.threshold, build.limits, kinds
        )
        failed = [each for each in measures[path] if not each.passed]
        results[path]["failures"] = [f"{path}: {each.text}" for each in failed]
    return measures


def _raise_failures(results: dict[str, Any]) -> None:
    lines = [f"{path}: {found['error']}" for path, found in results.items() if "error" in found]
    compared = {
        path: [Comparison(**each) for each in found.get("comparisons", [])]
        for path, found in results.items()
    }
    lines += failures(compared)
    lines += [line for found in results.values() for line in found.get("failures", [])]
    if lines:
        raise ParityError(
            f"{len(lines)} output(s) differ from the model's; nothing was written:\n"
            + "\n".join(lines)
        )
