"""What a scoring of files has done."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class ScoringReport:
    """What `score_files` wrote, and how fast.

    Args:
        destination: Path of the folder with the scored files.
        engine: String, what ran the tasks.
        files: Integer, how many files this run has scored.
        skipped: Integer, how many were finished before it.
        rows: Integer, rows of the files that this run has scored.
        seconds: Float, how long the run took, with its checks and the engine's start.

    `str(report)` is a line.

    Example:
        >>> report = ScoringReport(Path("scored"), "ray", 3, 1, 3_000_000, 12.5)
        >>> print(report)
        scored: 3 files scored by ray, 3,000,000 rows in 12.5 s (240,000 a second); 1 was finished
        >>> report.rows_per_second
        240000.0
    """

    destination: Path
    engine: str
    files: int
    skipped: int
    rows: int
    seconds: float

    @property
    def rows_per_second(self) -> float:
        """Rows that were scored in a second; 0 where nothing was left to score."""
        return self.rows / self.seconds if self.rows else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and strings, as JSON holds them."""
        also = {"destination": str(self.destination), "rows_per_second": self.rows_per_second}
        return {**asdict(self), **also}

    def __str__(self) -> str:
        files = f"{self.files:,} file{'s' * (self.files != 1)} scored by {self.engine}"
        speed = (
            f"{self.rows:,} rows in {self.seconds:.1f} s ({self.rows_per_second:,.0f} a second)"
        )
        done = f"; {self.skipped:,} {'was' if self.skipped == 1 else 'were'} finished"
        return f"{self.destination}: {files}, {speed}{done if self.skipped else ''}"
