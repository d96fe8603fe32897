"""From a trained model to files that other programs run: `export`."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from keras_ae.commands.errors import BadInput, bad_input
from keras_ae.commands.export_inputs import (
    as_bytes,
    calibration_of,
    exportable_file,
    load_exportable,
    read_labels,
    read_limits_option,
    samples_of,
)
from keras_ae.commands.start import console, start
from keras_ae.commands.use import Data, Json, Label, finite
from keras_ae.export import ExportError, export_model
from keras_ae.export.bundle.manifest import MANIFEST
from keras_ae.export.export_model import OPSET
from keras_ae.export.formats import (
    DEFAULT_FORMATS,
    FORMATS,
    choose_formats,
    choose_precisions,
    require_packages,
)
from keras_ae.export.formats.precisions import FLOAT32, INT8_STATIC, PRECISIONS

Model = Annotated[
    Path,
    typer.Argument(help="A .keras or .h5 file of any model, or the directory that a run wrote."),
]
BUNDLE = "bundle"  # the folder beside a model that it is exported to
VERSIONED = ", ".join(each.title for each in FORMATS.values() if "opset" in each.options)
MAX_SAMPLES = 512  # that artifacts are proven and judged on
DEFAULT_CALIBRATION_EXAMPLES = 256
# Of data sets with a name, as their publishers state it. CIFAR-10 has none.
DATA_LICENSES = {
    "digits-subset": "CC-BY-SA-3.0",
    "mnist": "CC-BY-SA-3.0",
    "digits": "CC-BY-4.0",
    "fashion_mnist": "MIT",
}


def export(
    model: Model,
    output: Annotated[
        Path | None,
        typer.Option(
            help=f"Directory to write; by default {BUNDLE}/ beside the model.", show_default=False
        ),
    ] = None,
    formats: Annotated[
        str, typer.Option(help=f"Of {', '.join(FORMATS)}, with commas between them.")
    ] = ",".join(DEFAULT_FORMATS),
    precisions: Annotated[
        str, typer.Option(help=f"Of {', '.join(PRECISIONS)}: each format makes those it has.")
    ] = FLOAT32,
    endpoints: Annotated[
        str | None,
        typer.Option(
            help="Such as encode,decode,reconstruct,score; by default all that the model has.",
            show_default=False,
        ),
    ] = None,
    data: Data = None,
    label: Label = None,
    uint8: Annotated[
        bool,
        typer.Option(
            "--uint8", help="Images are bytes 0..255, which the model's own preprocessor scales."
        ),
    ] = False,
    calibration_data: Annotated[
        str | None,
        typer.Option(
            help=f"Data that {INT8_STATIC} measures its ranges on; by default the training "
            "examples of --data.",
            show_default=False,
        ),
    ] = None,
    calibration_examples: Annotated[
        int | None,
        typer.Option(
            help=f"How many of them; by default {DEFAULT_CALIBRATION_EXAMPLES}.",
            show_default=False,
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            help="Score in nats above which an example is an anomaly: score returns is_anomaly.",
            show_default=False,
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            help="A .npy file, or .npz with `y`: 0 or 1 (anomaly) for each example of the data; "
            "int8 is then judged by AUROC too.",
            show_default=False,
        ),
    ] = None,
    limits: Annotated[
        list[str] | None,
        typer.Option(
            help="What int8 may lose: endpoint.measure=number, with commas, such as "
            "encode.latent_error=0.3,score.nats_lost=2.",
            show_default=False,
        ),
    ] = None,
    batch: Annotated[
        int | None,
        typer.Option(
            help="Fixed batch size, for mobile GPUs; by default any.", show_default=False
        ),
    ] = None,
    opset: Annotated[int, typer.Option(help=f"Version of {VERSIONED}'s operations.")] = OPSET,
    metadata: Annotated[
        list[str] | None,
        typer.Option(
            help="key=value to write into the files; may be repeated.", show_default=False
        ),
    ] = None,
    license: Annotated[
        str | None, typer.Option(help="The bundle's licence.", show_default=False)
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier bundle, once this is proven.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Export a model to SavedModel, TFLite and ONNX, and prove each file in its own runtime.

    Any Keras model will do; one that isn't of this package needs --data: an .npz file with an
    array for each of its inputs, .npy, .csv or a folder of images. What can't be proven isn't
    written. `keras-ae verify` proves a bundle again elsewhere.
    """
    file = exportable_file(model)
    output = file.with_name(BUNDLE) if output is None else output
    with bad_input():
        chosen = choose_formats(words(formats))
        kinds = choose_precisions(chosen, words(precisions))
        if INT8_STATIC not in kinds and (calibration_data or calibration_examples):
            raise BadInput(
                f"--calibration-data, --calibration-examples: expected with {INT8_STATIC}, which "
                f"alone reads them. Received: --precisions {precisions}"
            )
        _check_output(output, overwrite)
        allowed = read_limits_option(limits)
        facts = {**_training_data(file), **_metadata(metadata)}
    if license is not None:
        facts["license"] = license
    require_packages(chosen, kinds)
    start()
    trained = load_exportable(file)
    x, dataset = samples_of(trained, model, data, label, MAX_SAMPLES)
    calibration = None
    if INT8_STATIC in kinds:
        count = (
            DEFAULT_CALIBRATION_EXAMPLES if calibration_examples is None else calibration_examples
        )
        calibration = calibration_of(trained, dataset, x, calibration_data, label, count)
    if uint8:
        x = as_bytes(trained, x)
        calibration = None if calibration is None else as_bytes(trained, calibration)
    rows = len(next(iter(x.values())) if isinstance(x, dict) else x)
    try:
        with _warnings_in_one_line():
            report = export_model(
                trained,
                output,
                [each.name for each in chosen],
                kinds,
                None if endpoints is None else words(endpoints),
                sample_data=x,
                labels=read_labels(labels, rows),
                calibration_data=calibration,
                limits=allowed,
                threshold=threshold,
                batch=batch,
                opset=opset,
                metadata=facts,
                name=served_name(file),
                overwrite=overwrite,
            )
    except ExportError:  # some are ValueErrors too, and have lines of their own
        raise
    except (ValueError, TypeError) as error:
        raise BadInput(str(error)) from error
    if as_json:
        typer.echo(json.dumps({"output": str(output), **plain(report)}))
    else:
        typer.echo(str(report))
        typer.echo(f"Proven in {report.seconds:.0f} s. Written to {output}")


