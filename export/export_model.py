"""One call from a trained model to a bundle of proven artifacts, or to an error and nothing."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae import _arrays, _checks, _extras
from keras_ae._progress import Progress, check_verbose
from keras_ae.export.bundle.build import Build, convert_and_prove
from keras_ae.export.bundle.publishing import published
from keras_ae.export.bundle.report import ExportReport
from keras_ae.export.errors import ExportError
from keras_ae.export.formats import (
    DEFAULT_FORMATS,
    FORMATS,
    OPTIONS,
    choose_formats,
    choose_precisions,
    require_packages,
)
from keras_ae.export.formats.precisions import FLOAT16, FLOAT32, INT8, INT8_STATIC
from keras_ae.export.formats.tolerance import read_tolerances
from keras_ae.export.quality import read_limits
from keras_ae.export.table_rows import check_missing

OPSET = int(OPTIONS["opset"])
ENOUGH_TO_CALIBRATE = 100


def export_model(
    model: Any,
    directory: str | Path,
    formats: Sequence[str] = DEFAULT_FORMATS,
    precisions: Sequence[str] = (FLOAT32,),
    endpoints: Sequence[str] | None = None,
    *,
    sample_data: Any,
    labels: Any = None,
    calibration_data: Any = None,
    threshold: float | None = None,
    batch: int | None = None,
    opset: int = OPSET,
    limits: Mapping[str, Any] | None = None,
    tolerances: Mapping[str, Any] | None = None,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    input_names: Mapping[str, str] | Sequence[str] | None = None,
    output_names: Mapping[str, str] | Sequence[str] | None = None,
    metadata: Mapping[str, str] | None = None,
    name: str | None = None,
    overwrite: bool = False,
    verbose: bool | Callable[[str], None] = True,
) -> ExportReport:
    """Export a model's endpoints, and prove each artifact in its own runtime.

    Every file is opened in a process of its own, by the runtime that will serve it, and compared
    with the Keras model on the sample data and on inputs drawn within each feature's range, at
    batches of 1, 3 and 17. An axis that the model leaves free stays free, and is compared at
    another size too. What fails raises, and leaves nothing at the destination; an existing bundle
    is replaced only by a proven one.

    Files take and return the model's own types: int64 stays int64 in every format. Inputs have
    the names of the model: its keys for inputs in a dict, else the names of its inputs, with `_`
    for what isn't a letter or a digit; unnamed ones are `x`, or `x_1`, `x_2`, .... Outputs are
    called by their keys, nested ones by all keys with `_` between them.

    Args:
        model: An autoencoder of this package, any built Keras model or layer (endpoint `call`), a
            pair (encoder, decoder), a fitted `AnomalyDetector` (endpoints `detect`, `attribute`,
            with its threshold) or `TableModel` (with its schema). Mixed-precision models compute
            in float32 meanwhile.
        directory: String or path, the bundle to write.
        formats: Sequence of "saved_model", "tflite", "onnx" (the default) and "openvino".
        precisions: Sequence of "float32", "float16", "int8_dynamic", "int8_static"; each format
            makes those that it has.
        endpoints: Sequence of names; None for all that the model has: encode, decode,
            reconstruct, score, and for a variational model posterior, sample_posterior, generate.
        sample_data: Array of examples as the artifacts shall take them, in numbers that the type
            of the model's input can express. uint8 images for a model of floats make files of
            uint8 in and uint8 out. For several inputs a dict by name, or a list in order.
            Seventeen of them are kept in golden.npz, for `verify`.
        labels: Array of 0 and 1 (anomaly) for the sample data, to judge int8 by AUROC too; None.
        calibration_data: Array of examples, 100 or more, that int8_static measures its ranges on.
        threshold: Number, nats, above which a score is an anomaly: `score` returns is_anomaly
            too. None for none, and for a detector, which has its own.
        batch: Integer >= 1, a fixed batch size, which mobile GPU delegates need; None for a free
            one, named `batch` in ONNX.
        opset: Integer, version of ONNX's operations, at most 18.
        limits: Dict from endpoint to dict from measure to number, what int8 may lose; None for
            the defaults of `keras_ae.export.quality.Limits`.
        tolerances: Dict from "float32" or "float16" to dict from absolute, relative, of_spread or
            share to number, how far outputs may be from the model's; None for the defaults of
            `keras_ae.export.formats.tolerance.Tolerance`.
        functions: Dict from name to function, endpoints beside the model's own. A function takes
            tensors, its parameters named for inputs of the model or for further arrays in
            `sample_data`, and returns a tensor or a dict of named tensors.
        input_names: Of a Keras model: dict from a name to the one it shall have in every file, or
            all names in order; None to keep them.
        output_names: The same of its outputs.
        metadata: Dict of strings for the manifest and the files, such as training_data, license.
        name: String, the model's name in a server's addresses: letters, digits, "_", "-" and
            "."; None for the directory's name.
        overwrite: Whether to replace a bundle that is there.
        verbose: Whether to show progress, or a function that gets each line of it.

    Returns:
        An `ExportReport`; printed, it is a table of artifacts, sizes and errors.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range, or doesn't fit the others.
        UnsupportedModelError: Something in the model can't survive in a format, or an output
            depends on the whole batch. Nothing was converted; each layer is named with the fix.
        MissingDependencyError: A converter or a runtime is not installed.
        ParityError: An artifact doesn't compute what the model does; every failing output is
            listed with its numbers.
        ExportError: A conversion failed.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> import keras_ae
        >>> from keras_ae.export import export_model, load_artifact
        >>> model = keras_ae.create_model("autoencoder", (4,), latent_dim=2, units=(8,), seed=0)
        >>> x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
        >>> directory = tempfile.mkdtemp() + "/bundle"
        >>> report = export_model(
        ...     model, directory, formats=("onnx",), sample_data=x, verbose=False
        ... )
        >>> report.proven
        True
        >>> load_artifact(directory, format="onnx").encode(x).shape
        (32, 2)
    """
    started = time.monotonic()
    directory = _checks.path("directory", directory)
    opset = _checks.integer("opset", opset)
    overwrite = _checks.boolean("overwrite", overwrite)
    check_verbose(verbose)
    chosen = choose_formats(formats)
    kinds = choose_precisions(chosen, precisions)
    functions = _functions(functions)
    _check_options(chosen, kinds, opset, calibration_data, limits, labels, batch)
    allowed = read_tolerances(tolerances)
    require_packages(chosen, kinds)
    _require_tensorflow()
    from keras_ae.execution.on_tensorflow import without_retracing_warnings
    from keras_ae.export.endpoints import kind_of, make_endpoints
    from keras_ae.export.float32_scope import in_float32
    from keras_ae.export.proof.preflight import check_float16, check_model
    from keras_ae.export.subject import make_subject

    options = (functions, input_names, output_names)
    with without_retracing_warnings():  # Keras makes grouped convolutions anew at each call
        subject = make_subject(model, sample_data, batch, *options)
    batch = subject.batch
    check_missing(subject.samples, kinds)
    if subject.threshold is not None and threshold is not None:
        raise ValueError(
            "`threshold` must be None for a detector, which has its own. "
            f"Received: threshold={_checks.shown(threshold)}"
        )
    read_limits(limits, {name: kind_of(each) for name, each in subject.functions.items()})
    models = list(subject.models.values())
    for each in models if FLOAT16 in kinds else ():
        check_float16(each)
    with in_float32(models), without_retracing_warnings():
        made = make_endpoints(
            subject.functions, subject.tensors, endpoints, threshold, subject.types
        )
        check_model(models, [each.name for each in chosen], made, {"opset": opset})
        calibration = None
        if calibration_data is not None:
            calibration = make_subject(model, calibration_data, batch, *options).drawn_samples()
            _warn_if_few(calibration)
        build = Build(
            subject=subject,
            endpoints=made,
            formats=chosen,
            precisions=kinds,
            calibration=calibration,
            labels=None if labels is None else _labels(labels, subject.samples),
            threshold=threshold if subject.threshold is None else subject.threshold,
            batch=batch,
            options={"opset": opset},
            limits=limits,
            metadata=_strings(metadata),
            name=_served_name(
                directory.resolve().name if name is None else _checks.text("name", name)
            ),
            tolerances=allowed,
        )
        with published(directory, overwrite) as staging, Progress(verbose) as progress:
            report = convert_and_prove(build, staging, progress)
    return report.at(directory, time.monotonic() - started)


def _check_options(
    formats: Sequence[Any],
    precisions: Sequence[str],
    opset: Any,
    calibration_data: Any,
    limits: Any,
    labels: Any,
    batch: Any,
) -> None:
    """Refuse what no chosen format or precision reads."""
    if batch is not None:
        _checks.integer("batch", batch, minimum=1)
    if opset != OPSET and not any("opset" in each.options for each in formats):
        having = [each.name for each in FORMATS.values() if "opset" in each.options]
        raise ValueError(
            f"`opset` is read by {', '.join(having)} only. "
            f"Received: opset={opset} with formats={tuple(f.name for f in formats)!r}"
        )
    if INT8_STATIC in precisions and calibration_data is None:
        raise ValueError(
            "`calibration_data` must be an array of examples for int8_static. "
            "Received: calibration_data=None"
        )
    if limits is not None:
        _checks.instance("limits", limits, Mapping, "a dict from endpoint to limits, or None")
    for option, value, readers in (
        ("calibration_data", calibration_data, (INT8_STATIC,)),
        ("limits", limits, INT8),
        ("labels", labels, INT8),
    ):
        if value is not None and not set(readers) & set(precisions):
            raise ValueError(
                f"`{option}` is read by {', '.join(readers)} only. "
                f"Received: {option} with precisions={_checks.shown(tuple(precisions))}"
            )


def _functions(functions: Any) -> dict[str, Callable[..., Any]]:
    functions = {} if functions is None else functions
    expected = "a dict from name to function, or None"
    return dict(_checks.instance("functions", functions, Mapping, expected))


def _require_tensorflow() -> None:
    import keras

    if keras.config.backend() != "tensorflow":
        raise ExportError(
            "An export runs on the TensorFlow backend. Received: the backend "
            f"{keras.config.backend()}; save the model, and load it where KERAS_BACKEND=tensorflow"
        )


def _warn_if_few(calibration: Mapping[str, np.ndarray]) -> None:
    count = len(next(iter(calibration.values())))
    if count < ENOUGH_TO_CALIBRATE:
        warnings.warn(
            f"int8_static measures its ranges on {count} examples; {ENOUGH_TO_CALIBRATE} or more "
            "are wanted",
            stacklevel=3,
        )


def _labels(labels: Any, samples: Mapping[str, np.ndarray]) -> np.ndarray:
    _extras.require("sklearn")
    array, count = _arrays.numbers("labels", labels), len(next(iter(samples.values())))
    if array.shape != (count,) or not np.isin(array, (0, 1)).all():
        raise ValueError(
            f"`labels` must be {count} values 0 or 1, one for each example of the sample data. "
            f"Received: shape {array.shape}, values {np.unique(array)[:5].tolist()}"
        )
    return array.astype(bool)


def _served_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
        raise ValueError(
            "`name`, or the directory's name, must be letters, digits, '_', '-' and '.', and "
            f"start with a letter or a digit. Received: name={_checks.shown(name)}"
        )
    return name


def _strings(metadata: Mapping[str, str] | None) -> dict[str, str]:
    expected = "a dict of strings"
    metadata = {} if metadata is None else metadata
    metadata = dict(_checks.instance("metadata", metadata, Mapping, expected))
    wrong = {
        key: value
        for key, value in metadata.items()
        if not (isinstance(key, str) and isinstance(value, str))
    }
    if wrong:
        raise TypeError(
            f"`metadata` must be {expected}. Received: metadata={_checks.shown(wrong)}"
        )
    return metadata
