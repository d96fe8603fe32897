"""Encoders and decoders as SavedModel, TFLite and ONNX files that are proven to be right.

Importing this package imports neither TensorFlow nor Keras nor any runtime: a process that only
runs an artifact needs NumPy and that artifact's runtime.
"""

from keras_ae.export.errors import (
    ExportError,
    MissingDependencyError,
    ParityError,
    UnsupportedModelError,
)
from keras_ae.export.export_model import export_model
from keras_ae.export.latency.measure_latency import measure_latency
from keras_ae.export.load_artifact import load_artifact
from keras_ae.export.verify import verify

__all__ = [
    "ExportError",
    "MissingDependencyError",
    "ParityError",
    "UnsupportedModelError",
    "export_model",
    "load_artifact",
    "measure_latency",
    "verify",
]
