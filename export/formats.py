"""The table of formats: what each makes, what it needs, and which module writes and reads it."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from keras_ae import _checks, _extras
from keras_ae.export.errors import MissingDependencyError

FLOAT32, FLOAT16, INT8_DYNAMIC, INT8_STATIC = "float32", "float16", "int8_dynamic", "int8_static"
MODEL_PACKAGES = (("keras", "keras"), ("tensorflow", "tensorflow"))  # whatever the format
PRECISIONS = (FLOAT32, FLOAT16, INT8_DYNAMIC, INT8_STATIC)


@dataclass(frozen=True)
class Format:
    """One format that artifacts are written in.

    Args:
        name: String, as in `formats=`; also its folder in a bundle.
        suffix: String, how its files end; empty for a directory.
        precisions: Tuple of the precisions that it has.
        options: Tuple of the arguments of `export_model` that only such formats read.
        converter: String, the module that makes its files in a process of its own from the
            SavedModel; empty for the SavedModel itself.
        reader: String "module:class" of its `Reader`.
        packages: Tuple of (module, package on PyPI) that write and read it; the last one runs it.
        lacks: Tuple of the types that its files can't take or return.
    """

    name: str
    suffix: str
    precisions: tuple[str, ...]
    options: tuple[str, ...]
    converter: str
    reader: str
    packages: tuple[tuple[str, str], ...]
    lacks: tuple[str, ...] = ("string",)

    @property
    def runtime(self) -> tuple[str, str]:
        """The module and the package that run its files: the last of `packages`."""
        return self.packages[-1]

    def open(self, path: Any, threads: int | None = None) -> Any:
        """Return a `Reader` of one artifact, in this format's own runtime.

        Raises:
            MissingDependencyError: The runtime is not installed.
            ExportError: The file can't be read.
        """
        module, name = self.reader.split(":")
        return getattr(importlib.import_module(module), name)(path, threads=threads)

    def file_name(self, endpoint: str, precision: str) -> str:
        """Return the artifact's path in a bundle."""
        if not self.suffix:
            return f"{self.name}/1"
        middle = "" if precision == FLOAT32 else f".{precision}"
        return f"{self.name}/{endpoint}{middle}{self.suffix}"


FORMATS = {
    each.name: each
    for each in (
        Format(
            name="saved_model",
            suffix="",
            precisions=(FLOAT32,),
            options=(),
            converter="",
            reader="keras_ae.export.readers.saved_model_reader:SavedModelReader",
            packages=(("tensorflow", "tensorflow"),),
        ),
        Format(
            name="tflite",
            suffix=".tflite",
            precisions=PRECISIONS,
            options=(),
            converter="keras_ae.export.to_tflite",
            reader="keras_ae.export.readers.tflite_reader:TFLiteReader",
            packages=(("ai_edge_litert", "ai-edge-litert"),),
            lacks=("string", "uint64"),
        ),
        Format(
            name="onnx",
            suffix=".onnx",
            precisions=PRECISIONS,
            options=("opset",),
            converter="keras_ae.export.to_onnx",
            reader="keras_ae.export.readers.onnx_reader:OnnxReader",
            packages=(
                ("tf2onnx", "tf2onnx"),
                ("onnx", "onnx"),
                ("onnxruntime", "onnxruntime"),
            ),
            lacks=("string", "complex64", "complex128"),
        ),
    )
}


def choose_formats(formats: Sequence[str]) -> tuple[Format, ...]:
    """Return the chosen formats, in the table's order.

    Raises:
        ValueError: None is chosen, or there is no such format.
    """
    names = _names("formats", formats, FORMATS)
    return tuple(each for name, each in FORMATS.items() if name in names)


def choose_precisions(formats: Sequence[Format], precisions: Sequence[str]) -> tuple[str, ...]:
    """Return the chosen precisions, in the table's order; each format makes those it has.

    Raises:
        ValueError: None is chosen, or one that none of the formats has.
    """
    has = {precision for each in formats for precision in each.precisions}
    available = [precision for precision in PRECISIONS if precision in has]
    names = _names("precisions", precisions, available)
    return tuple(precision for precision in PRECISIONS if precision in names)


def require_packages(formats: Sequence[Format]) -> None:
    """Raise if a package is missing, before any work: what can't be checked isn't exported.

    Raises:
        MissingDependencyError: It names every package that is not installed.
    """
    missing = {
        package: each.name
        for each in formats
        for module, package in (*MODEL_PACKAGES, *each.packages)
        if not _extras.installed(module)
    }
    if missing:
        needed = ", ".join(f"{package} (for {name})" for package, name in missing.items())
        raise MissingDependencyError(
            f"An export needs {needed}. Received: an environment without; install them with "
            f"pip install {' '.join(missing)}, or all with pip install 'keras-ae[export]'"
        )


def _names(argument: str, values: Any, known: Any) -> list[str]:
    expected = f"a non-empty selection of {', '.join(known)}"
    return _checks.selection(argument, values, known, expected)
