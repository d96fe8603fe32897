"""What is exported: a model of this package, any Keras model, or an encoder and a decoder."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae import _checks
from keras_ae.export.artifact import Artifact
from keras_ae.export.detector import find_detection_model, find_table_model
from keras_ae.export.endpoints import (
    Function,
    default_endpoint,
    kind_of,
    returning,
    run_rows,
    taken_by,
)
from keras_ae.export.errors import first_line
from keras_ae.export.float32_scope import half_layers, in_float32
from keras_ae.export.keras_model import fixed_batch, model_of_layer, read_model, require_built
from keras_ae.export.keras_pair import read_pair
from keras_ae.export.samples import read_samples, typed
from keras_ae.export.signature import TensorInfo
from keras_ae.export.table_rows import rows_of

SEED = 0


@dataclass(frozen=True)
class Subject:
    """A model as functions of named tensors, with samples of each.

    Args:
        models: Dict from file name to the Keras models.
        functions: Dict from endpoint to function of tensors.
        tensors: Dict from input name to `TensorInfo`.
        samples: Dict from input name to an array of examples.
        types: Dict from input name to the type that the functions take, where it isn't that of
            the artifact's tensor: bytes become floats within the graph.
        distance: Largest difference of an output from the mixed-precision original; 0 for a model
            that computes in float32 itself.
        threshold: Score above which an example is an anomaly, of a detector; None of all else.
        own: Names of the functions that the user added; no class of a model has them.
        columns: Names of the columns that a detector was fitted on; None where it saw none.
        schema: What the columns of a model of a table are, as JSON; None of all else.
    """

    models: dict[str, Any]
    functions: dict[str, Function]
    tensors: dict[str, TensorInfo]
    samples: dict[str, np.ndarray]
    types: dict[str, str]
    distance: float = 0.0
    threshold: float | None = None
    own: tuple[str, ...] = ()
    columns: tuple[str, ...] | None = None
    schema: str | None = None

    @property
    def batch(self) -> int | None:
        """The batch size of every file; None for a free one."""
        return next(iter(self.tensors.values())).shape[0]

    def drawn_samples(self) -> dict[str, np.ndarray]:
        """Return the samples with latents that are drawn, where the model draws them.

        Ranges that are measured on means alone would clip what generates and samples.
        """
        from keras_ae.models._functions import CODE

        drawn = {}
        for name, function in self.functions.items():
            takes = taken_by(function)
            if kind_of(function) == CODE and len(takes) > 1:  # of the data and of noise
                outputs = self.run(name)
                drawn.update({each: outputs[each] for each in outputs if each in self.samples})
        return {**self.samples, **drawn}

    def run(self, name: str) -> dict[str, np.ndarray]:
        """Run a function on all samples, in the types that it takes."""
        return run_rows(self.functions[name], typed(self.samples, self.types))

    def measured_distance(self) -> float:
        """Return how far the float32 model is from the one that computes in half precision."""
        models = list(self.models.values())
        if not half_layers(models):
            return 0.0
        name = default_endpoint(list(self.functions))
        before = self.run(name)
        with in_float32(models):
            after = self.run(name)
        differences = (
            np.abs(after[key] - before[key].astype("float64"))
            for key in after
            if np.issubdtype(after[key].dtype, np.floating)
        )
        return max((float(np.max(each, initial=0.0)) for each in differences), default=0.0)

    def with_functions(self, functions: Mapping[str, Callable[..., Any]], data: Any) -> Subject:
        """Return the subject with the user's own endpoints.

        Args:
            functions: Dict from name to function of tensors.
            data: The sample data, a dict where a function takes what the model doesn't.

        Raises:
            ValueError: A name is taken, or what a function takes is not there.
        """
        tensors, samples, found = dict(self.tensors), dict(self.samples), dict(self.functions)
        for name, function in functions.items():
            taken = name in found or hasattr(Artifact, str(name))
            if taken or not str(name).isidentifier() or not callable(function):
                raise ValueError(
                    "`functions` must be a dict from new names to functions of tensors; the model "
                    f"has {', '.join(self.functions)}. "
                    f"Received: {_checks.shown({name: function})}"
                )
            for each in taken_by(function):
                if each in samples:
                    continue
                if not isinstance(data, Mapping) or each not in data:
                    raise ValueError(
                        f"`sample_data` must be a dict with {each!r}, which the function {name!r} "
                        f"takes and the model doesn't: it has {', '.join(samples)}"
                    )
                samples[each] = array = read_samples(each, data[each], None, None)
                tensors[each] = TensorInfo(each, (self.batch, *array.shape[1:]), array.dtype.name)
            found[name] = returning(function, name, tensors)
        own = tuple(functions)
        return replace(self, functions=found, tensors=tensors, samples=samples, own=own)

    def save(self, directory: Path) -> None:
        """Save the models beside their artifacts; warn of one that Keras can't save."""
        for name, model in self.models.items():
            try:
                model.save(directory / name)
            except Exception as error:  # noqa: BLE001 - a layer's own get_config may raise anything
                (directory / name).unlink(missing_ok=True)
                warnings.warn(
                    f"{name} is not in the bundle, as Keras can't save this model: "
                    f"{first_line(error)}",
                    stacklevel=5,
                )


