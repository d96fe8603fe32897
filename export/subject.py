"""What is exported: a model of this package, any Keras model, or an encoder and a decoder."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.export.detector import find_detection_model
from keras_ae.export.float32_copy import float32_copy
from keras_ae.export.signature import TensorInfo

SEED = 0


@dataclass(frozen=True)
class Subject:
    """A model as functions of named tensors, with samples of each.

    Args:
        models: Dict from file name to the Keras models, in float32.
        functions: Dict from endpoint to function of tensors.
        tensors: Dict from input name to `TensorInfo`.
        samples: Dict from input name to an array of examples.
        distance: Largest difference of an output from the mixed-precision original; 0 for a model
            that computes in float32 itself.
        threshold: Score above which an example is an anomaly, of a detector; None of all else.
    """

    models: dict[str, Any]
    functions: dict[str, Callable[..., dict[str, Any]]]
    tensors: dict[str, TensorInfo]
    samples: dict[str, np.ndarray]
    distance: float
    threshold: float | None = None

    def drawn_samples(self) -> dict[str, np.ndarray]:
        """Return the samples with latents that are drawn, where the model draws them.

        Ranges that are measured on means alone would clip what generates and samples.
        """
        if "sample_posterior" not in self.functions:
            return self.samples
        x, epsilon = (self.samples[name] for name in ("x", "epsilon"))
        drawn = self.functions["sample_posterior"](x.astype("float32"), epsilon)["latent"]
        return {**self.samples, "latent": np.asarray(drawn)}

    def save(self, directory: Path) -> None:
        """Save the models beside their artifacts."""
        for name, model in self.models.items():
            model.save(directory / name)


def make_subject(model: Any, sample_data: Any, batch: int | None) -> Subject:
    """Look at what shall be exported.

    Args:
        model: An autoencoder of this package, a built Keras model, an anomaly detector, or a pair
            (encoder, decoder): the encoder's first output that fits the decoder is the latent.
        sample_data: Array of examples; for several inputs a dict by name or a list in order.
        batch: Integer, the batch size of every file; None for a free one.

    Returns:
        A `Subject`.

    Raises:
        TypeError: `model` is none of those.
        ValueError: The sample data don't fit the model.
    """
    import keras

    from keras_ae.models import Autoencoder

    if isinstance(model, Autoencoder):
        return _autoencoder(model, sample_data, batch)
    detection_model = find_detection_model(model)
    if detection_model is not None:
        return _detector(detection_model, sample_data, batch)
    pair = isinstance(model, (tuple, list)) and len(model) == 2
    if pair and all(isinstance(each, keras.Model) for each in model):
        return _pair(model[0], model[1], sample_data, batch)
    if isinstance(model, keras.Model):
        return _any_model(model, sample_data, batch)
    raise TypeError(
        "`model` must be an autoencoder, a Keras model, a pair (encoder, decoder) or a fitted "
        "AnomalyDetector. "
        f"Received: model={model!r}"
    )


def _autoencoder(model: Any, sample_data: Any, batch: int | None) -> Subject:
    x = _checked("sample_data", sample_data, model.example_shape)
    twin = float32_copy(model)
    latent_dim = twin.bottleneck.latent_dim
    functions = twin.functions()
    samples = {"x": x, "latent": twin.encode(x.astype("float32"))}
    prior = getattr(twin.bottleneck, "prior", None)
    if prior is not None:
        random = np.random.default_rng(SEED)
        samples["epsilon"] = random.standard_normal((len(x), latent_dim), "float32")
        if prior.noise_shape is not None:
            samples["noise"] = np.asarray(prior.draw_noise(len(x), SEED), "float32")
    distance = _distance(model, twin, x.astype("float32"))
    return Subject({"model.keras": twin}, functions, _infos(samples, batch), samples, distance)


def _detector(model: Any, sample_data: Any, batch: int | None) -> Subject:
    x = _checked("sample_data", sample_data, model.example_shape)
    twin = float32_copy(model)
    distance = 0.0
    if twin is not model:
        scores = (each.run("detect", x)["score"].astype("float64") for each in (model, twin))
        distance = float(np.max(np.abs(next(scores) - next(scores))))
    infos = _infos({"x": x}, batch)
    models = {"model.keras": twin}
    return Subject(models, twin.functions(), infos, {"x": x}, distance, twin.threshold)


def _pair(encoder: Any, decoder: Any, sample_data: Any, batch: int | None) -> Subject:
    for name, each in (("encoder", encoder), ("decoder", decoder)):
        if not each.built or len(each.inputs or [None, None]) != 1:
            raise ValueError(
                f"`model` must be a pair of built models of one input. Received: {name} "
                f"{each.name!r}, {'built' if each.built else 'not built'}"
            )
    x = _checked("sample_data", sample_data, encoder.inputs[0].shape[1:])
    encoder, decoder = float32_copy(encoder), float32_copy(decoder)

    def encode(x: Any) -> Any:
        return _named(encoder(x, training=False), encoder, "latent")

    def decode(latent: Any) -> Any:
        return _named(decoder(latent, training=False), decoder, "reconstruction")

    functions = {"encode": encode, "decode": decode}
    outputs = encode(x.astype("float32"))
    expected = tuple(decoder.inputs[0].shape[1:])
    latents = [name for name, value in outputs.items() if tuple(value.shape[1:]) == expected]
    if not latents:
        raise ValueError(
            f"`model` must be an encoder and a decoder that fit: the decoder takes {expected}. "
            f"Received: an encoder that returns {[tuple(v.shape[1:]) for v in outputs.values()]}"
        )

    def reconstruct(x: Any) -> Any:
        return decode(encode(x)[latents[0]])  # of a mean and a log-variance the mean comes first

    functions["reconstruct"] = reconstruct
    samples = {"x": x, "latent": np.asarray(outputs[latents[0]])}
    models = {"encoder.keras": encoder, "decoder.keras": decoder}
    return Subject(models, functions, _infos(samples, batch), samples, 0.0)


def _any_model(model: Any, sample_data: Any, batch: int | None) -> Subject:
    if not model.built:
        raise ValueError(
            "`model` must be built: call it on a batch first. "
            f"Received: {model.name!r}, which is not built"
        )
    import keras

    twin = float32_copy(model)
    names, structure = ["x"], None
    shapes: list[Any] = [None]
    if getattr(twin, "inputs", None):
        names = _clean([tensor.name for tensor in twin.inputs])
        shapes = [tuple(tensor.shape[1:]) for tensor in twin.inputs]
        structure = None if isinstance(twin, keras.Sequential) else twin.input
    arrays = _by_name(sample_data, names)
    samples = {
        name: _checked(name, array, shape)
        for name, array, shape in zip(names, arrays, shapes, strict=True)
    }

    def call(*tensors: Any) -> Any:
        packed = tensors[0]
        if structure is not None:
            packed = keras.tree.pack_sequence_as(structure, list(tensors))
        return _named(twin(packed, training=False), twin, "output")

    call.__signature__ = _signature_of(names)  # type: ignore[attr-defined]
    distance = _distance(model, twin, sample_data)
    return Subject(
        {"model.keras": twin}, {"call": call}, _infos(samples, batch), samples, distance
    )


def _signature_of(names: list[str]) -> Any:
    import inspect

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Signature([inspect.Parameter(name, kind) for name in names])


def _named(outputs: Any, model: Any, alone: str) -> dict[str, Any]:
    """Give every output a name: the model's own, or `alone` where there is one."""
    if isinstance(outputs, dict):
        return dict(zip(_clean(list(outputs)), outputs.values(), strict=True))
    if not isinstance(outputs, (list, tuple)):
        return {alone: outputs}
    names = getattr(model, "output_names", None) or [f"output_{i}" for i in range(len(outputs))]
    return dict(zip(_clean(list(names)), outputs, strict=True))


