"""How well a detector finds anomalies that are known."""

from __future__ import annotations

import dataclasses
from typing import Any, Self

import numpy as np

from keras_ae import _arrays, _extras


@dataclasses.dataclass(frozen=True)
class DetectionScores:
    """The figures of a detector on labelled examples.

    Args:
        auroc: Float, area under the ROC curve: the share of pairs of an anomaly and a normal
            example in which the anomaly has the higher score.
        average_precision: Float, area under the precision-recall curve, by steps.
        f1: Float, harmonic mean of precision and recall at the threshold.
        precision: Float, share of anomalies among what is flagged.
        recall: Float, share of the anomalies that are flagged.
        flagged: Integer, examples above the threshold.
        anomalies: Integer, how many there are.
        examples: Integer.

    Example:
        >>> scores = DetectionScores.of([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], threshold=0.5)
        >>> scores.auroc, round(scores.average_precision, 4), round(scores.f1, 4), scores.flagged
        (0.75, 0.8333, 0.6667, 1)
    """

    auroc: float
    average_precision: float
    f1: float
    precision: float
    recall: float
    flagged: int
    anomalies: int
    examples: int

    @classmethod
    def of(cls, score: Any, labels: Any, threshold: float) -> Self:
        """Compare scores with labels, by scikit-learn's metrics.

        Args:
            score: Array of shape (examples,), higher is stranger.
            labels: Array of shape (examples,), 1 for an anomaly and 0 for a normal example.
            threshold: Number above which a score is an anomaly.

        Raises:
            ValueError: The arrays differ in length, a score isn't finite, or the labels aren't 0
                and 1 with both among them.
        """
        _extras.require("sklearn")
        from sklearn import metrics

        strange = _arrays.numbers("score", score).astype("float64")
        truth = _arrays.numbers("labels", labels)
        if truth.shape != strange.shape or not np.array_equal(np.unique(truth), (0, 1)):
            raise ValueError(
                f"`labels` must be of shape {strange.shape}, 0 for normal and 1 for an anomaly, "
                f"with both among them. Received: shape {truth.shape}, "
                f"values {np.unique(truth)[:5].tolist()}"
            )
        _arrays.finite("score", strange)
        truth, found = truth.astype(int), (strange > threshold).astype(int)
        return cls(
            auroc=float(metrics.roc_auc_score(truth, strange)),
            average_precision=float(metrics.average_precision_score(truth, strange)),
            f1=float(metrics.f1_score(truth, found, zero_division=0.0)),
            precision=float(metrics.precision_score(truth, found, zero_division=0.0)),
            recall=float(metrics.recall_score(truth, found, zero_division=0.0)),
            flagged=int(found.sum()),
            anomalies=int(truth.sum()),
            examples=len(truth),
        )
