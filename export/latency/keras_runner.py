"""Run a bundle's Keras model, compiled as `predict` compiles it, to measure it."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from keras_ae.export.errors import ExportError

KERAS = "keras"  # beside the formats' names


class KerasRunner:
    """The model of a bundle, on TensorFlow and the CPU, with endpoints as artifacts have them.

    An endpoint is the function that the model's own method runs for each batch, called as
    `predict_on_batch` calls it: from arrays to arrays, without what `predict` does for data of
    many batches.

    Args:
        directory: Path of the bundle.
        files: Names of its .keras files: one model, or the encoder and the decoder of a pair.
        inputs: Dict from endpoint to the names of its inputs, in the order of its arguments.
        threads: Threads within an operation; the first runner of a process decides for all.

    Raises:
        ExportError: A file can't be loaded; one with classes of the user's own can't, here.
    """

    def __init__(
        self,
        directory: str | Path,
        files: Sequence[str],
        inputs: Mapping[str, Sequence[str]],
        threads: int,
    ) -> None:
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
        import keras

        # A detector's class is known to Keras when its module is imported.
        importlib.import_module("keras_ae.estimators.detection_model")
        self._inputs = dict(inputs)
        self._functions: dict[str, Callable[[list[np.ndarray]], Any]] = {}
        try:
            models = [keras.models.load_model(Path(directory, f), compile=False) for f in files]
        except Exception as error:
            # Keras documents no list of what it raises at a class that it doesn't know.
            words = " ".join(str(error).split())[:200]
            raise ExportError(f"Keras can't load {', '.join(files)}: {words}") from error
        self._models = dict(zip((Path(file).stem for file in files), models, strict=True))

    def run(self, endpoint: str, inputs: Mapping[str, np.ndarray]) -> Any:
        """Return an endpoint's outputs, as Keras returns them."""
        # The model's own functions take floats; artifacts convert bytes themselves.
        arrays = [
            each.astype("float32") if each.dtype == np.uint8 else each
            for each in (inputs[name] for name in self._inputs[endpoint])
        ]
        if endpoint not in self._functions:
            self._functions[endpoint] = self._function(endpoint)
        return self._functions[endpoint](arrays)

    def close(self) -> None:
        """Let go of the models."""
        self._models.clear()
        self._functions.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _function(self, endpoint: str) -> Callable[[list[np.ndarray]], Any]:
        """Return the endpoint as a function of a list of arrays."""
        import keras

        from keras_ae.estimators.detection_model import DetectionModel
        from keras_ae.models import Autoencoder

        if "model" not in self._models:
            return functools.partial(self._run_pair, endpoint)
        model = self._models["model"]
        if isinstance(model, (Autoencoder, DetectionModel)):
            return model.endpoint(endpoint, model.functions()[endpoint]).predict_on_batch
        if not getattr(model, "inputs", None):
            return lambda arrays: model.predict_on_batch(arrays[0])
        pack = functools.partial(keras.tree.pack_sequence_as, model.input)
        return lambda arrays: model.predict_on_batch(pack(arrays))

    def _run_pair(self, endpoint: str, arrays: list[np.ndarray]) -> Any:
        import keras

        encoder, decoder = self._models["encoder"], self._models["decoder"]
        if endpoint == "decode":
            return decoder.predict_on_batch(arrays[0])
        outputs = encoder.predict_on_batch(arrays[0])
        if endpoint == "encode":
            return outputs
        expected = decoder.inputs[0].shape[1:]
        fitting = (each for each in keras.tree.flatten(outputs) if each.shape[1:] == expected)
        return decoder.predict_on_batch(next(fitting))
