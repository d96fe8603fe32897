"""What a series must be to train a detector on it, and the options that suit it."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae import _checks
from keras_ae.estimators._threshold import check_contamination, threshold_of
from keras_ae.estimators._training import DEFAULT_UNITS, MIN_RELATIVE_SCALE
from keras_ae.layers import LaplaceLikelihood, PredictedScale, RobustScaling
from keras_ae.series._reading import Series
from keras_ae.series.peaks_over_threshold import LEVEL, peaks_over_threshold


def series_options(x: Any, dense: bool = True) -> dict[str, Any]:
    """Return the options that suit the search for anomalies in series, as for tables.

    Args:
        x: A `WindowSource`.
        dense: Whether the network is a dense one, which then gets small layers.
    """
    return {
        **({"units": DEFAULT_UNITS} if dense else {}),
        "preprocessor": RobustScaling.of(x.points()),
        "likelihood": LaplaceLikelihood(PredictedScale(MIN_RELATIVE_SCALE)),
    }


def check_varying(series: list[Series]) -> None:
    """Raise a ValueError that names the channels which are constant."""
    low = np.min([each.values.min(axis=0) for each in series], axis=0)
    high = np.max([each.values.max(axis=0) for each in series], axis=0)
    constant = np.flatnonzero(low == high)
    if len(constant):
        found = ", ".join(f"{series[0].channel(int(each))} ({low[each]:g})" for each in constant)
        raise ValueError(
            "`X` must vary in each channel, to say what is usual there: leave constant ones out. "
            f"Received: constant channels {found}"
        )


class ThresholdRule:
    """How a threshold is set: by a share of the points, a fence or the tail.

    Args:
        contamination: As in `SeriesDetector`.
        risk: As in `SeriesDetector`.
    """

    def __init__(self, contamination: Any, risk: Any) -> None:
        self._contamination = check_contamination(contamination)
        self._risk = (
            None if risk is None else _checks.number("risk", risk, above=0, below=1 - LEVEL)
        )
        if risk is not None and self._contamination is not None:
            raise ValueError(
                "`contamination` must be 'auto' beside `risk`, which sets the threshold. "
                f"Received: contamination={contamination}, risk={risk}"
            )

    def threshold(self, strangeness: np.ndarray) -> float:
        """Return the strangeness above which something is an anomaly."""
        if self._risk is not None:
            return peaks_over_threshold(strangeness, self._risk)
        return threshold_of(strangeness, self._contamination)
