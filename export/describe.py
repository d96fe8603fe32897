"""What the report and the manifest say of the artifacts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from keras_ae.export.endpoints import default_endpoint
from keras_ae.export.manifest import versions
from keras_ae.export.report import PROVEN, ArtifactReport


def report_artifact(
    artifact: dict[str, Any],
    directory: Path,
    results: dict[str, Any],
    measures: dict[str, list[Any]],
) -> ArtifactReport:
    """Return one artifact's line of the report."""
    path = artifact["path"]
    compared = results[path].get("comparisons", [])
    place = directory / path
    files = [each for each in place.rglob("*") if each.is_file()] if place.is_dir() else [place]
    return ArtifactReport(
        path=path,
        format=artifact["format"],
        precision=artifact["precision"],
        endpoints=tuple(artifact["endpoints"]),
        size=sum(each.stat().st_size for each in files),
        status=PROVEN,
        max_absolute=max((each["max_absolute"] for each in compared), default=None),
        max_relative=max((each["max_relative"] for each in compared), default=None),
        quality=tuple(each.text for each in _closest_first(measures.get(path, []))),
    )


def _closest_first(measures: list[Any]) -> list[Any]:
    """Return measures by how much of their limit they use."""

    def used(measure: Any) -> float:
        if measure.name == "decision_agreement":
            return (1.0 - measure.value) / (1.0 - measure.limit or 1.0)
        origin = 1.0 if measure.name == "error_ratio" else 0.0
        return abs(measure.value - origin) / (measure.limit - origin or 1.0)

    return sorted(measures, key=used, reverse=True)


def manifest_record(
    build: Any,
    artifacts: list[dict[str, Any]],
    results: dict[str, Any],
    facts: dict[str, Any],
    measures: dict[str, list[Any]],
) -> dict[str, Any]:
    """Return the manifest's content."""
    described = []
    for artifact in artifacts:
        path = artifact["path"]
        found = results[path]
        described.append(
            {
                **artifact,
                **facts[path],
                "quantization": found["quantization"],
                "errors": found.get("comparisons", []),
                "quality": [each.to_dict() for each in measures.get(path, [])],
            }
        )
    return {
        "name": build.name,
        "endpoints": [each.signature.to_dict() for each in build.endpoints.values()],
        "default": default_endpoint(list(build.endpoints)),
        "batch": build.batch,
        "threshold": build.threshold,
        "rounded": build.rounded,
        "tolerances": build.tolerances,
        "own_endpoints": list(build.subject.own),
        "distance_to_mixed_precision": build.subject.distance,
        "license": build.metadata.get("license"),
        "training_data": build.metadata.get("training_data"),
        "metadata": build.constant_metadata(),
        "artifacts": described,
        "packages": versions(),
    }
