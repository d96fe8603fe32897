"""The work of one export, in a folder that is published when all of it is proven."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae._progress import Progress
from keras_ae.export import children
from keras_ae.export.bundle.manifest import versions, write_manifest
from keras_ae.export.bundle.readme import write_readme
from keras_ae.export.bundle.report import ExportReport, report_artifact
from keras_ae.export.endpoints import Endpoint, default_endpoint
from keras_ae.export.errors import ParityError
from keras_ae.export.formats import FORMATS, SOURCE
from keras_ae.export.formats.convert import Conversion
from keras_ae.export.formats.format import Format
from keras_ae.export.proof.artifact_record import ArtifactRecord
from keras_ae.export.proof.golden import make_golden, make_quality
from keras_ae.export.quality import Measure, judge
from keras_ae.export.scratch import scratch_folder
from keras_ae.export.staging import GOLDEN, key, read_arrays, write_arrays
from keras_ae.export.subject import Subject
from keras_ae.export.table_rows import SCHEMA

CONVERT = "keras_ae.export.formats.convert"


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
    options: dict[str, Any]
    limits: Mapping[str, Any] | None
    metadata: dict[str, str]
    name: str
    tolerances: dict[str, dict[str, float]]

    @property
    def rounded(self) -> list[str]:
        """The outputs of integers or truth values that come from floats, as "endpoint/output"."""
        return [f"{name}/{each}" for name, e in self.endpoints.items() for each in e.rounded]

    def artifacts(self) -> list[ArtifactRecord]:
        """Return what will be written."""
        return [
            ArtifactRecord(
                path, each.name, precision, inside, tuple(map(str, each.side_files(Path(path))))
            )
            for each in self.formats
            for precision in self.precisions
            if precision in each.precisions
            for path, inside in each.layout(list(self.endpoints), precision).items()
        ]

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
    converted = sum(bool(FORMATS[each.format].converter) for each in artifacts)
    if converted:
        children.prepare(CONVERT)
    progress.expect(3 + converted + 2 * len(artifacts))
    golden = make_golden(build.endpoints, build.subject.samples, build.batch)
    build.subject.save(directory)
    progress.step("model saved, golden vectors computed")
    SOURCE.write(build.endpoints, build.subject.models.values(), directory)
    progress.step(SOURCE.title)
    with scratch_folder() as scratch:
        write_arrays(directory / GOLDEN, golden)
        children.run_tasks(_conversions(build, directory, scratch), progress.step)
        artifacts = _proofs(build, artifacts, directory, scratch, progress)
        artifacts = _judge(build, artifacts, golden, scratch)
    if lines := [line for each in artifacts for line in each.failures]:
        raise ParityError(
            f"{len(lines)} output(s) differ from the model's; nothing was written:\n"
            + "\n".join(lines)
        )
    if SOURCE not in build.formats:
        shutil.rmtree(directory / SOURCE.name)
    inputs = golden["sample"]["inputs"]
    examples = {name: build.inputs_of(name, inputs) for name in build.endpoints}
    signatures = [each.signature for each in build.endpoints.values()]
    default = default_endpoint(list(build.endpoints))
    for each in build.formats:
        each.complete(directory, build.name, signatures, examples, default)
    write_arrays(directory / GOLDEN, golden)
    if build.subject.schema is not None:
        (directory / SCHEMA).write_text(build.subject.schema, "utf-8", newline="\n")
    reports = [report_artifact(each, each.size_in(directory)) for each in artifacts]
    write_readme(directory, build, reports)
    write_manifest(directory, _manifest(build, artifacts))
    progress.step("bundle complete")
    return ExportReport(directory, tuple(reports))


def _conversions(build: Build, directory: Path, scratch: Path) -> list[children.Task]:
    calibration = None
    if build.calibration is not None:
        calibration = str(scratch / "calibration.npz")
        taken = {name: build.inputs_of(name, build.calibration) for name in build.endpoints}
        write_arrays(calibration, taken)
    tasks = []
    for each in build.formats:
        if each.converter:
            conversion = Conversion(
                directory=str(directory),
                endpoints={
                    name: [tensor.name for tensor in endpoint.signature.inputs]
                    for name, endpoint in build.endpoints.items()
                },
                precisions=[name for name in build.precisions if name in each.precisions],
                calibration=calibration,
                metadata=build.constant_metadata(),
                options={name: build.options[name] for name in each.options},
            )
            arguments = {"converter": each.converter, "conversion": asdict(conversion)}
            title = f"The conversion to {each.name}"
            tasks.append(children.Task(title, CONVERT, arguments, is_prepared=True))
    return tasks


def _proofs(
    build: Build,
    artifacts: list[ArtifactRecord],
    directory: Path,
    scratch: Path,
    progress: Progress,
) -> list[ArtifactRecord]:
    """Run and inspect every artifact; return them with what was found."""
    quality = None
    if any(each.is_int8 for each in artifacts):
        quality = str(scratch / "quality.npz")
        write_arrays(quality, make_quality(build.endpoints, build.subject.samples, build.batch))
    tasks = []
    for each in build.formats:
        mine = [a.to_dict() for a in artifacts if a.format == each.name]
        arguments = {
            "directory": str(directory),
            "artifacts": mine,
            "quality": quality,
            "outputs": str(scratch / f"{each.name}.npz"),
            "threshold": build.threshold,
            "batch": build.batch,
            "rounded": build.rounded,
            "tolerances": build.tolerances,
        }
        tasks.append(
            children.Task(f"The proof of {each.name}", "keras_ae.export.proof.prove", arguments)
        )
        tasks.append(
            children.Task(
                f"The inspection of {each.name}",
                "keras_ae.export.proof.inspect_artifacts",
                {"directory": str(directory), "artifacts": mine},
            )
        )
    answers = children.run_tasks(tasks, progress.step)
    proven, inspected = (
        [ArtifactRecord.from_dict(found) for answer in each for found in answer]
        for each in (answers[0::2], answers[1::2])
    )
    return [
        one.found(operations=other.operations, facts=other.facts)
        for one, other in zip(proven, inspected, strict=True)
    ]


def _judge(
    build: Build, artifacts: list[ArtifactRecord], golden: dict[str, Any], scratch: Path
) -> list[ArtifactRecord]:
    """Judge the int8 artifacts; keep their outputs on the golden sample for later checks."""
    if not any(each.is_int8 for each in artifacts):
        return artifacts
    quality = read_arrays(scratch / "quality.npz")
    recorded = golden.setdefault("recorded", {})
    judged = []
    for artifact in artifacts:
        outputs = None
        if artifact.is_int8:
            outputs = read_arrays(scratch / f"{artifact.format}.npz").get(key(artifact.path))
        if outputs is not None:  # else it isn't judged, or it could not be run and has an error
            recorded[key(artifact.path)] = outputs["golden"]
            measures: list[Measure] = []
            for name in artifact.endpoints:
                inputs = build.inputs_of(name, quality["inputs"])
                rows = len(next(iter(inputs.values())))
                measures += judge(
                    name,
                    quality["outputs"][name],
                    outputs["judged"][name],
                    x=inputs.get("x"),
                    labels=None if build.labels is None else build.labels[:rows],
                    threshold=build.threshold,
                    limits=build.limits,
                    kind=build.endpoints[name].kind,
                )
            artifact = artifact.found(measures=tuple(measures))
        judged.append(artifact)
    return judged


def _manifest(build: Build, artifacts: list[ArtifactRecord]) -> dict[str, Any]:
    """Return the manifest's content."""
    return {
        "name": build.name,
        "endpoints": [asdict(each.signature) for each in build.endpoints.values()],
        "default": default_endpoint(list(build.endpoints)),
        "batch": build.batch,
        "columns": None if build.subject.columns is None else list(build.subject.columns),
        "threshold": build.threshold,
        "rounded": build.rounded,
        "tolerances": build.tolerances,
        "own_endpoints": list(build.subject.own),
        "distance_to_mixed_precision": build.subject.distance,
        "license": build.metadata.get("license"),
        "training_data": build.metadata.get("training_data"),
        "metadata": build.constant_metadata(),
        "artifacts": [each.to_dict() for each in artifacts],
        "packages": versions(),
    }
