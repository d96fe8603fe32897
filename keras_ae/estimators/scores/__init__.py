"""Scores: how strange an example is to a model."""

from __future__ import annotations

import dataclasses
from typing import Any

from keras_ae import _checks
from keras_ae.estimators.scores.anomaly_score import AnomalyScore
from keras_ae.estimators.scores.denoising_error import DenoisingError
from keras_ae.estimators.scores.evidence_bound import EvidenceBound
from keras_ae.estimators.scores.importance_weighted_likelihood import (
    ImportanceWeightedLikelihood,
)
from keras_ae.estimators.scores.reconstruction_error import ReconstructionError

__all__ = [
    "AnomalyScore",
    "DenoisingError",
    "EvidenceBound",
    "ImportanceWeightedLikelihood",
    "ReconstructionError",
]

SCORES: dict[str, Any] = {
    "elbo": EvidenceBound,
    "importance_weighted": ImportanceWeightedLikelihood,
    "reconstruction_error": ReconstructionError,
    "denoising_error": DenoisingError,
}


def resolve_score(scoring: Any) -> AnomalyScore:
    """Return the score object of a name, or the object itself.

    Raises:
        TypeError: It is neither.
        ValueError: The name is unknown.
    """
    if isinstance(scoring, AnomalyScore):
        return scoring
    expected = f"one of {', '.join(SCORES)}, or an AnomalyScore"
    if not isinstance(scoring, str):
        raise TypeError(
            f"`scoring` must be {expected}. Received: scoring={_checks.shown(scoring)}"
        )
    if scoring not in SCORES:
        raise ValueError(
            f"`scoring` must be {expected}. Received: scoring={_checks.shown(scoring)}"
        )
    return SCORES[scoring]()


def to_record(score: AnomalyScore) -> dict[str, Any]:
    """Return a score as plain values, as JSON holds them.

    Raises:
        ValueError: The score is of a class of the user's own.
    """
    names = [name for name, kind in SCORES.items() if kind is type(score)]
    if not names or not dataclasses.is_dataclass(score):
        raise ValueError(
            f"`scoring` must be one of the package's own to be saved: {', '.join(SCORES)}. "
            f"Received: scoring={_checks.shown(score)}"
        )
    return {"name": names[0], "arguments": dataclasses.asdict(score)}


def from_record(record: dict[str, Any]) -> AnomalyScore:
    """Make the score that `to_record` wrote."""
    return SCORES[record["name"]](**record["arguments"])
