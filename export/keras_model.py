"""Any Keras model as one function of named tensors, whatever its inputs and outputs are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_ae import _checks
from keras_ae.export.endpoints import Function
from keras_ae.export.errors import UnsupportedModelError
from keras_ae.export.samples import HALVES, read_samples
from keras_ae.export.signature import TensorInfo
from keras_ae.export.tensor_names import clean_names, leaves_of, named_outputs
from keras_ae.export.tensor_names import input_names as names_of


@dataclass(frozen=True)
class ReadModel:
    """Keras models as functions of named tensors.

    Args:
        models: Dict from file name to the model.
        functions: Dict from endpoint to function of tensors.
        tensors: Dict from input to `TensorInfo`.
        samples: Dict from input to an array of examples.
        types: Dict from input to the type that the functions take.
    """

    models: dict[str, Any]
    functions: dict[str, Function]
    tensors: dict[str, TensorInfo]
    samples: dict[str, np.ndarray]
    types: dict[str, str]


def read_model(
    model: Any,
    sample_data: Any,
    batch: int | None,
    alone: str = "output",
    input_names: Any = None,
    output_names: Any = None,
) -> ReadModel:
    """Return a built model's call as a function of named tensors.

    Args:
        model: Built Keras model.
        sample_data: Array of examples; for several inputs a dict by name or by the model's own
            keys, or a list in order.
        batch: Integer, the batch size of every file; None for a free one.
        alone: String, the name of an output that is the only one.
        input_names: Dict from name to new name, or a sequence of names; None to keep them.
        output_names: The same of outputs.

    Raises:
        ValueError: The sample data or the names don't fit the model.
    """
    import keras

    structure = _structure(model)
    known = structure is not None
    if structure is None:  # what a subclassed model is called with, only its data tell
        structure = sample_data if isinstance(sample_data, (dict, tuple, list)) else None
    own = names_of(structure) if structure is not None else ["x"]
    names = _renamed("input_names", own, input_names)
    arrays = _by_name(sample_data, structure, own, names)
    inputs = [leaf for _, leaf in leaves_of(structure)] if known else [None] * len(names)
    batch = fixed_batch(model, batch)
    tensors, samples, types = {}, {}, {}
    for name, array, tensor in zip(names, arrays, inputs, strict=True):
        shape = None if tensor is None else tuple(tensor.shape[1:])
        dtype = None if tensor is None else _input_type(name, tensor)
        samples[name] = read_samples(name, array, shape, dtype)
        if dtype is None and samples[name].dtype == np.uint8:
            dtype = "float32"
        types[name] = "float32" if dtype in HALVES else dtype or samples[name].dtype.name
        sizes = samples[name].shape[1:] if shape is None else shape
        tensors[name] = TensorInfo(name, (batch, *sizes), samples[name].dtype.name)

    def call(*given: Any) -> Any:
        packed = given[0]
        if structure is not None:
            packed = keras.tree.pack_sequence_as(structure, list(given))
        outputs = model(packed, training=False)
        found = named_outputs(outputs, getattr(model, "output_names", None), alone, names)
        wanted = _renamed("output_names", list(found), output_names)
        return dict(zip(wanted, found.values(), strict=True))

    call.input_names = names  # type: ignore[attr-defined]
    return ReadModel({"model.keras": model}, {"call": call}, tensors, samples, types)


def input_names_of(model: Any) -> list[str] | None:
    """Return the names that a model's inputs have in every file; None where none are known."""
    structure = _structure(model)
    return None if structure is None else names_of(structure)


def require_built(model: Any) -> None:
    """Raise a ValueError of a model that isn't built: it has no variables yet."""
    if not model.built:
        raise ValueError(
            "`model` must be built: call it on a batch first. "
            f"Received: {_checks.shown(model.name)}, which is not built"
        )


def model_of_layer(what: str, layer: Any, sample_data: Any) -> Any:
    """Return a model as it is, and a layer that is no model as a model of it alone."""
    import keras

    if isinstance(layer, keras.Model):
        return layer
    require_built(layer)
    array = np.asarray(sample_data)
    if array.dtype.kind not in "fiub" or not array.ndim:
        raise ValueError(
            f"{what}, a layer, must be of one input, an array. Received: {_checks.shown(array)}"
        )
    dtype = "float32" if array.dtype.kind == "f" or array.dtype == np.uint8 else array.dtype.name
    start = keras.Input(array.shape[1:], dtype=dtype)
    return keras.Model(start, layer(start), name=layer.name)


