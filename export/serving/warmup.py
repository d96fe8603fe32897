"""Requests that a server runs while it loads a model, so that the first user doesn't wait.

The messages PredictionLog and PredictRequest belong to TensorFlow Serving, whose Python package an
exporter need not have. They only wrap tensors in named fields, so they are written here as the
bytes that Protocol Buffers define. Tensors and the file's records are TensorFlow's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.export.formats.saved_model.wire_format import field

# Field numbers of tensorflow_serving/apis: prediction_log.proto, predict.proto, model.proto.
_PREDICT_LOG, _REQUEST = 6, 1
_MODEL_SPEC, _INPUTS = 1, 2
_NAME, _SIGNATURE_NAME = 1, 3
_KEY, _VALUE = 1, 2  # an entry of a map


def write_warmup_requests(
    path: Path, model_name: str, requests: Iterable[tuple[str, Mapping[str, np.ndarray]]]
) -> None:
    """Write a TFRecord file of PredictionLog messages, one a request.

    Args:
        path: Path of the file; a server looks for assets.extra/tf_serving_warmup_requests.
        model_name: String, the model's name on the server.
        requests: Pairs of a signature's name and its input arrays by name; at most 1000.
    """
    import tensorflow as tf

    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature_name, tensors in requests:
            serialized = {
                name: tf.make_tensor_proto(array).SerializeToString(deterministic=True)
                for name, array in tensors.items()
            }
            writer.write(_prediction_log(model_name, signature_name, serialized))


def _prediction_log(model_name: str, signature_name: str, tensors: Mapping[str, Any]) -> bytes:
    """Return a serialized PredictionLog that holds a PredictRequest."""
    names = field(_NAME, model_name.encode()) + field(_SIGNATURE_NAME, signature_name.encode())
    request = field(_MODEL_SPEC, names)
    for name, tensor in tensors.items():
        request += field(_INPUTS, field(_KEY, name.encode()) + field(_VALUE, tensor))
    return field(_PREDICT_LOG, field(_REQUEST, request))
