"""Checks of what a caller hands to an endpoint, before a runtime sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_ae import _arrays
from keras_ae.export.exact_cast import is_exact
from keras_ae.export.signature import Signature, TensorInfo, fits


def checked_inputs(signature: Signature, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return `inputs` as arrays of the types that an endpoint takes, in its order.

    Floats of every size become float32 where that is taken. Integers become another type that
    holds every one of them: ids above 2**24, which float32 would round, are refused. Floats never
    become integers, nor numbers truth values.

    Args:
        signature: `Signature` of the endpoint.
        inputs: Mapping from names to arrays. All have the same number of examples, at least one.

    Raises:
        TypeError: an input is ragged, sparse or symbolic.
        ValueError: a name, a shape, a type or a number of examples is wrong. The message has
            everything that was expected and received.

    Example:
        >>> latent = TensorInfo("latent", (None, 2), "float32")
        >>> checked_inputs(Signature("decode", (latent,), ()), {"latent": [1, 2]})
        Traceback (most recent call last):
        ValueError: `latent` must have shape (batch, 2): `decode` takes
        latent: float32 (batch, 2). Received: latent: int64 (2,)
    """
    arrays = {name: _arrays.as_array(name, value) for name, value in inputs.items()}
    wrong = _wrong_names(signature, arrays)
    for tensor in () if wrong else signature.inputs:
        wrong = wrong or _wrong_shape(tensor, arrays[tensor.name])
        wrong = wrong or _wrong_type(tensor, arrays[tensor.name])
    wrong = wrong or _wrong_batch(arrays)
    if wrong:
        expected = "; ".join(tensor.text for tensor in signature.inputs)
        received = "; ".join(
            TensorInfo(name, array.shape, str(array.dtype)).text for name, array in arrays.items()
        )
        raise ValueError(
            f"{wrong}: `{signature.name}` takes {expected}. Received: {received or 'nothing'}"
        )
    return {
        tensor.name: np.asarray(arrays[tensor.name], tensor.dtype, order="C")
        for tensor in signature.inputs
    }


def _wrong_names(signature: Signature, arrays: Mapping[str, np.ndarray]) -> str:
    names = [tensor.name for tensor in signature.inputs]
    if absent := [name for name in names if name not in arrays]:
        return f"`{absent[0]}` is missing"
    if unknown := [name for name in arrays if name not in names]:
        return f"`{unknown[0]}` is not an input"
    return ""


def _wrong_shape(tensor: TensorInfo, array: np.ndarray) -> str:
    shape = TensorInfo("", tensor.shape, "").text.removeprefix(":  ")
    return "" if fits(array.shape, tensor.shape) else f"`{tensor.name}` must have shape {shape}"


def _wrong_type(tensor: TensorInfo, array: np.ndarray) -> str:
    dtype = np.dtype(tensor.dtype)
    whole = array.dtype.kind in "iu" and dtype.kind in "iu"
    if not (whole or np.can_cast(array.dtype, dtype, "same_kind")):
        return f"`{tensor.name}` must be {tensor.dtype}"
    if is_exact(array, tensor.dtype):
        return ""
    if whole:
        limits = np.iinfo(dtype)
        return f"`{tensor.name}` must be from {limits.min} to {limits.max}"
    return f"`{tensor.name}` must be of numbers that {tensor.dtype} holds without rounding"


def _wrong_batch(arrays: Mapping[str, np.ndarray]) -> str:
    batches = {name: array.shape[0] for name, array in arrays.items() if array.ndim}
    if empty := [name for name, batch in batches.items() if not batch]:
        return f"`{empty[0]}` must have at least one example"
    if len(set(batches.values())) > 1:
        return f"{' and '.join(f'`{name}`' for name in batches)} must have as many examples"
    return ""