def served_name(file: Path) -> str | None:
    """Return the name that a server gives to the model: that of its run's directory."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", file.resolve().parent.name).lstrip("_.-") or None


def words(text: str) -> list[str]:
    """Return what stands between commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def plain(report: Any) -> dict[str, Any]:
    """Return an `ExportReport` as JSON holds it: an error that isn't finite becomes null."""
    return {
        "proven": report.proven,
        "problems": list(report.problems),
        "artifacts": [finite(dataclasses.asdict(each)) for each in report.artifacts],
        "seconds": report.seconds,
    }


def _check_output(output: Path, overwrite: bool) -> None:
    """Refuse a destination before the model is loaded."""
    from keras_ae.training.output_directory import OutputDirectory

    OutputDirectory(output, record=MANIFEST).check_published(overwrite)


def _training_data(file: Path) -> dict[str, str]:
    """Return the name of the data that a run's model was trained on, and their licence."""
    from keras_ae.training import read_options

    record = file.with_name("config.yaml")
    name = str(read_options(record).get("data") or "") if record.is_file() else ""
    return data_facts(name) if name else {}


def data_facts(name: str) -> dict[str, str]:
    """Return what the metadata say of data: a name without its path, and its licence."""
    from keras_ae.datasets import list_datasets

    facts = {"training_data": name if name in list_datasets() else Path(name).name}
    if name in DATA_LICENSES:
        facts["training_data_license"] = DATA_LICENSES[name]
    return facts


def _metadata(entries: Sequence[str] | None) -> dict[str, str]:
    facts = {}
    for entry in entries or ():
        key, equals, value = entry.partition("=")
        if not (key.strip() and equals):
            raise BadInput(f"--metadata: expected key=value. Received: {entry!r}")
        facts[key.strip()] = value
    return facts


@contextlib.contextmanager
def _warnings_in_one_line() -> Iterator[None]:
    """Print what the export warns of as the command line prints things."""

    def show(message: Warning | str, *details: Any) -> None:
        del details
        console.print(f"warning: {message}", markup=False)

    with warnings.catch_warnings():
        warnings.filterwarnings("always", category=UserWarning, module=__name__)
        warnings.showwarning = show  # type: ignore[assignment]
        yield
