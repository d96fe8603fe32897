"""What an endpoint takes and returns: names, shapes and dtypes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


def fits(shape: Sequence[int], expected: Sequence[int | None]) -> bool:
    """Whether an array's sizes are the expected ones, of which None is any.

    Example:
        >>> fits((3, 28, 28), (None, 28, 28)), fits((3, 28), (None, 28, 28))
        (True, False)
    """
    return len(shape) == len(expected) and all(
        size in (None, given) for size, given in zip(expected, shape, strict=True)
    )


@dataclass(frozen=True)
class TensorInfo:
    """One named tensor of an endpoint.

    Args:
        name: String, the same in every format.
        shape: Tuple whose first item is the batch size, None where a size is free.
        dtype: String, NumPy's name of the type, such as float32, int64, uint8 or bool.

    Example:
        >>> TensorInfo("x", (None, 28, 28, 1), "float32").text
        'x: float32 (batch, 28, 28, 1)'
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str

    @property
    def text(self) -> str:
        """The tensor in words."""
        sizes = ", ".join(
            str(size) if size is not None else "any" if axis else "batch"
            for axis, size in enumerate(self.shape)
        )
        return f"{self.name}: {self.dtype} ({sizes}{',' if len(self.shape) == 1 else ''})"


@dataclass(frozen=True)
class Signature:
    """One endpoint: its name and its named tensors.

    Args:
        name: String, the endpoint's name.
        inputs: Tuple of `TensorInfo`, in the order of the endpoint's arguments.
        outputs: Tuple of `TensorInfo`.

    Example:
        >>> latent = TensorInfo("latent", (None, 2), "float32")
        >>> decode = Signature(
        ...     "decode", (latent,), (TensorInfo("reconstruction", (None, 4), "float32"),)
        ... )
        >>> [tensor.name for tensor in decode.outputs]
        ['reconstruction']
    """

    name: str
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