def _clean(names: list[str]) -> list[str]:
    """Return names that every format takes, each once."""
    cleaned: list[str] = []
    for name in names:
        base = re.sub(r"\W", "_", name).lstrip("_") or "tensor"
        same = [other for other in cleaned if other.rsplit("_dup", 1)[0] == base]
        cleaned.append(f"{base}_dup{len(same)}" if same else base)
    return cleaned


def _by_name(sample_data: Any, names: list[str]) -> list[Any]:
    if isinstance(sample_data, dict):
        missing = [name for name in names if name not in sample_data]
        if missing:
            raise ValueError(
                f"`sample_data` must have an array for each input: {', '.join(names)}. "
                f"Received: {', '.join(map(str, sample_data))}"
            )
        return [sample_data[name] for name in names]
    arrays = list(sample_data) if isinstance(sample_data, (list, tuple)) else [sample_data]
    if len(arrays) != len(names):
        raise ValueError(
            f"`sample_data` must have an array for each input: {', '.join(names)}. "
            f"Received: {len(arrays)} arrays"
        )
    return arrays


def _checked(name: str, data: Any, shape: Any) -> np.ndarray:
    """Return samples as the artifacts shall take them: uint8 as they are, the rest float32."""
    array = np.asarray(data)
    if array.dtype.kind not in "fiub" or array.ndim < 2 or not len(array):
        raise ValueError(
            f"`{name}` must be an array of numbers of shape (examples, ...), not empty. "
            f"Received: shape {array.shape}, dtype {array.dtype}"
        )
    if shape is not None:
        fits = len(array.shape) == len(shape) + 1 and all(
            size in (None, given) for size, given in zip(shape, array.shape[1:], strict=True)
        )
        if not fits:
            raise ValueError(
                f"`{name}` must be of shape (examples, {', '.join(map(str, shape))}). "
                f"Received: shape {array.shape}"
            )
    if array.dtype != np.uint8:
        array = array.astype("float32")
    if not np.isfinite(array).all():
        raise ValueError(f"`{name}` must be finite. Received: an array with NaN or infinity")
    return array


def _infos(samples: dict[str, np.ndarray], batch: int | None) -> dict[str, TensorInfo]:
    return {
        name: TensorInfo(name, (batch, *array.shape[1:]), array.dtype.name)
        for name, array in samples.items()
    }


def _distance(model: Any, twin: Any, x: Any) -> float:
    if twin is model:
        return 0.0
    import keras

    pairs = zip(
        keras.tree.flatten(model.predict(x, verbose=0)),
        keras.tree.flatten(twin.predict(x, verbose=0)),
        strict=True,
    )
    return max(float(np.max(np.abs(np.asarray(a, "float64") - b))) for a, b in pairs)
