"""What the pipeline asks of a format."""

from __future__ import annotations

import abc
import importlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

from keras_ae.export.formats.reader import Reader
from keras_ae.export.formats.rule import Rule
from keras_ae.export.formats.runtimes import import_class
from keras_ae.export.formats.snippet import Snippet
from keras_ae.export.formats.tolerance import Given, Tolerance, tolerance_of
from keras_ae.export.formats.weight import Weight
from keras_ae.export.signature import Signature

WHOLE = "model"  # the name of the file that holds every endpoint, beside those of one each
Place = str | Path


class Format(abc.ABC):
    """A format that artifacts are written in: all that is known of it.

    A subclass is a folder here and a row of `keras_ae.export.formats.FORMATS`; nothing else names
    it. Its methods import what they need when they are called.

    Attributes:
        name: String, as in `formats=`; also its folder in a bundle.
        title: String, what people call it.
        keras_name: String, its name in Keras' `model.export(format=...)`.
        kind: String, what a lone artifact is, such as "a .tflite file".
        by_default: Whether it is written where no formats are named.
        precisions: Tuple of the precisions that it has.
        options: Dict from each argument of `export_model` that only such formats read to its
            default.
        converter: String, the module whose `convert(tell, conversion)` makes its files from the
            source, in a process of its own; empty for the source itself.
        contents: String, the module whose `operations`, `forbids`, `weights` and `products` read
            its files; a format of one precision needs the first two.
        reader: String "module:class" of its `Reader`.
        packages: Tuple of (module, package on PyPI) that write and read it; the last one runs it.
        extra: String, the extra of this package that installs them.
        quantizers: Tuple of (module, package on PyPI, extra) that int8 files need besides.
        lacks: Tuple of the types that its files can't take or return.
        rules: Tuple of `Rule`: what its converter or its runtime breaks on.
        harmless: Frozenset of operations that do nothing which their names say elsewhere.
        tolerances: Dict from precision to its own `Tolerance`, where it isn't everybody's.
        leaves_float: String, which kernels its converters leave as they are in int8 files.
        joins: Whether one more file of a bundle holds all endpoints together.
        reserved: Frozenset of the names that its lines in a README use.
        scoring_place: Integer, its place where files of rows are scored and no format is named.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    keras_name: ClassVar[str]
    kind: ClassVar[str]
    by_default: ClassVar[bool] = True
    precisions: ClassVar[tuple[str, ...]]
    options: ClassVar[Mapping[str, Any]] = {}
    converter: ClassVar[str] = ""
    contents: ClassVar[str]
    reader: ClassVar[str]
    packages: ClassVar[tuple[tuple[str, str], ...]]
    extra: ClassVar[str] = "export"
    quantizers: ClassVar[tuple[tuple[str, str, str], ...]] = ()
    lacks: ClassVar[tuple[str, ...]] = ("string",)
    rules: ClassVar[tuple[Rule, ...]] = ()
    harmless: ClassVar[frozenset[str]] = frozenset()
    tolerances: ClassVar[Mapping[str, Tolerance]] = {}
    leaves_float: ClassVar[str] = "converters leave small kernels as they are"
    joins: ClassVar[bool] = False
    reserved: ClassVar[frozenset[str]] = frozenset()
    scoring_place: ClassVar[int] = 2

    @property
    def runtime(self) -> tuple[str, str]:
        """The module and the package that run its files: the last of `packages`."""
        return self.packages[-1]

    def open(self, path: Place, threads: int | None = None) -> Reader:
        """Return a `Reader` of one artifact, in this format's own runtime.

        Raises:
            MissingDependencyError: The runtime is not installed.
            ExportError: The file can't be read.
        """
        reader: Reader = import_class(self.reader)(path, threads=threads)
        return reader

    def tolerance(self, precision: str, given: Given | None = None) -> Tolerance:
        """Return what an artifact's outputs are allowed.

        Args:
            precision: String; of int8 it is what they are allowed on another machine.
            given: The user's own, dict from precision to dict from name to number, or None.
        """
        return tolerance_of(precision, self.tolerances, given)

    def wrong_option(self, options: Mapping[str, Any]) -> str | None:
        """Return what is wrong with the values of its options; None for nothing."""
        del options
        return None

    def facts(self, path: Place) -> dict[str, Any]:
        """Return what else the manifest says of a file."""
        del path
        return {}

    def complete(  # noqa: B027 - most formats need nothing beside their files
        self,
        directory: Path,
        name: str,
        signatures: Sequence[Signature],
        examples: Mapping[str, Mapping[str, Any]],
        default: str,
    ) -> None:
        """Write what belongs beside its artifacts in a bundle that is proven.

        Args:
            directory: The bundle.
            name: String, the model's name in a server's addresses.
            signatures: Those of the endpoints.
            examples: Dict from endpoint to dict from input to array.
            default: String, the endpoint that a request without a name gets.
        """

    @abc.abstractmethod
    def layout(self, endpoints: Sequence[str], precision: str) -> dict[str, tuple[str, ...]]:
        """Return the artifacts of a bundle: dict from path in it to the endpoints inside."""

    def side_files(self, path: Path) -> tuple[Path, ...]:
        """Return the files that belong to an artifact beside the one at its path."""
        del path
        return ()

    @abc.abstractmethod
    def is_artifact(self, path: Path) -> bool:
        """Whether what is at a path is an artifact of this format, by itself."""

    @abc.abstractmethod
    def find(self, folder: Path) -> dict[str, dict[str, Path]]:
        """Return what its folder in a bundle holds: {precision: {endpoint or WHOLE: path}}."""

    def operations(self, path: Place) -> Counter[str]:
        """Count the operations that an artifact holds, by name."""
        return self._contents.operations(path)

    def forbids(self, operation: str, precision: str) -> str | None:
        """Return why its artifacts must not hold an operation; None where they may."""
        return self._contents.forbids(operation, precision)

    def weights(self, path: Place) -> Iterator[Weight]:
        """Yield what products multiply with, whatever its shape, and other stored matrices."""
        return self._contents.weights(path)

    def products(self, path: Place) -> Iterator[bool]:
        """Yield for each product of matrices whether the runtime computes it in 8 bits."""
        return self._contents.products(path)

    @property
    def _contents(self) -> ModuleType:
        return importlib.import_module(self.contents)

    @abc.abstractmethod
    def readme(self, snippet: Snippet) -> str:
        """Return the section of a bundle's README that runs an endpoint."""
