"""The bundle of proven files that a training may write beside its model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from keras_ae.commands.errors import BadInput
from keras_ae.commands.export import BUNDLE, MAX_SAMPLES, data_facts, served_name
from keras_ae.commands.start import console
from keras_ae.export import ExportError, export_model, measure_latency
from keras_ae.export.errors import MissingDependencyError
from keras_ae.export.formats import DEFAULT_FORMATS, choose_formats, require_packages
from keras_ae.export.formats.precisions import FLOAT32

CHOICE = "choice.json"  # in the working directory of an unfinished run

Export = Annotated[
    bool | None,
    typer.Option(
        "--export/--no-export",
        help="Export the model too, prove each file, and write report.html, which a table gets "
        "either way. Default: for tables and for series over time (--window).",
        show_default=False,
    ),
]


def wants_bundle(asked: bool | None, default: bool) -> bool:
    """Return whether to export what will be trained; if so, all that it takes is there.

    Args:
        asked: What --export or --no-export says; None without either.
        default: What to do then; on another backend than TensorFlow nothing is exported.

    Raises:
        BadInput: --export on a backend that can't export.
        MissingDependencyError: A package isn't installed.
    """
    import keras

    if not (default if asked is None else asked):
        return False
    backend = keras.config.backend()
    if backend != "tensorflow":
        if asked:
            raise BadInput(
                "--export: expected the TensorFlow backend, which an export runs on. "
                f"Received: KERAS_BACKEND={backend}"
            )
        console.print(f"No bundle is written: an export runs on TensorFlow, and this on {backend}")
        return False
    try:
        require_packages(choose_formats(DEFAULT_FORMATS), (FLOAT32,))
    except MissingDependencyError as error:
        raise MissingDependencyError(f"{error}; or leave it out by --no-export") from error
    return True


def remember(run: Any, asked: bool | None) -> None:
    """Keep what was asked of a run, for the command that may resume it."""
    from keras_ae.training.checkpoint import write_json

    write_json(run.output.working / CHOICE, {"export": asked})


def remembered(output: Path) -> bool | None:
    """Return what was asked of the unfinished run whose destination is `output`.

    Raises:
        ValueError: The file that tells is damaged.
    """
    from keras_ae.training.checkpoint import read_json
    from keras_ae.training.output_directory import OutputDirectory

    path = OutputDirectory(output).working / CHOICE
    if not path.is_file():  # killed before it began
        return None
    asked = read_json(path).get("export")
    return asked if isinstance(asked, bool) else None


def as_option(asked: bool | None) -> str:
    """Return what was asked as an option behind others on the command line."""
    return {None: "", True: " --export", False: " --no-export"}[asked]


def able_formats(run: Any) -> list[str]:
    """Return the formats that can carry a run's model, and tell which can't, and why."""
    from keras_ae.export.obstacles import obstacles

    found = obstacles(run.model, _samples(run), DEFAULT_FORMATS)
    for name, why in found.items():
        console.print(f"warning: the bundle will lack {name}: {why}", markup=False)
    return [name for name in DEFAULT_FORMATS if name not in found]


def export_run(run: Any, folder: Path, formats: list[str]) -> None:
    """Export a run's model into a folder of the run, in float32, and measure its latencies."""
    bundle = folder / BUNDLE
    export_model(
        run.model,
        bundle,
        formats,
        sample_data=_samples(run),
        metadata=data_facts(run.config.data),
        name=served_name(run.output.path / "model.keras"),
    )
    measure_latency(bundle, threads=(1,), endpoints=("encode", "decode"))


def kept(error: ExportError, again: str) -> ExportError:
    """Return the error of an export after a training, with how to get the model without it.

    Args:
        error: What the export raised.
        again: String, the command that resumes the run, without what was asked of the export.
    """
    words = f"The trained model is kept. To have it without a bundle: {again} --no-export"
    return ExportError(f"{error}\n{words}")


def _samples(run: Any) -> Any:
    examples = run.examples.dataset.limited(MAX_SAMPLES)
    return examples.x_test if len(examples.x_test) else examples.x_train
