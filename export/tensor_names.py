"""Names of a model's tensors: the same in every format, and after each reload of the model."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Sequence
from typing import Any

_NUMBERED = re.compile(r"(keras_tensor|input_layer)(_\d+)?")  # what Keras calls unnamed inputs


def input_names(structure: Any) -> list[str]:
    """Return a name for each input of a model, in the order of `keras.tree.flatten`.

    It is the input's key in a dict, else its own name. Keras numbers unnamed inputs by what was
    made before them in the process: they are called `x`, or `x_1`, `x_2`, ... by their place.

    Args:
        structure: A Keras tensor or an array, or dicts, lists and tuples of those.

    Example:
        >>> import keras
        >>> input_names({"image-left": keras.Input((4,)), "1st": keras.Input((2,))})
        ['x_1st', 'image_left']
        >>> input_names([keras.Input((4,)), keras.Input((4,), name="class")])
        ['x_1', 'class_']
    """
    leaves = leaves_of(structure)
    names = []
    for place, (path, tensor) in enumerate(leaves, 1):
        own = getattr(tensor, "name", None) if hasattr(tensor, "_keras_history") else None
        if any(isinstance(key, str) for key in path):
            names.append("_".join(map(str, path)))
        elif own and not _NUMBERED.fullmatch(own):
            names.append(own)
        else:
            names.append("x" if len(leaves) == 1 else f"x_{place}")
    return clean_names(names)


def named_outputs(
    outputs: Any, own: Sequence[str] | None, alone: str, inputs: Iterable[str]
) -> dict[str, Any]:
    """Give every output of a model a name: its keys in dicts, else the model's own name for it.

    Args:
        outputs: A tensor, or dicts, lists and tuples of tensors.
        own: The model's own names of its outputs, or None.
        alone: String, the name of an output that is the only one and has no key.
        inputs: Names of the inputs. An ONNX graph can't use one for an output too: the output
            `image` of an input `image` is called `image_output`, in every format.

    Example:
        >>> named_outputs({"code": {"mean": 1, "scale": 2}, "x": 3}, None, "output", ["x"])
        {'code_mean': 1, 'code_scale': 2, 'x_output': 3}
    """
    leaves = leaves_of(outputs)
    keyed = any(isinstance(key, str) for path, _ in leaves for key in path)
    if keyed:
        names = ["_".join(map(str, path)) for path, _ in leaves]
    elif len(leaves) == 1:
        names = [alone]
    elif own and len(own) == len(leaves):
        names = list(own)
    else:
        names = [f"output_{place}" for place in range(len(leaves))]
    names = clean_names(names)
    taken = set(inputs)
    names = [f"{name}_output" if name in taken else name for name in names]
    return dict(zip(names, (leaf for _, leaf in leaves), strict=True))


def leaves_of(structure: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """Return each leaf of a structure with the keys and places that lead to it."""
    import keras

    return list(keras.tree.flatten_with_path(structure))


def clean_names(names: Sequence[str]) -> list[str]:
    """Return names of ASCII letters, digits and `_`, which every format takes, each once.

    A word of Python's own gets a `_` at its end: TensorFlow refuses it as a parameter.

    Example:
        >>> clean_names(["image-left", "1st", "class", "image_left"])
        ['image_left', 'x_1st', 'class_', 'image_left_dup1']
    """
    cleaned: list[str] = []
    for name in names:
        base = re.sub(r"[^A-Za-z0-9_]", "_", name).lstrip("_") or "tensor"
        base = f"x_{base}" if base[0].isdigit() else base
        base = f"{base}_" if keyword.iskeyword(base) else base
        same = [other for other in cleaned if other.rsplit("_dup", 1)[0] == base]
        cleaned.append(f"{base}_dup{len(same)}" if same else base)
    return cleaned
