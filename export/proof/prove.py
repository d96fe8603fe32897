"""Open artifacts in their own runtime and compare them with golden vectors; runs in a child."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.export.errors import ExportError
from keras_ae.export.formats import FORMATS
from keras_ae.export.formats.reader import Reader
from keras_ae.export.proof.artifact_record import ArtifactRecord, Comparison
from keras_ae.export.proof.golden import BATCHES
from keras_ae.export.proof.parity import compare, near, spread_of
from keras_ae.export.samples import by_rows
from keras_ae.export.staging import GOLDEN, key, read_arrays, write_arrays


def run(
    tell: Callable[[str], None],
    directory: str,
    artifacts: Sequence[dict[str, Any]],
    threshold: float | None,
    batch: int | None,
    rounded: Sequence[str],
    tolerances: dict[str, dict[str, float]],
    quality: str | None = None,
    outputs: str | None = None,
) -> list[dict[str, Any]]:
    """Prove artifacts of one format, in a process that imports its runtime alone.

    Args:
        tell: Called with a line for each artifact.
        directory: The bundle, with its golden vectors.
        artifacts: `ArtifactRecord`s as dicts.
        threshold: Number, or None.
        batch: Integer, the files' batch size; None for a free one.
        rounded: Outputs of integers or truth values that come from floats, as "endpoint/output".
        tolerances: The user's own.
        quality: Path of what int8 is judged by; None to compare with what was recorded of it.
        outputs: Path to write int8 artifacts' outputs to, or None.

    Returns:
        The records as dicts, with what was found.
    """
    vectors = read_arrays(Path(directory, GOLDEN))
    judged = read_arrays(quality) if quality else {}
    recorded = vectors.pop("recorded", {})
    records = []
    kept: dict[str, Any] = {}
    rules = _Rules(threshold, batch, frozenset(rounded), tolerances)
    for artifact in map(ArtifactRecord.from_dict, artifacts):
        found = artifact.plain
        try:
            with FORMATS[artifact.format].open(Path(directory, artifact.path)) as reader:
                _check_endpoints(reader, artifact)
                found = found.found(quantization=reader.quantization)
                compared: Iterator[Comparison] = iter(())
                if not artifact.is_int8:
                    compared = _compare_all(reader, artifact, vectors, rules)
                elif judged:
                    sample = vectors["sample"]
                    kept[key(artifact.path)] = _outputs(reader, artifact, judged, sample, batch)
                else:
                    compared = _again(reader, artifact, vectors, recorded, rules)
                found = found.found(comparisons=tuple(compared))
        except (ExportError, ValueError) as error:
            found = found.found(error=str(error))
        records.append(found.to_dict())
        tell(f"{artifact.path}: compared")
    if outputs and kept:
        write_arrays(outputs, kept)
    return records


def _check_endpoints(reader: Reader, artifact: ArtifactRecord) -> None:
    missing = [name for name in artifact.endpoints if name not in reader.signatures]
    if missing:
        raise ExportError(f"{artifact.path} lacks the endpoints {', '.join(missing)}")


@dataclass(frozen=True)
class _Rules:
    """What all comparisons of one bundle go by."""

    threshold: float | None
    batch: int | None
    rounded: frozenset[str]
    tolerances: dict[str, dict[str, float]]


def _compare_all(
    reader: Reader, artifact: ArtifactRecord, vectors: Any, rules: _Rules
) -> Iterator[Comparison]:
    for data, arrays in vectors.items():
        for name in artifact.endpoints:
            if name not in arrays["outputs"]:
                continue  # it has no free axis that could have another size
            rows = len(next(iter(arrays["outputs"][name].values())))
            sizes = (rules.batch,) if rules.batch else [size for size in BATCHES if size <= rows]
            runs = [(size, *_run(reader, name, arrays, size)) for size in sizes]
            for output in sorted(arrays["outputs"][name]):
                whole = arrays["outputs"][name]
                yield _compare_output(artifact, name, output, data, runs, whole, rules)


def _run(reader: Reader, name: str, arrays: Any, size: int) -> tuple[Any, Any]:
    """Run rows that the other batch sizes don't: the last ones of the golden vectors."""
    inputs = {each: value[-size:] for each, value in _inputs(reader, name, arrays).items()}
    expected = {each: value[-size:] for each, value in arrays["outputs"][name].items()}
    return reader.run(name, inputs), expected


def _inputs(reader: Reader, name: str, arrays: Any) -> dict[str, Any]:
    """Return what an endpoint takes of the inputs that there are."""
    tensors = reader.signatures[name].inputs
    missing = [each.name for each in tensors if each.name not in arrays["inputs"]]
    if missing:
        raise ExportError(f"{name} takes {', '.join(missing)}, which the model doesn't")
    return {each.name: arrays["inputs"][each.name] for each in tensors}


def _compare_output(
    artifact: ArtifactRecord,
    name: str,
    output: str,
    data: str,
    runs: Any,
    whole: dict[str, np.ndarray],
    rules: _Rules,
) -> Comparison:
    tolerance = FORMATS[artifact.format].tolerance(artifact.precision, rules.tolerances)
    spread = spread_of(whole[output])
    pairs = [(expected[output], received[output]) for _, received, expected in runs]
    close = None
    if whole[output].dtype == bool and rules.threshold is not None and "score" in whole:
        scores = np.concatenate([expected["score"] for _, _, expected in runs])
        spread_of_scores = spread_of(whole["score"])
        close = near(scores, rules.threshold, tolerance, spread_of_scores)
    if whole[output].dtype.kind in "biu" and _one_shape(pairs):
        # A share of all: one of three rows would be a third.
        expected, received = zip(*pairs, strict=True)
        pairs = [(np.concatenate(expected), np.concatenate(received))]
    rounded = f"{name}/{output}" in rules.rounded
    found = [compare(output, *pair, tolerance, spread, close, rounded) for pair in pairs]
    absolute, relative, allowed, _ = max(found, key=lambda each: (not each[3], each[0]))
    sizes = tuple(size for size, _, _ in runs)
    passed = all(each[3] for each in found)
    return Comparison(name, output, data, sizes, absolute, relative, allowed, passed)


def _one_shape(pairs: Any) -> bool:
    kinds = {(each.shape[1:], each.dtype) for pair in pairs for each in pair}
    return len(kinds) == 1 and all(len(a) == len(b) for a, b in pairs)


def _outputs(
    reader: Reader, artifact: ArtifactRecord, judged: Any, sample: Any, batch: int | None
) -> Any:
    """Return an int8 artifact's outputs on what it is judged by, and on the golden sample."""
    kept: dict[str, Any] = {"judged": {}, "golden": {}}
    for name in artifact.endpoints:
        run, inputs = functools.partial(reader.run, name), _inputs(reader, name, judged)
        kept["judged"][name] = by_rows(run, inputs, batch or 64)
        kept["golden"][name] = reader.run(name, _inputs(reader, name, sample))
    return kept


def _again(
    reader: Reader, artifact: ArtifactRecord, vectors: Any, recorded: Any, rules: _Rules
) -> Iterator[Comparison]:
    """Compare an int8 artifact with its own outputs of the day when it was judged."""
    path = key(artifact.path)
    for name in artifact.endpoints:
        inputs = _inputs(reader, name, vectors["sample"])
        received, rows = reader.run(name, inputs), len(next(iter(inputs.values())))
        whole = recorded[path][name]
        for output in whole:
            runs = [(rows, received, whole)]
            if output == "is_anomaly" and "score" in whole:
                continue  # decisions follow from the score, which is compared
            yield _compare_output(artifact, name, output, "recorded", runs, whole, rules)
