"""Series over time: their windows, and a detector of strange points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras_ae import _extras
from keras_ae.series.peaks_over_threshold import peaks_over_threshold
from keras_ae.series.resample import resample
from keras_ae.series.stream_windows import stream_windows
from keras_ae.series.windows import windows

if TYPE_CHECKING:
    from keras_ae.series.series_detector import SeriesDetector

__all__ = ["SeriesDetector", "peaks_over_threshold", "resample", "stream_windows", "windows"]


def __getattr__(name: str) -> Any:
    if name == "SeriesDetector":
        return _extras.load("keras_ae.series.series_detector").SeriesDetector
    raise AttributeError(f"module 'keras_ae.series' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
