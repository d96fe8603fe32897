"""Measure how fast a bundle's artifacts are on this machine, beside the Keras model."""

from __future__ import annotations

import importlib.util
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from keras_ae import _checks
from keras_ae._progress import Progress, check_verbose
from keras_ae.export.bundle.manifest import versions
from keras_ae.export.children import Task, run_tasks
from keras_ae.export.errors import ExportError
from keras_ae.export.formats import FORMATS, MODEL_PACKAGES
from keras_ae.export.formats.format import WHOLE
from keras_ae.export.formats.precisions import FLOAT32
from keras_ae.export.latency.keras_runner import KERAS
from keras_ae.export.latency.latency_file import unchanged, write_latency
from keras_ae.export.latency.latency_report import (
    FAILED,
    MEASURED,
    NOT_RUN,
    ArtifactLatency,
    LatencyReport,
    Timing,
)
from keras_ae.export.proof.artifact_record import ArtifactRecord

USUAL = ("encode", "decode", "reconstruct", "score")  # what is measured where it is there
_PROCESSOR = Path("/proc/cpuinfo")


def measure_latency(
    directory: str | Path,
    batches: Sequence[int] = (1, 64),
    threads: Sequence[int] = (1, 2),
    runs: int | None = None,
    formats: Sequence[str] | None = None,
    endpoints: Sequence[str] | None = None,
    verbose: bool | Callable[[str], None] = True,
) -> LatencyReport:
    """Measure size, load time and latency of each artifact of a bundle, beside the Keras model.

    Each format runs in a process of its own for each number of threads, one after another, on
    the CPU, on the bundle's golden inputs repeated to the batch size. Measured is what a caller in
    Python waits for: from arrays to arrays in real units. What is found is also written to the
    bundle's latency.json, and that file to its manifest.

    Args:
        directory: String or path, a bundle as it was written.
        batches: Sequence of batch sizes; a bundle of a fixed batch size is measured at that.
        threads: Sequence of numbers of threads.
        runs: Integer, runs of each; None for as many as 0.3 s hold, at least 20, at most 1 s.
        formats: Sequence of formats, "keras" for the model itself; None for all in the bundle.
        endpoints: Sequence of endpoints; None for encode, decode, reconstruct and score, where
            they are there, else all. "model" adds the TFLite file of all endpoints.
        verbose: Whether to show progress, or a function that gets each line of it.

    Returns:
        A `LatencyReport`; printed, it is a table. An artifact whose runtime isn't installed is
        "not run", and its detail names the package.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range, or names what the bundle doesn't have.
        ExportError: There is no bundle, a file of it was changed, or it can't be written.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> import keras_ae
        >>> from keras_ae.export import export_model, measure_latency
        >>> model = keras_ae.create_model("autoencoder", (4,), latent_dim=2, units=(8,), seed=0)
        >>> x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
        >>> directory = tempfile.mkdtemp() + "/bundle"
        >>> options = {"formats": ("onnx",), "endpoints": ("encode",), "verbose": False}
        >>> _ = export_model(model, directory, sample_data=x, **options)
        >>> (found,) = measure_latency(directory, threads=(1,), runs=5, **options).artifacts
        >>> found.path, [(timing.batch, timing.runs) for timing in found.timings]
        ('onnx/encode.onnx', [(1, 5), (64, 5)])
        >>> all(0 < timing.median_ms <= timing.p95_ms for timing in found.timings)
        True
    """
    directory = _checks.path("directory", directory)
    check_verbose(verbose)
    sizes = _checks.integers("batches", batches)
    threads = _checks.integers("threads", threads)
    if runs is not None:
        _checks.integer("runs", runs, minimum=1)
    record = unchanged(directory)
    sizes = (record["batch"],) if record["batch"] else tuple(dict.fromkeys(sizes))
    inputs = {
        each["name"]: [tensor["name"] for tensor in each["inputs"]] for each in record["endpoints"]
    }
    artifacts = _chosen(record, formats, endpoints, inputs)
    rows: list[ArtifactLatency] = []
    with Progress(verbose) as progress:
        progress.expect(len(artifacts) * len(dict.fromkeys(threads)))
        for count in dict.fromkeys(threads):
            for name in dict.fromkeys(each.format for each in artifacts):
                mine = [each for each in artifacts if each.format == name]
                how = {"batches": list(sizes), "threads": count, "runs": runs, "inputs": inputs}
                answer = _measured(directory, name, mine, how, progress)
                for each in mine:
                    size = each.size(record["files"])
                    rows += _rows(each, size, count, answer[each.path])
    place = {each.path: position for position, each in enumerate(artifacts)}
    rows.sort(key=lambda row: (place[row.path], row.threads))
    report = LatencyReport(directory, _machine(), tuple(rows))
    write_latency(directory, report.to_dict())
    return report


