"""What a model asks of its encoder and decoder: one tensor in, one tensor out."""

from __future__ import annotations

from typing import Any

ROLES = {
    "encoder": "one tensor of features: the bottleneck makes mean and scale of them",
    "decoder": "one tensor of the likelihood's parameters",
}


def check_one_tensor(name: str, part: Any) -> None:
    """Raise a ValueError if a model takes or returns several tensors.

    Args:
        name: "encoder" or "decoder".
        part: A layer or model; only a built Functional or Sequential model can tell.
    """
    built = getattr(part, "built", False)
    inputs = getattr(part, "inputs", None) if built else None
    outputs = getattr(part, "outputs", None) if built else None
    if inputs is not None and len(inputs) != 1:
        raise ValueError(
            f"`{name}` must take one tensor; concatenate several inputs into one. "
            f"Received: {name} with {len(inputs)} inputs"
        )
    if outputs is not None and len(outputs) != 1:
        raise _several(name, len(outputs))


def check_one_shape(name: str, shape: Any) -> None:
    """Raise a ValueError if a part's output shape is that of several tensors."""
    if isinstance(shape, dict) or any(isinstance(each, (tuple, list)) for each in shape):
        raise _several(name, len(shape))


def check_takes(name: str, part: Any, shape: Any) -> None:
    """Raise a ValueError if a built part takes another shape than it will get."""
    known = getattr(part, "input_shape", None) if getattr(part, "built", False) else None
    if known is None or not all(isinstance(size, (int, type(None))) for size in (*known, *shape)):
        return
    if len(known) != len(shape) or any(
        None not in (one, other) and one != other for one, other in zip(known, shape, strict=True)
    ):
        raise ValueError(
            f"`{name}` must take {tuple(shape)}. Received: {name} that takes {tuple(known)}"
        )


def check_comes_back(name: str, x: Any, encoder: Any, bottleneck: Any, decoder: Any) -> None:
    """Raise a ValueError if images would be decoded to another size: the encoder rounded it."""
    latent = bottleneck.compute_output_shape(encoder.compute_output_shape((None, *x.shape[1:])))
    decoded = decoder.compute_output_shape(latent)
    if tuple(decoded[1:-1]) != tuple(x.shape[1:-1]):
        raise ValueError(
            f"`{name}` must have a height and a width that the encoder divides without a rest. "
            f"Received: shape={tuple(x.shape)}, decoded to {' x '.join(map(str, decoded[1:-1]))}"
        )


def _several(name: str, outputs: int) -> ValueError:
    return ValueError(
        f"`{name}` must return {ROLES[name]}. Received: {name} with {outputs} outputs"
    )
