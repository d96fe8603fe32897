"""Judge an int8 artifact by what it does to reconstructions, likelihoods and decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keras_ae.export.quality import judge
from keras_ae.export.signature import Signature


def judge_int8(
    endpoints: Sequence[Signature],
    quality: Mapping[str, Any],
    outputs: Mapping[str, Any],
    labels: Any,
    threshold: float | None,
    limits: Mapping[str, Any] | None,
    kinds: Mapping[str, str | None],
) -> list[Any]:
    """Judge every endpoint of one artifact.

    Args:
        endpoints: The artifact's endpoints.
        quality: Dict {"inputs": {tensor: array}, "outputs": {endpoint: {tensor: array}}}, as Keras
            computed it.
        outputs: Dict {endpoint: {tensor: array}}, as the artifact computed it.
        labels: Boolean array for all of the sample data, or None.
        threshold: Number or None.
        limits: The user's limits, or None.
        kinds: Dict from endpoint to the kind of what it returns.

    Returns:
        List of `Measure`, of all endpoints.
    """
    measures: list[Any] = []
    for endpoint in endpoints:
        name, taken = endpoint.name, [tensor.name for tensor in endpoint.inputs]
        expected = quality["outputs"][name]
        rows = len(quality["inputs"][taken[0]])
        measures += judge(
            name,
            expected,
            outputs[name],
            x=quality["inputs"]["x"] if "x" in taken else None,
            labels=None if labels is None else labels[:rows],
            threshold=threshold,
            limits=limits,
            kind=kinds[name],
        )
    return measures
