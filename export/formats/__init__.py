"""The table of formats: a row for each, which its own folder fills.

SavedModel is the source: every other format is converted from one, so that a layer of a notebook's
own need not be imported by a converter's process.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_ae import _checks, _extras
from keras_ae.export.errors import MissingDependencyError
from keras_ae.export.formats.format import Format
from keras_ae.export.formats.onnx.onnx_format import OnnxFormat
from keras_ae.export.formats.openvino.openvino_format import OpenVINOFormat
from keras_ae.export.formats.precisions import PRECISIONS, is_int8
from keras_ae.export.formats.saved_model.saved_model_format import SavedModelFormat
from keras_ae.export.formats.tflite.tflite_format import TFLiteFormat

SOURCE = SavedModelFormat()
FORMATS: dict[str, Format] = {
    each.name: each for each in (SOURCE, TFLiteFormat(), OnnxFormat(), OpenVINOFormat())
}
DEFAULT_FORMATS = tuple(name for name, each in FORMATS.items() if each.by_default)
# The arguments of `export_model` that only some formats read, with their defaults.
OPTIONS = {name: value for each in FORMATS.values() for name, value in each.options.items()}
MODEL_PACKAGES = (("keras", "keras"), ("tensorflow", "tensorflow"))  # whatever the format


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


def require_packages(formats: Sequence[Format], precisions: Sequence[str]) -> None:
    """Raise if a package is missing, before any work: what can't be checked isn't exported.

    Raises:
        MissingDependencyError: It names every package that is not installed.
    """
    missing: dict[str, tuple[str, str]] = {}
    for each in formats:
        needed = [(*names, each.extra) for names in (*MODEL_PACKAGES, *each.packages)]
        if any(is_int8(name) for name in precisions if name in each.precisions):
            needed += each.quantizers
        missing |= {
            package: (each.name, extra)
            for module, package, extra in needed
            if not _extras.installed(module)
        }
    if missing:
        packages = ", ".join(f"{package} (for {name})" for package, (name, _) in missing.items())
        extras = ",".join(sorted({extra for _, extra in missing.values()}))
        raise MissingDependencyError(
            f"An export needs {packages}. Received: an environment without; install them with "
            f"pip install {' '.join(missing)}, or all with pip install 'keras-ae[{extras}]'"
        )


def _names(argument: str, values: Any, known: Any) -> list[str]:
    expected = f"a non-empty selection of {', '.join(known)}"
    return _checks.selection(argument, values, known, expected)