def _chosen(
    record: dict[str, Any],
    formats: Sequence[str] | None,
    endpoints: Sequence[str] | None,
    inputs: Mapping[str, Sequence[str]],
) -> list[ArtifactRecord]:
    """Return what to measure: the Keras model as an artifact of its files, and the others."""
    artifacts = [ArtifactRecord.from_dict(each).plain for each in record["artifacts"]]
    known = [KERAS, *dict.fromkeys(each.format for each in artifacts)]
    formats = _selection("formats", formats, known)
    usual = [name for name in USUAL if name in inputs] or list(inputs)
    wanted = usual if endpoints is None else _selection("endpoints", endpoints, [*inputs, WHOLE])
    names = [name for name in inputs if name in wanted] or usual
    # Of a pair the encoder comes first.
    files = sorted((f for f in record["files"] if f.endswith(".keras")), reverse=True)
    own = record.get("own_endpoints", ())  # functions of the user's: no model file has them
    inside = tuple(name for name in names if name not in own)
    chosen = []
    if KERAS in formats and files and inside:
        model = ArtifactRecord(" + ".join(files), KERAS, FLOAT32, inside, tuple(files))
        chosen.append(model)
    for each in artifacts:
        joined = FORMATS[each.format].joins and len(each.endpoints) > 1
        mine = tuple(name for name in names if name in each.endpoints)
        if each.format in formats and mine and (WHOLE in wanted or not joined):
            chosen.append(replace(each, endpoints=mine))
    return chosen


def _selection(name: str, values: Sequence[str] | None, known: Sequence[str]) -> list[str]:
    if values is None:
        return list(known)
    return _checks.selection(name, values, known, f"some of the bundle's: {', '.join(known)}")


def _measured(
    directory: Path,
    name: str,
    artifacts: Sequence[ArtifactRecord],
    how: Mapping[str, Any],
    progress: Progress,
) -> dict[str, Any]:
    """Measure one format with one number of threads; what can't be says why."""
    paths = [each.path for each in artifacts]
    missing = _missing(name)
    if missing:
        for path in paths:
            progress.step(f"{path}: not run")
        reason = f"{', '.join(missing)} {'are' if len(missing) > 1 else 'is'} not installed"
        return {path: {"not_run": reason} for path in paths}
    arguments = {
        "directory": str(directory),
        "artifacts": [each.to_dict() for each in artifacts],
        **how,
    }
    # No GPU: no other runtime of a bundle uses one.
    environment = (("KERAS_BACKEND", "tensorflow"), ("CUDA_VISIBLE_DEVICES", "-1"))
    module = "keras_ae.export.latency.latency_task"
    try:
        task = Task(f"The measurement of {name}", module, arguments, environment)
        (answer,) = run_tasks([task], progress.step)
    except ExportError as error:
        answer = {path: {"error": str(error)} for path in paths}
    return dict(answer)


def _missing(name: str) -> list[str]:
    """Return the packages that a format's runtime lacks here."""
    needed = MODEL_PACKAGES[::-1] if name == KERAS else (FORMATS[name].runtime,)
    return [package for module, package in needed if importlib.util.find_spec(module) is None]


def _rows(
    artifact: ArtifactRecord, size: int, threads: int, found: Mapping[str, Any]
) -> list[ArtifactLatency]:
    status = FAILED if "error" in found else NOT_RUN if "not_run" in found else MEASURED
    return [
        ArtifactLatency(
            path=artifact.path,
            format=artifact.format,
            precision=artifact.precision,
            endpoint=endpoint,
            threads=threads,
            size=size,
            status=status,
            load_ms=found.get("load_ms"),
            timings=tuple(Timing(**each) for each in found.get("endpoints", {}).get(endpoint, [])),
            detail=found.get("error", found.get("not_run", "")),
        )
        for endpoint in artifact.endpoints
    ]


def _machine() -> dict[str, Any]:
    """Return the processor's name, its cores, the system and the versions of the packages."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "packages": versions(),
    }


def _cpu() -> str:
    """Return the processor's name, which Python has no function for on Linux."""
    lines = _PROCESSOR.read_text("utf-8").splitlines() if _PROCESSOR.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
