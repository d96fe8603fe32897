"""Judge an int8 artifact by what it does to reconstructions, likelihoods and decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def judge_int8(
    endpoints: Sequence[str],
    quality: Mapping[str, Any],
    outputs: Mapping[str, Any],
    labels: Any,
    threshold: float | None,
    limits: Mapping[str, Any] | None,
) -> list[Any]:
    """Judge every endpoint of one artifact.

    Args:
        endpoints: The artifact's endpoints.
        quality: Dict {endpoint: {"inputs" | "outputs": {tensor: array}}}, as Keras computed it.
        outputs: Dict {endpoint: {tensor: array}}, as the artifact computed it.
        labels: Boolean array for all of the sample data, or None.
        threshold: Number or None.
        limits: The user's limits, or None.

    Returns:
        List of `Measure`, of all endpoints.
    """
    from keras_ae.export.quality import judge

    measures: list[Any] = []
    for name in endpoints:
        inputs, expected = quality[name]["inputs"], quality[name]["outputs"]
        rows = len(next(iter(inputs.values())))
        measures += judge(
            name,
            expected,
            outputs[name],
            x=inputs.get("x"),
            labels=None if labels is None else labels[:rows],
            threshold=threshold,
            limits=limits,
        )
    return measures
