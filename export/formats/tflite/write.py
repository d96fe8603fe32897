"""Convert a SavedModel's endpoints to TFLite: a file each, and one file with them all."""

from __future__ import annotations

import functools
import importlib
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from keras_ae.export.errors import ExportError
from keras_ae.export.formats import exact_functions as exact
from keras_ae.export.formats.convert import Conversion
from keras_ae.export.formats.precisions import FLOAT32
from keras_ae.export.formats.saved_model.rewrites import (
    Rewrite,
    rewritten_saved_model,
    source_place,
)
from keras_ae.export.formats.tflite.metadata import with_metadata
from keras_ae.export.formats.tflite.quantize import make_precision
from keras_ae.export.formats.tflite.tflite_format import TFLiteFormat
from keras_ae.export.staging import read_arrays

# What TFLite lacks, written with what it has.
FOR_TFLITE: Mapping[str, Rewrite] = {
    "Sinh": exact.sinh,
    "Cosh": exact.cosh,
    "Tan": exact.tan,
    "Asin": exact.asin,
    "Acos": exact.acos,
    "Atan": exact.atan,
    "Asinh": exact.asinh,
    "Acosh": exact.acosh,
    "Atanh": exact.atanh,
    "BatchMatMulV3": exact.integer_product,
}


def convert(tell: Callable[[str], None], conversion: Conversion) -> None:
    """Convert, in a child process: TensorFlow's converter leaks memory on every call.

    It converts from the SavedModel: `from_concrete_functions` with a trackable object computes
    garbage without an error. Only built-in operations are allowed, so that every interpreter can
    run the file.

    Args:
        tell: Called with the path of each file that is written.
        conversion: What to convert.
    """
    # The parent gave this process a temporary folder that ends with it.
    rewritten = str(Path(tempfile.mkdtemp(), "1"))
    saved_model = source_place(conversion.directory)
    saved_model = rewritten_saved_model(saved_model, conversion.endpoints, FOR_TFLITE, rewritten)
    samples = read_arrays(conversion.calibration) if conversion.calibration else {}
    _load_once()
    files = TFLiteFormat().layout(list(conversion.endpoints), FLOAT32).values()
    for keys in files:
        float_model = to_float32(saved_model, keys)
        for precision in conversion.precisions:
            content = float_model
            if precision != FLOAT32:
                content = make_precision(saved_model, float_model, keys, precision, samples)
            metadata = {**conversion.metadata, "endpoints": " ".join(keys)}
            place = _place(keys, conversion, precision)
            path = Path(conversion.directory, place)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(with_metadata(content, metadata))
            tell(place)


def _load_once() -> None:
    """Let TensorFlow's converter load a SavedModel once in this process, not twice a file.

    Each time it loads the functions of all endpoints, which takes as long as converting one.
    """
    lite: Any = importlib.import_module("tensorflow.lite.python.lite")
    load = getattr(lite, "_load", None)
    if load is not None:  # a version of TensorFlow may call it otherwise, and load more often
        once = functools.cache(lambda path, *tags: load(path, set(tags)))
        lite._load = lambda path, tags: once(path, *sorted(tags))


def _place(keys: Sequence[str], conversion: Conversion, precision: str) -> str:
    """Return the path of the file that holds these endpoints."""
    layout = TFLiteFormat().layout(list(conversion.endpoints), precision)
    return next(place for place, inside in layout.items() if inside == tuple(keys))


def to_float32(saved_model: str, signature_keys: Sequence[str]) -> bytes:
    """Return the signatures as one float32 file of built-in operations."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(
        saved_model, signature_keys=list(signature_keys)
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    try:
        return bytes(converter.convert())
    except Exception as error:  # the converter's own class, with pages of MLIR
        lacking = sorted(set(re.findall(r"'tf\.(\w+)' op", str(error))))
        if not lacking:
            raise
        raise ExportError(
            f"TFLite can't express what {', '.join(lacking)} computes in "
            f"{', '.join(signature_keys)}, and has it only among the Select TensorFlow operations"
        ) from error
