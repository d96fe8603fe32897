"""Right calls of the exporters, on a model and a bundle that are there."""

from __future__ import annotations

import contextlib
import functools
import importlib
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from benchmarks.attacks.calls import Call
from benchmarks.attacks.model_calls import examples, model_of
from benchmarks.attacks.outcome import ROOT, Accepted
from keras_ae import export

BUNDLE = ROOT / "saved_models" / "reference"
# What is done once all arguments are checked: conversions, proofs and measurements in children.
WORK = (
    ("keras_ae.export.export_model", "convert_and_prove"),
    ("keras_ae.export.verify", "run_tasks"),
    ("keras_ae.export.latency.measure_latency", "run_tasks"),
)


def export_calls() -> list[Call]:
    """Return the calls of the four functions, of an artifact's methods, and of `model.export`."""
    folder = Path(tempfile.mkdtemp())
    model = model_of("autoencoder")
    artifact = export.load_artifact(BUNDLE, format="onnx")
    x = np.zeros((2, 28, 28, 1), "float32")
    return [
        Call("export", "export_model", _checked(export.export_model), _exported(model, folder)),
        Call(
            "export", "export_model of int8", _checked(export.export_model), _int8(model, folder)
        ),
        Call(
            "export",
            "model.export",
            _checked(model.export),
            lambda: {
                "filepath": str(folder / "model"),
                "format": "onnx",
                "verbose": False,
                "input_signature": None,
                "endpoint": "encode",
                "sample_data": examples(32),
            },
        ),
        Call(
            "export",
            "load_artifact",
            export.load_artifact,
            lambda: {"path": BUNDLE, "format": "onnx", "precision": "float32", "threads": 1},
        ),
        Call("export", "artifact.encode", artifact.encode, lambda: {"x": x}),
        Call(
            "export", "artifact.run", functools.partial(artifact.run, "encode"), lambda: {"x": x}
        ),
        Call(
            "export",
            "verify",
            _checked(export.verify),
            lambda: {"directory": BUNDLE, "formats": ("onnx",), "verbose": False},
        ),
        Call(
            "export",
            "measure_latency",
            _checked(export.measure_latency),
            lambda: {
                "directory": BUNDLE,
                "batches": (1,),
                "threads": (1,),
                "runs": 1,
                "formats": ("onnx",),
                "endpoints": ("encode",),
                "verbose": False,
            },
        ),
    ]


def _checked(function: Any) -> Any:
    """Return the function up to the work that begins when its arguments are checked."""

    @functools.wraps(function)
    def call(**arguments: Any) -> Any:
        with contextlib.ExitStack() as stack:
            for module, name in WORK:  # by import: a function of the package has the module's name
                where = importlib.import_module(module)
                stack.enter_context(mock.patch.object(where, name, side_effect=Accepted))
            return function(**arguments)

    return call


def _exported(model: Any, folder: Path) -> Any:
    return lambda: {
        "model": model,
        "directory": folder / "bundle",
        "formats": ("onnx",),
        "precisions": ("float32",),
        "endpoints": ("encode", "score"),
        "sample_data": examples(32),
        "labels": None,
        "calibration_data": None,
        "threshold": None,
        "batch": None,
        "opset": 18,
        "limits": None,
        "tolerances": None,
        "functions": None,
        "input_names": None,
        "output_names": None,
        "metadata": None,
        "name": "name",
        "overwrite": False,
        "verbose": False,
    }


def _int8(model: Any, folder: Path) -> Any:
    exported = _exported(model, folder)
    return lambda: {
        **exported(),
        "formats": ("tflite",),
        "precisions": ("int8_static",),
        "labels": np.arange(32) % 2,
        "calibration_data": examples(32),
        "limits": {"encode": {"latent_error": 0.5}},
    }
