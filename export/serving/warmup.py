"""Requests that a server runs while it loads a model, so that the first user doesn't wait.

The messages PredictionLog and PredictRequest belong to TensorFlow Serving, whose Python package an
exporter need not have. They only wrap tensors in named fields, so they are written here as the
bytes that Protocol Buffers define: a field is its number, its length and its content. Tensors and
the file's records are TensorFlow's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

# Field numbers of tensorflow_serving/apis: prediction_log.proto, predict.proto, model.proto.
_PREDICT_LOG, _REQUEST = 6, 1
_MODEL_SPEC, _INPUTS = 1, 2
_NAME, _SIGNATURE_NAME = 1, 3
_KEY, _VALUE = 1, 2  # an entry of a map
_LENGTH_DELIMITED = 2


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
    names = _field(_NAME, model_name.encode()) + _field(_SIGNATURE_NAME, signature_name.encode())
    request = _field(_MODEL_SPEC, names)
    for name, tensor in tensors.items():
        request += _field(_INPUTS, _field(_KEY, name.encode()) + _field(_VALUE, tensor))
    return _field(_PREDICT_LOG, _field(_REQUEST, request))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Return an integer >= 0 in groups of 7 bits, the lowest first, all but the last marked."""
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)
