"""An exported model whose endpoints are methods."""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np

from keras_ae import _checks
from keras_ae.export.errors import ExportError
from keras_ae.export.formats.reader import Reader
from keras_ae.export.signature import Signature
from keras_ae.export.table_rows import rows_of


class Artifact:
    """An exported model, whichever format and precision it has.

    Each endpoint is a method: `artifact.encode(x)`, `artifact.sample_posterior(x, epsilon)`. Its
    arguments are given in the signature's order or by name. It returns the array where there is
    one output, else a named tuple: `artifact.posterior(x).mean`. Values are real units in every
    precision: those of int8 files are converted with scale and zero point.

    Outputs come in one order in every format: score, decision, is_anomaly; mean, scale; others by
    the alphabet.

    `load_artifact` makes these objects. They can be used in a `with` statement. They can be
    pickled: a copy opens its files anew, each when it is first used.

    Args:
        readers: Mapping from each endpoint's name to its `Reader`, or to a function that returns
            the reader, called when the endpoint is first used.
        schema: A `keras_ae.tables.TableSchema`, by which `x` may be a data frame, a dict of
            columns or a list of dicts; None where there is no table.

    Attributes:
        endpoints: Tuple of strings.
        schema: The schema; its `decode` makes a data frame of a reconstruction.
    """

    def __init__(
        self, readers: Mapping[str, Reader | Callable[[], Reader]], schema: Any = None
    ) -> None:
        self._readers = dict(readers)
        self._opened: dict[Callable[[], Reader], Reader] = {}
        self._closed = False
        self.schema = schema
        self.endpoints = tuple(self._readers)

    @classmethod
    def of_file(cls, open_file: Callable[[], Reader], schema: Any = None) -> Self:
        """Return all endpoints of one file, which is opened.

        Args:
            open_file: Function that returns its `Reader`; it can be pickled.
            schema: As in the constructor.
        """
        reader = open_file()
        artifact = cls(dict.fromkeys(reader.signatures, open_file), schema)
        artifact._opened[open_file] = reader
        return artifact

    @property
    def signatures(self) -> dict[str, Signature]:
        """Each endpoint's `Signature`. Opens all files."""
        return {
            endpoint: self._reader(endpoint).signatures[endpoint] for endpoint in self.endpoints
        }

    def run(self, endpoint: str, /, **inputs: Any) -> dict[str, np.ndarray]:
        """Return an endpoint's outputs by name.

        Args:
            endpoint: String, one of `endpoints`.
            **inputs: Arrays by name, of any batch size where the signature's is None.

        Raises:
            ValueError: the endpoint is unknown, or an input is wrong.
            ExportError: the file can't be opened, or its runtime failed.
        """
        if endpoint not in self._readers:
            raise ValueError(
                f"`endpoint` must be one of {', '.join(self.endpoints)}. "
                f"Received: endpoint={_checks.shown(endpoint)}"
            )
        if self.schema is not None and "x" in inputs:
            inputs["x"] = rows_of(self.schema, inputs["x"])
        return self._reader(endpoint).run(endpoint, inputs)

    def close(self) -> None:
        """Free what the runtimes hold. Endpoints can't be used after it."""
        self._closed = True
        for reader in (*self._readers.values(), *self._opened.values()):
            if isinstance(reader, Reader):
                reader.close()

    def __getstate__(self) -> dict[str, Any]:
        # A runtime's session belongs to its process.
        return {**self.__dict__, "_opened": {}}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        # Copying and pickling ask for special names before there are any endpoints.
        endpoints = self.__dict__.get("endpoints", ())
        if name not in endpoints:
            raise AttributeError(
                f"the artifact has no endpoint {name!r}. It has: {', '.join(endpoints)}"
            )
        return functools.partial(self._call, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.endpoints})

    def __repr__(self) -> str:
        return f"Artifact({', '.join(self.endpoints)})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _reader(self, endpoint: str) -> Reader:
        if self._closed:
            raise ExportError("the artifact is closed")
        reader = self._readers[endpoint]
        if isinstance(reader, Reader):
            return reader
        if reader not in self._opened:
            self._opened[reader] = reader()
        return self._opened[reader]

    def _call(self, endpoint: str, /, *arrays: Any, **named: Any) -> Any:
        signature = self._reader(endpoint).signatures[endpoint]
        names = [tensor.name for tensor in signature.inputs]
        if len(arrays) > len(names):
            raise TypeError(f"{endpoint}({', '.join(names)}) was given {len(arrays)} arrays")
        inputs = dict(zip(names, arrays, strict=False))
        if twice := [name for name in named if name in inputs]:
            raise TypeError(f"{endpoint}({', '.join(names)}) was given `{twice[0]}` twice")
        outputs = self.run(endpoint, **inputs, **named)
        if len(outputs) == 1:
            return next(iter(outputs.values()))
        return _named_tuple(endpoint, tuple(outputs))(*outputs.values())


@functools.cache
def _named_tuple(endpoint: str, names: tuple[str, ...]) -> Callable[..., Any]:
    # A name that Python has no attribute for, such as "a/b", becomes its position: _0, _1.
    title = "".join(part.capitalize() for part in endpoint.split("_"))
    return collections.namedtuple(title, names, rename=True)
