"""Estimators in scikit-learn's conventions.

Names are imported at first use: what only loads a detector's Keras model needs no scikit-learn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras_ae import _extras

if TYPE_CHECKING:
    from keras_ae.estimators.anomaly_detector import AnomalyDetector
    from keras_ae.estimators.autoencoder_transformer import AutoencoderTransformer
    from keras_ae.estimators.detection_model import DetectionModel
    from keras_ae.estimators.detection_scores import DetectionScores
    from keras_ae.estimators.scores import (
        AnomalyScore,
        DenoisingError,
        EvidenceBound,
        ImportanceWeightedLikelihood,
        ReconstructionError,
    )

_MODULES = {
    "AnomalyDetector": "anomaly_detector",
    "AnomalyScore": "scores",
    "AutoencoderTransformer": "autoencoder_transformer",
    "DenoisingError": "scores",
    "DetectionModel": "detection_model",
    "DetectionScores": "detection_scores",
    "EvidenceBound": "scores",
    "ImportanceWeightedLikelihood": "scores",
    "ReconstructionError": "scores",
}

__all__ = [
    "AnomalyDetector",
    "AnomalyScore",
    "AutoencoderTransformer",
    "DenoisingError",
    "DetectionModel",
    "DetectionScores",
    "EvidenceBound",
    "ImportanceWeightedLikelihood",
    "ReconstructionError",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(_extras.load(f"keras_ae.estimators.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'keras_ae.estimators' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
