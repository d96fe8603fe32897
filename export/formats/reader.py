"""What all readers of exported artifacts share."""

from __future__ import annotations

import abc
import contextlib
import os
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

import numpy as np

from keras_ae import _checks
from keras_ae.export.errors import ExportError
from keras_ae.export.formats.inputs import checked_inputs
from keras_ae.export.signature import Signature, TensorInfo

# A number of each quantized tensor of each endpoint: its scale, zero point and type in the file.
Quantization = dict[str, dict[str, dict[str, Any]]]

# Files don't keep the order of arguments, only names.
_FIRST = (
    *("x", "latent", "noise", "epsilon", "mean", "scale"),
    *("score", "decision", "is_anomaly"),
)


@contextlib.contextmanager
def told_in_one_line(path: pathlib.Path, what: str) -> Iterator[None]:
    """Turn whatever a runtime says of a file into an error that names both.

    Runtimes raise errors of many kinds where a file is damaged, some of them only when they are
    asked for a tensor's type or shape.

    Args:
        path: Path of the file.
        what: String, what failed and where: "can't be opened in LiteRT".

    Raises:
        ExportError: in place of any other exception.

    Example:
        >>> with told_in_one_line(pathlib.Path("a.onnx"), "failed in ONNX Runtime"):
        ...     [].pop()
        Traceback (most recent call last):
        keras_ae.export.errors.ExportError: a.onnx failed in ONNX Runtime: pop from empty list
    """
    try:
        yield
    except Exception as error:
        raise ExportError(f"{path} {what}: {error}") from error


class Reader(abc.ABC):
    """An exported artifact, opened in its format's runtime.

    A reader takes and returns real units: where a file holds int8, `run` applies the scale and the
    zero point both ways. Its inputs are checked before the runtime sees them.

    Subclasses open the file in their constructor, hand `signatures` to this one, and run arrays
    that are already checked in `_run`.

    Args:
        path: Path of the file or the folder.
        signatures: Mapping of endpoints' names to `Signature`.
        quantization: Mapping from endpoint to tensor to `{"scale": float, "zero_point": int,
            "dtype": str}`, without those that aren't quantized.
        unlisted: Mapping of names to `Signature` that can be run, but aren't endpoints.

    Attributes:
        signatures: Dict of each endpoint's `Signature`. A tensor's dtype is what `run` takes
            and returns: float32 where the file holds quantized integers or float16.
        quantization: See `quantization` above.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        signatures: Mapping[str, Signature],
        quantization: Quantization | None = None,
        unlisted: Mapping[str, Signature] | None = None,
    ) -> None:
        self.path = pathlib.Path(path)
        self.signatures = dict(signatures)
        self.quantization = quantization or {}
        self._unlisted = dict(unlisted or {})
        self._closed = False

    def run(self, endpoint: str, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Return an endpoint's outputs by name.

        Args:
            endpoint: String, one of `signatures`.
            inputs: Mapping from names to arrays, in any order, of any batch size where the
                signature's is None.

        Raises:
            ValueError: the endpoint is unknown, or an input is wrong.
            ExportError: the runtime failed, or the reader is closed.
        """
        if self._closed:
            raise ExportError(f"{self.path} is closed")
        signature = self.signatures.get(endpoint) or self._unlisted.get(endpoint)
        if signature is None:
            raise ValueError(
                f"`endpoint` must be one of {', '.join(self.signatures)}. "
                f"Received: endpoint={_checks.shown(endpoint)}"
            )
        return self._run(signature, checked_inputs(signature, inputs))

    def close(self) -> None:
        """Free what the runtime holds. A closed reader can be closed again, but not run."""
        if not self._closed:
            self._closed = True
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @abc.abstractmethod
    def _run(self, signature: Signature, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Run checked arrays."""

    @abc.abstractmethod
    def _close(self) -> None:
        """Free the runtime's objects."""


def ordered_signature(
    name: str, inputs: Iterable[TensorInfo], outputs: Iterable[TensorInfo]
) -> Signature:
    """Return a signature whose order is the same in every format.

    Inputs of this package's endpoints come in the order of the methods' arguments (x before
    epsilon); of outputs mean and scale come first, then score, decision and is_anomaly. Others
    follow in the order of the alphabet.

    Example:
        >>> x, noise = (TensorInfo(name, (None, 2), "float32") for name in ("x", "epsilon"))
        >>> [
        ...     tensor.name
        ...     for tensor in ordered_signature("sample_posterior", (noise, x), ()).inputs
        ... ]
        ['x', 'epsilon']
    """

    def position(tensor: TensorInfo) -> tuple[int, str]:
        return (_FIRST.index(tensor.name) if tensor.name in _FIRST else len(_FIRST)), tensor.name

    return Signature(
        name, tuple(sorted(inputs, key=position)), tuple(sorted(outputs, key=position))
    )
