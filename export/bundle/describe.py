"""What the report and the manifest say of the artifacts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_ae.export.bundle.manifest import versions
from keras_ae.export.bundle.report import PROVEN, ArtifactReport
from keras_ae.export.endpoints import default_endpoint
from keras_ae.export.proof.artifact_record import ArtifactRecord


def report_artifact(
    artifact: ArtifactRecord, size: int, status: str = PROVEN, detail: str = ""
) -> ArtifactReport:
    """Return one artifact's line of the report.

    Args:
        artifact: What was found of it.
        size: Integer, bytes of its files.
        status: String.
        detail: String, why it failed or was not run.
    """
    return ArtifactReport(
        path=artifact.path,
        format=artifact.format,
        precision=artifact.precision,
        endpoints=artifact.endpoints,
        size=size,
        status=status,
        max_absolute=artifact.max_absolute,
        max_relative=artifact.max_relative,
        quality=tuple(each.text for each in _closest_first(artifact.measures)),
        detail=detail,
    )


def _closest_first(measures: Sequence[Any]) -> list[Any]:
    """Return measures by how much of their limit they use."""

    def used(measure: Any) -> float:
        if measure.name == "decision_agreement":
            return (1.0 - measure.value) / (1.0 - measure.limit or 1.0)
        origin = 1.0 if measure.name == "error_ratio" else 0.0
        return abs(measure.value - origin) / (measure.limit - origin or 1.0)

    return sorted(measures, key=used, reverse=True)


def manifest_record(build: Any, artifacts: Sequence[ArtifactRecord]) -> dict[str, Any]:
    """Return the manifest's content."""
    return {
        "name": build.name,
        "endpoints": [each.signature.to_dict() for each in build.endpoints.values()],
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
