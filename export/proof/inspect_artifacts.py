"""What artifacts are made of: operations, versions, how much is int8; runs in a child."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from keras_ae.export.errors import ExportError
from keras_ae.export.formats import FORMATS
from keras_ae.export.formats.precisions import FLOAT16
from keras_ae.export.proof.artifact_record import ArtifactRecord
from keras_ae.export.proof.operations import check_operations
from keras_ae.export.proof.quantized_share import narrow_weights, quantized_share


def run(
    tell: Callable[[str], None], directory: str, artifacts: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Inspect artifacts of one format.

    Args:
        tell: Called with a line for each artifact.
        directory: The bundle.
        artifacts: `ArtifactRecord`s as dicts.

    Returns:
        The records as dicts, with their operations and what the format says of its files; of int8
        "quantized_share", of float16 "float16_share", the share of weights stored in 16 bits.

    Raises:
        ExportError: An artifact holds an operation that it must not, or an int8 one no int8.
    """
    records = []
    for artifact in map(ArtifactRecord.from_dict, artifacts):
        kind, path = artifact.format, Path(directory, artifact.path)
        operations = check_operations(path, kind, artifact.precision)
        facts = FORMATS[kind].facts(path)
        if artifact.is_int8:
            share = quantized_share(path, kind)
            if not share.weights:
                raise ExportError(
                    f"{artifact.path}: expected int8 weights. Received: none; "
                    f"{FORMATS[kind].leaves_float}"
                )
            facts["quantized_share"] = asdict(share)
        if artifact.precision == FLOAT16:
            facts["float16_share"] = narrow_weights(path, kind, bits=16)
        records.append(artifact.found(operations=operations, facts=facts).to_dict())
        tell(f"{artifact.path}: inspected")
    return records
