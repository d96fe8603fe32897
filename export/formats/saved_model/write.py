"""Write endpoints as a SavedModel for TensorFlow Serving: one signature each, weights once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from keras_ae.export.endpoints import Endpoint, default_endpoint

DEFAULT_SIGNATURE = "serving_default"


def write_saved_model(
    endpoints: Mapping[str, Endpoint], models: Iterable[Any], directory: str | Path
) -> None:
    """Write one SavedModel, with a signature for each endpoint and serving_default.

    The model itself is not tracked: Keras' own export would store every weight twice. What the
    endpoints don't use (a sampling layer's seed, metrics, an optimizer) is not in the file.

    Args:
        endpoints: Dict from name to `Endpoint`.
        models: The Keras models that they call.
        directory: Where saved_model.pb goes, for TensorFlow Serving a number.
    """
    import keras

    archive = keras.export.ExportArchive()
    for layer in (layer for model in models for layer in model._flatten_layers()):
        if getattr(layer, "lookup_table", None) is not None:
            archive.track(layer)  # a table is no variable, which would be found by itself
    for name, endpoint in endpoints.items():
        _add(archive, name, endpoint)
    default = endpoints[default_endpoint(list(endpoints))]
    _add(archive, DEFAULT_SIGNATURE, default)
    archive.write_out(str(directory), verbose=False)


def _add(archive: Any, name: str, endpoint: Endpoint) -> None:
    archive.add_endpoint(name, endpoint.traceable(), input_signature=endpoint.specs())
