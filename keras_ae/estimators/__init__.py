"""Estimators in scikit-learn's conventions.

Names are imported at first use: what only loads a detector's Keras model needs no scikit-learn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    "AnomalyDetector": "keras_ae.estimators.anomaly_detector",
    "AnomalyScore": "keras_ae.estimators.scores",
    "AutoencoderTransformer": "keras_ae.estimators.autoencoder_transformer",
    "DenoisingError": "keras_ae.estimators.scores",
    "DetectionModel": "keras_ae.estimators.detection_model",
    "DetectionScores": "keras_ae.estimators.detection_scores",
    "EvidenceBound": "keras_ae.estimators.scores",
    "ImportanceWeightedLikelihood": "keras_ae.estimators.scores",
    "ReconstructionError": "keras_ae.estimators.scores",
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
__getattr__, __dir__ = _extras.lazily(__name__, _MODULES)
