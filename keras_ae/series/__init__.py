"""Series over time: their windows, and a detector of strange points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_ae import _extras
from keras_ae.series.peaks_over_threshold import peaks_over_threshold
from keras_ae.series.resample import resample
from keras_ae.series.stream_windows import stream_windows
from keras_ae.series.windows import windows

if TYPE_CHECKING:
    from keras_ae.series.series_detector import SeriesDetector

__all__ = ["SeriesDetector", "peaks_over_threshold", "resample", "stream_windows", "windows"]
__getattr__, __dir__ = _extras.lazily(
    __name__, {"SeriesDetector": "keras_ae.series.series_detector"}
)
