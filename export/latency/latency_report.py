"""How fast artifacts are: an object to look at, and a table to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MEASURED, FAILED, NOT_RUN = "measured", "failed", "not run"


@dataclass(frozen=True)
class Timing:
    """How long one batch takes.

    Args:
        batch: Examples in the batch.
        median_ms: Median of all runs, in milliseconds.
        p95_ms: What 95 % of the runs stay below, in milliseconds.
        runs: How many runs there were.
    """

    batch: int
    median_ms: float
    p95_ms: float
    runs: int


@dataclass(frozen=True)
class ArtifactLatency:
    """One endpoint of one artifact with one number of threads.

    Args:
        path: String, the artifact's place in the bundle.
        format: String; "keras" for the Keras model itself.
        precision: String.
        endpoint: String.
        threads: Threads that the runtime was given.
        size: Bytes of the artifact.
        status: "measured", "failed" or "not run".
        load_ms: Milliseconds that opening takes, once the runtime is imported; None unless it was
            measured.
        timings: Tuple of `Timing`, one a batch size.
        detail: String, why it failed or was not run.
    """

    path: str
    format: str
    precision: str
    endpoint: str
    threads: int
    size: int
    status: str
    load_ms: float | None = None
    timings: tuple[Timing, ...] = ()
    detail: str = ""


@dataclass(frozen=True)
class LatencyReport:
    """What `measure_latency` found.

    Args:
        directory: Path of the bundle.
        machine: Dict of what it was measured on: cpu, cores, system and packages.
        artifacts: Tuple of `ArtifactLatency`.

    `str(report)` is a table for each endpoint and number of threads.
    """

    directory: Path
    machine: dict[str, Any]
    artifacts: tuple[ArtifactLatency, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as JSON holds them."""
        return {
            "machine": self.machine,
            "artifacts": [asdict(each) for each in self.artifacts],
        }

    def __str__(self) -> str:
        sizes = dict.fromkeys(timing.batch for each in self.artifacts for timing in each.timings)
        head = ["bytes", "load ms"]
        for size in sizes:
            head += [f"batch {size} ms", "95 %"]
        blocks: dict[tuple[str, int], list[ArtifactLatency]] = {}
        for each in self.artifacts:
            blocks.setdefault((each.endpoint, each.threads), []).append(each)
        endpoints = list(dict.fromkeys(each.endpoint for each in self.artifacts))
        lines: list[tuple[list[str], str]] = []
        for endpoint, threads in sorted(blocks, key=lambda block: endpoints.index(block[0])):
            lines.append(([""] * (len(head) + 1), ""))
            lines.append(([f"{endpoint}, {threads_text(threads)}", *head], ""))
            for each in blocks[endpoint, threads]:
                cells = [f"  {each.path}", *_cells(each, len(sizes))]
                lines.append((cells, f"  {each.status}: {each.detail}" if each.detail else ""))
        widths = [
            max(map(len, column)) for column in zip(*(cells for cells, _ in lines), strict=True)
        ]
        machine = f"{self.machine['cpu']}, {self.machine['cores']} cores"
        return "\n".join([machine, *(_line(*line, widths) for line in lines)])


def threads_text(threads: int) -> str:
    """Return a number of threads in words."""
    return f"{threads} thread{'s' if threads > 1 else ''}"


def _cells(row: ArtifactLatency, batches: int) -> list[str]:
    if row.status != MEASURED:
        return [f"{row.size:,}"] + [""] * (1 + 2 * batches)
    times = [time for each in row.timings for time in (each.median_ms, each.p95_ms)]
    return [f"{row.size:,}", f"{row.load_ms:.1f}", *(f"{time:.3f}" for time in times)]


def _line(cells: Sequence[str], detail: str, widths: Sequence[int]) -> str:
    """Return cells in columns: the first to the left, numbers to the right."""
    first, *numbers = zip(cells, widths, strict=True)
    columns = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in numbers)]
    return ("  ".join(columns) + detail).rstrip()
