"""Convert a SavedModel's endpoints to TFLite: a file each, and one file with them all."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from keras_ae.export._exact_rewrites import FOR_TFLITE, rewritten_saved_model
from keras_ae.export.errors import ExportError
from keras_ae.export.formats import FLOAT32, FORMATS
from keras_ae.export.quantize_tflite import make_precision
from keras_ae.export.staging import read_arrays
from keras_ae.export.tflite_metadata import with_metadata

MULTI = "model"  # the name of the file that holds every signature


def run(
    tell: Callable[[str], None],
    directory: str,
    endpoints: Mapping[str, Sequence[str]],
    precisions: Sequence[str],
    calibration: str | None,
    metadata: dict[str, str],
    opset: int,
) -> None:
    """Convert, in a child process: TensorFlow's converter leaks memory on every call.

    It converts from the SavedModel: `from_concrete_functions` with a trackable object computes
    garbage without an error. Only built-in operations are allowed, so that every interpreter can
    run the file.

    Args:
        tell: Called with the path of each file that is written.
        directory: The bundle, which holds saved_model/1.
        endpoints: The signatures to convert, each with its inputs.
        precisions: Those that TFLite makes.
        calibration: Path of the calibration data, or None.
        metadata: Constant strings to put into each file.
        opset: Not used here; converters are called alike.
    """
    del opset

    saved_model = str(Path(directory, FORMATS["saved_model"].file_name("", FLOAT32)))
    # The parent gave this process a temporary folder that ends with it.
    rewritten = str(Path(tempfile.mkdtemp(), "1"))
    saved_model = rewritten_saved_model(saved_model, endpoints, FOR_TFLITE, rewritten)
    samples = read_arrays(calibration) if calibration else {}
    files = {name: [name] for name in endpoints}
    if len(endpoints) > 1:
        files[MULTI] = list(endpoints)
    for name, keys in files.items():
        float_model = to_float32(saved_model, keys)
        for precision in precisions:
            content = float_model
            if precision != FLOAT32:
                content = make_precision(saved_model, float_model, keys, precision, samples)
            path = Path(directory, FORMATS["tflite"].file_name(name, precision))
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(with_metadata(content, {**metadata, "endpoints": " ".join(keys)}))
            tell(path.relative_to(directory).as_posix())


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