def fixed_batch(model: Any, batch: int | None) -> int | None:
    """Return the batch size of every file: the one that is asked for, else the model's own.

    Raises:
        ValueError: The model is made for another one.
    """
    for tensor in getattr(model, "inputs", None) or ():
        own = tensor.shape[0] if len(tensor.shape) else None
        if own is not None and batch not in (None, own):
            raise ValueError(
                f"`batch` must be {own}, the batch size that the model is made for, or None. "
                f"Received: batch={batch}"
            )
        batch = batch if own is None else own
    return batch


def _structure(model: Any) -> Any:
    """Return the structure of a model's inputs as Keras tensors; None where it isn't known."""
    import keras

    inputs = getattr(model, "inputs", None)
    if not inputs:
        return None
    return inputs[0] if isinstance(model, keras.Sequential) else model.input


def _input_type(name: str, tensor: Any) -> str:
    if getattr(tensor, "sparse", False) or getattr(tensor, "ragged", False):
        raise UnsupportedModelError(
            f"input `{name}` is sparse or ragged, which no format takes. To fix it, make it dense"
        )
    if tensor.dtype == "string":
        raise UnsupportedModelError(
            f"input `{name}` is of strings, which no format takes here. To fix it, start the "
            "model after the layer that reads them, with its numbers as the input"
        )
    return str(tensor.dtype)


def _renamed(argument: str, names: Sequence[str], wanted: Any) -> list[str]:
    """Return names with those that the user asks for in their place."""
    if wanted is None:
        return list(names)
    if isinstance(wanted, Mapping):
        unknown = [str(name) for name in wanted if name not in names]
        renamed = [wanted.get(name, name) for name in names]
    else:
        renamed = [wanted] if isinstance(wanted, str) else list(wanted)
        unknown = [] if len(renamed) == len(names) else [f"{len(renamed)} names"]
    if unknown or renamed != clean_names(list(map(str, renamed))):
        raise ValueError(
            f"`{argument}` must give {', '.join(names)} other names, each of ASCII letters, "
            "digits and '_', not starting with a digit or '_': a dict from name to name, or all "
            f"in order. Received: {argument}={_checks.shown(wanted)}"
        )
    return renamed


def _by_name(
    sample_data: Any, structure: Any, own: Sequence[str], names: Sequence[str]
) -> list[Any]:
    """Return the samples in the order of the model's inputs."""
    if isinstance(sample_data, Mapping):
        leaves = leaves_of(dict(sample_data))
        keys = clean_names(["_".join(map(str, path)) for path, _ in leaves])
        given = dict(zip(keys, (leaf for _, leaf in leaves), strict=True))
        # A list of inputs can be given by their names, too, in whichever order.
        found = [given.get(name, given.get(first)) for name, first in zip(names, own, strict=True)]
        if missing := [name for name, each in zip(names, found, strict=True) if each is None]:
            raise ValueError(
                f"`sample_data` must have an array for each input: {', '.join(names)}. "
                f"Received: {', '.join(map(str, sample_data))}; {', '.join(missing)} is missing"
            )
        return found
    # Lists of numbers are the one input's examples; a list of one array holds it.
    holds = isinstance(sample_data, (list, tuple)) and all(map(_is_array, sample_data))
    alone = len(names) == 1 and not (holds and len(sample_data) == 1)
    arrays = [sample_data] if alone else [leaf for _, leaf in _top(sample_data, structure)]
    if len(arrays) != len(names):
        raise ValueError(
            f"`sample_data` must have an array for each input: {', '.join(names)}. "
            f"Received: {len(arrays)} arrays"
        )
    return arrays


def _is_array(data: Any) -> bool:
    return len(getattr(data, "shape", ())) > 0


def _top(sample_data: Any, structure: Any) -> list[tuple[Any, Any]]:
    """Return the arrays of a list; of a nested one where the model's inputs are nested."""
    if not isinstance(sample_data, (list, tuple)):
        return [((), sample_data)]
    nested = any(len(path) > 1 for path, _ in leaves_of(structure))
    return leaves_of(sample_data) if nested else list(enumerate(sample_data))
