"""Measure artifacts of one format with one number of threads; runs in a child of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.export.errors import ExportError
from keras_ae.export.formats import FORMATS
from keras_ae.export.latency.keras_runner import KERAS, KerasRunner
from keras_ae.export.latency.latency_report import threads_text
from keras_ae.export.proof.artifact_record import ArtifactRecord
from keras_ae.export.staging import GOLDEN, read_arrays

# Of one batch size: first so many runs (or seconds) that don't count, then runs for at least LEAST
# seconds and ENOUGH in number, but for no more than MOST seconds.
WARM_UP, WARM_UP_SECONDS = 3, 0.2
ENOUGH, LEAST, MOST = 20, 0.3, 1.0


def run(
    tell: Callable[[str], None],
    directory: str,
    artifacts: Sequence[dict[str, Any]],
    batches: Sequence[int],
    threads: int,
    runs: int | None,
    inputs: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """Measure artifacts of one format.

    Args:
        tell: Called with a line for each artifact.
        directory: The bundle, whose golden inputs are repeated to the batch size.
        artifacts: `ArtifactRecord`s as dicts, the Keras model among them.
        batches: Batch sizes.
        threads: Threads for the runtime.
        runs: Runs to measure, or None for as many as the time allows.
        inputs: Dict from endpoint to the names of its inputs.

    Returns:
        Dict from path to {"error"} or {"load_ms", "endpoints": {name: list of timings}}.
    """
    vectors = read_arrays(Path(directory, GOLDEN))["sample"]["inputs"]
    results: dict[str, Any] = {}
    for artifact in map(ArtifactRecord.from_dict, artifacts):
        path = artifact.path
        try:
            # The first opening imports the runtime and fills the disk's cache; it doesn't count.
            _open(artifact, directory, inputs, threads).close()
            since = time.perf_counter()
            with _open(artifact, directory, inputs, threads) as reader:
                load = _milliseconds(since)
                timings = {}
                for name in artifact.endpoints:
                    taken = {each: vectors[each] for each in inputs[name]}
                    timings[name] = [_measure(reader, name, taken, s, runs) for s in batches]
            results[path] = {"load_ms": load, "endpoints": timings}
        except (ExportError, ValueError) as error:
            results[path] = {"error": str(error)}
        tell(f"{path}, {threads_text(threads)}")
    return results


def _open(
    artifact: ArtifactRecord, directory: str, inputs: Mapping[str, Sequence[str]], threads: int
) -> Any:
    if artifact.format == KERAS:
        return KerasRunner(directory, artifact.side_files, inputs, threads)
    return FORMATS[artifact.format].open(Path(directory, artifact.path), threads)


def _measure(
    reader: Any, endpoint: str, arrays: Mapping[str, Any], size: int, runs: int | None
) -> dict[str, Any]:
    """Measure one batch size, from arrays to arrays."""
    inputs = {name: np.resize(array, (size, *array.shape[1:])) for name, array in arrays.items()}
    since = time.perf_counter()
    for _ in range(WARM_UP):
        reader.run(endpoint, inputs)
        if time.perf_counter() - since > WARM_UP_SECONDS:
            break
    times: list[float] = []
    since = time.perf_counter()
    while not _enough(len(times), time.perf_counter() - since, runs):
        before = time.perf_counter()
        reader.run(endpoint, inputs)
        times.append(_milliseconds(before))
    median, high = np.percentile(times, (50, 95))
    return {
        "batch": size,
        "median_ms": float(median),
        "p95_ms": float(high),
        "runs": len(times),
    }


def _enough(done: int, seconds: float, runs: int | None) -> bool:
    if runs is not None:
        return done >= runs
    return done > 0 and (seconds >= MOST or (done >= ENOUGH and seconds >= LEAST))


def _milliseconds(since: float) -> float:
    return (time.perf_counter() - since) * 1e3
