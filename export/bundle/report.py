"""What an export or a check of one found: an object to look at, and a table to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from keras_ae.export.proof.artifact_record import ArtifactRecord

PROVEN, FAILED, NOT_RUN = "proven", "failed", "not run"


@dataclass(frozen=True)
class ArtifactReport:
    """One artifact and what was measured of it.

    Args:
        path: String, its place in the bundle.
        format: String.
        precision: String.
        endpoints: Tuple of names.
        size: Bytes.
        status: "proven", "failed" or "not run".
        max_absolute: Largest absolute error of a float artifact; None for an int8 one.
        max_relative: Largest relative error of a float artifact; None for an int8 one.
        quality: Tuple of what an int8 artifact was judged by, as text, the closest to its limit
            first.
        detail: String, why it failed or was not run.
    """

    path: str
    format: str
    precision: str
    endpoints: tuple[str, ...]
    size: int
    status: str
    max_absolute: float | None = None
    max_relative: float | None = None
    quality: tuple[str, ...] = ()
    detail: str = ""

    @property
    def found(self) -> str:
        """What was found, in a few words: why it failed, the largest error or the worst loss."""
        if self.detail or not (self.quality or self.max_absolute is not None):
            return self.detail
        if self.max_absolute is not None:
            return f"{self.max_absolute:.1e}"
        return self.quality[0]


@dataclass(frozen=True)
class ExportReport:
    """What `export_model` wrote and `verify` found.

    Args:
        directory: Path of the bundle.
        artifacts: Tuple of `ArtifactReport`.
        problems: Tuple of lines about the bundle's files; empty where all are as they were.
        seconds: Float, how long it took.

    `str(report)` is a table.
    """

    directory: Path
    artifacts: tuple[ArtifactReport, ...]
    problems: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def proven(self) -> bool:
        """Whether every artifact is proven and every file is as it was written."""
        return not self.problems and all(each.status == PROVEN for each in self.artifacts)

    def at(self, directory: Path, seconds: float) -> ExportReport:
        """Return the report of the same artifacts at another place."""
        return replace(self, directory=directory, seconds=seconds)

    def __str__(self) -> str:
        rows = [("artifact", "precision", "bytes", "status", "max error")]
        for each in self.artifacts:
            size = f"{each.size:,}"
            rows.append((each.path, each.precision, size, each.status, each.found))
        lines = [*table(rows), *self.problems]
        return "\n".join(lines)


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


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows of text in columns; the third column to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    lines = []
    for row in rows:
        cells = [
            text.rjust(width) if column == 2 else text.ljust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=False))
        ]
        lines.append("  ".join([*cells, row[-1]]).rstrip())
    return lines