def make_subject(
    model: Any,
    sample_data: Any,
    batch: int | None,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    input_names: Any = None,
    output_names: Any = None,
) -> Subject:
    """Look at what shall be exported.

    Args:
        model: An autoencoder of this package, a built Keras model or layer, an anomaly detector,
            or a pair (encoder, decoder): the encoder's first output that fits the decoder is the
            latent.
        sample_data: Array of examples; for several inputs a dict by name or a list in order.
        batch: Integer, the batch size of every file; None for a free one.
        functions: Dict from name to function of tensors, endpoints beside the model's own.
        input_names: Dict from name to new name, or a sequence of names; None to keep them.
        output_names: The same of outputs.

    Returns:
        A `Subject`.

    Raises:
        TypeError: `model` is none of those.
        ValueError: The sample data, the functions or the names don't fit the model.
    """
    import keras

    from keras_ae.models import Autoencoder

    table = find_table_model(model)
    if table is not None:
        model, sample_data = table.model, rows_of(table.schema, sample_data)
    detection_model = find_detection_model(model)
    pair = isinstance(model, (tuple, list)) and len(model) == 2
    renamed = input_names is not None or output_names is not None
    if isinstance(model, Autoencoder):
        subject = _autoencoder(model, sample_data, batch)
    elif detection_model is not None:
        subject = _detector(detection_model, sample_data, batch)
    elif pair and all(isinstance(each, keras.layers.Layer) for each in model):
        subject = Subject(**vars(read_pair(model[0], model[1], _only_x(sample_data), batch)))
    elif isinstance(model, keras.layers.Layer):
        model = model_of_layer("`model`", model, sample_data)
        require_built(model)
        names = {"input_names": input_names, "output_names": output_names}
        subject = Subject(**vars(read_model(model, sample_data, batch, **names)))
        renamed = False
    else:
        raise TypeError(
            "`model` must be an autoencoder, a Keras model or layer, a pair (encoder, decoder), "
            "a fitted AnomalyDetector or TableModel. "
            f"Received: model of type {type(model).__name__}"
        )
    if renamed:
        raise ValueError(
            "`input_names` and `output_names` are for a Keras model of one endpoint, `call`. "
            f"Received: a model with the endpoints {', '.join(subject.functions)}"
        )
    if functions:
        subject = subject.with_functions(functions, sample_data)
    columns = getattr(model, "feature_names_in_", None) if detection_model is not None else None
    return replace(
        subject,
        distance=subject.measured_distance(),
        columns=None if columns is None else tuple(map(str, columns)),
        schema=None if table is None else table.schema.to_json(),
    )


def _autoencoder(model: Any, sample_data: Any, batch: int | None) -> Subject:
    if None in (model.example_shape or ()):
        raise ValueError(
            "`model` must be of images of one size; build it with one and copy the weights by "
            f"set_weights. Received: a model of images {model.example_shape}"
        )
    types = {"x": _input_type(model)}
    x = read_samples(
        "sample_data",
        _only_x(sample_data),
        model.example_shape,
        types["x"],
        model.likelihood.takes_missing,
    )
    functions = model.functions()
    samples = {"x": x, **model.bottleneck.draw_inputs(len(x), SEED)}
    wanted = {each for function in functions.values() for each in taken_by(function)}
    with in_float32([model]):
        for function in functions.values():
            # What a function takes and another one returns: a latent, indices.
            if wanted <= set(samples) or not set(taken_by(function)) <= set(samples):
                continue
            outputs = run_rows(function, typed(samples, types))
            samples = {**{name: outputs[name] for name in outputs if name in wanted}, **samples}
    return _subject(model, functions, samples, types, fixed_batch(model.encoder, batch))


def _input_type(model: Any) -> str:
    """Return the type of an autoencoder's data: its encoder's own, where nothing is before it."""
    inputs = getattr(model.encoder, "inputs", None)
    if model.preprocessor is None and inputs:
        return str(inputs[0].dtype)
    return "float32"


def _detector(model: Any, sample_data: Any, batch: int | None) -> Subject:
    x = read_samples("sample_data", _only_x(sample_data), model.example_shape, model.input_dtype)
    types = {"x": model.input_dtype}
    made = _subject(model, model.functions(), {"x": x}, types, fixed_batch(model, batch))
    return replace(made, threshold=model.threshold)


def _subject(
    model: Any,
    functions: dict[str, Function],
    samples: dict[str, np.ndarray],
    types: dict[str, str],
    batch: int | None,
) -> Subject:
    tensors = {
        name: TensorInfo(name, (batch, *array.shape[1:]), array.dtype.name)
        for name, array in samples.items()
    }
    return Subject({"model.keras": model}, functions, tensors, samples, types)


def _only_x(sample_data: Any) -> Any:
    """Return the examples of a model of one input, `x`, of what may hold other inputs' too."""
    if isinstance(sample_data, dict):
        if "x" not in sample_data:
            raise ValueError(
                "`sample_data` must have an array for the model's input, x. "
                f"Received: {', '.join(map(str, sample_data))}"
            )
        return sample_data["x"]
    return sample_data
