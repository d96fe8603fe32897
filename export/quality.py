"""Judge an int8 artifact by what an autoencoder is for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_ae import _checks
from keras_ae.export._losses import auroc, mean_square, relative

QUANTILE = 0.95  # of the float32 scores: the threshold of decisions where none is given
Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Limits:
    """What int8 may lose at an endpoint. A good quantization has room, a broken one fails.

    Of a convolutional VAE and a dense autoencoder on digits, static and dynamic int8 files are off
    by at most 0.045 where 0.1 is allowed, by 0.4 % of reconstruction error and by 0.4 nats.

    Args:
        latent_error: Float >= 0. Root mean square error of a latent, relative to its spread
            around each dimension's mean.
        output_error: Float >= 0. The same of a reconstruction, around each channel's mean.
        error_ratio: Float >= 1. Mean squared error between data and reconstructions, of int8
            divided by that of float32.
        nats_lost: Float >= 0. How far the mean score is off, in nats an example.
        score_error: Float >= 0. Root mean square error of scores, relative to their spread.
        decision_agreement: Float from 0 to 1. Share of examples with the same decision; one
            example may always differ.
        auroc_change: Float >= 0. How much of the area under the ROC curve may be lost.
        relative_error: Float >= 0. As output_error, of a model that isn't an autoencoder.
    """

    latent_error: float = 0.1
    output_error: float = 0.1
    error_ratio: float = 1.2
    nats_lost: float = 1.0
    score_error: float = 0.2
    decision_agreement: float = 0.98
    auroc_change: float = 0.02
    relative_error: float = 0.1

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            share = field.name == "decision_agreement"
            minimum = 1.0 if field.name == "error_ratio" else 0.0
            value = getattr(self, field.name)
            _checks.number(field.name, value, minimum=minimum, maximum=1.0 if share else None)


@dataclass(frozen=True)
class Measure:
    """One number by which an endpoint of an artifact was judged.

    Args:
        endpoint: String.
        output: String, the tensor's name.
        name: String, a field of `Limits`.
        value: Float; inf where outputs aren't finite.
        limit: Float.
        passed: Whether the value is within the limit.
        unit: String.
    """

    endpoint: str
    output: str
    name: str
    value: float
    limit: float
    passed: bool
    unit: str

    @property
    def text(self) -> str:
        """The measure in one line."""
        return (
            f"{self.endpoint}/{self.output}: {self.name} {self.value:.4g} {self.unit} "
            f"(limit {self.limit:.4g})"
        )


# What an endpoint is judged by, by the kind of what it returns.
MEASURES: dict[str | None, tuple[str, ...]] = {
    "code": ("latent_error", "decision_agreement"),
    "data": ("output_error", "error_ratio", "decision_agreement"),
    "score": ("nats_lost", "score_error", "decision_agreement", "auroc_change"),
    None: ("relative_error", "decision_agreement"),
}


def read_limits(
    limits: Mapping[str, Any] | None, kinds: Mapping[str, str | None]
) -> dict[str, Limits]:
    """Return the limits of every endpoint: what is given, else the defaults.

    Args:
        limits: Dict from endpoint to a dict from measure to number, or None.
        kinds: Dict from each endpoint to its kind: "code", "data", "score" or None.

    Raises:
        TypeError: It isn't that.
        ValueError: There is no such endpoint or measure, or a number is out of range.

    Example:
        >>> read_limits({"encode": {"latent_error": 0.3}}, {"encode": "code"})[
        ...     "encode"
        ... ].latent_error
        0.3
    """
    expected = "a dict such as {'encode': {'latent_error': 0.1}}"
    limits = {} if limits is None else limits
    _checks.instance("limits", limits, Mapping, f"{expected} or None")
    made = {name: Limits() for name in kinds}
    for endpoint, given in limits.items():
        if endpoint not in kinds:
            raise ValueError(
                f"`limits` must be for endpoints among {', '.join(kinds)}. "
                f"Received: {_checks.shown(endpoint)}"
            )
        _checks.instance(f"limits[{endpoint!r}]", given, Mapping, "a dict from measure to number")
        measures = MEASURES[kinds[endpoint]]
        if unknown := [name for name in given if name not in measures]:
            raise ValueError(
                f"`limits` of {endpoint} must be among {', '.join(measures)}. "
                f"Received: {_checks.shown(unknown[0])}"
            )
        made[endpoint] = Limits(**given)
    return made


def judge(
    endpoint: str,
    expected: Arrays,
    received: Arrays,
    x: np.ndarray | None = None,
    labels: np.ndarray | None = None,
    threshold: float | None = None,
    limits: Mapping[str, Any] | None = None,
    kind: str | None = None,
) -> tuple[Measure, ...]:
    """Compare what an int8 artifact computes with what the float32 model does.

    Args:
        endpoint: String.
        expected: Dict from output to array, computed in float32.
        received: The same, computed by the artifact, in real units.
        x: The data, for the error_ratio of a reconstruction; without, that isn't measured.
        labels: Array of 0 and 1 (an anomaly), an example each, for score's auroc_change.
        threshold: Number above which a score is an anomaly, where the outputs have no
            is_anomaly; None for the 95 % quantile of the float32 scores.
        limits: As for `read_limits`.
        kind: What the endpoint returns: "code", "data", "score" or None.

    Returns:
        Tuple of `Measure`.

    Raises:
        ValueError: An output is missing or has another shape, the labels are all alike, or as
            for `read_limits`.

    Example:
        >>> latent = np.array([[0.0], [1.0]])
        >>> (measure,) = judge("encode", {"latent": latent}, {"latent": latent * 3}, kind="code")
        >>> measure.passed, round(measure.value, 2)
        (False, 2.83)
    """
    mine = {endpoint: limits[endpoint]} if limits and endpoint in limits else None
    bounds = read_limits(mine, {endpoint: kind})[endpoint]
    for name, array in expected.items():
        if name not in received or received[name].shape != array.shape:
            shape = received[name].shape if name in received else "nothing"
            raise ValueError(f"`{name}` must have shape {array.shape}. Received: {shape}")
    rows = _RULES[kind](expected, received, x, labels, threshold)
    return tuple(_measure(endpoint, bounds, expected, *row) for row in rows)


_Row = tuple[str, str, float]  # output, measure, value


def _measure(
    endpoint: str, limits: Limits, expected: Arrays, output: str, name: str, value: float
) -> Measure:
    limit = getattr(limits, name)
    if name == "decision_agreement":
        differing = round((1.0 - value) * len(expected[output]))
        passed = value >= limit or differing <= 1
    elif name == "auroc_change":
        passed = value >= -limit
    else:
        passed = abs(value) <= limit
    return Measure(endpoint, output, name, value, limit, bool(passed), _UNITS.get(name, ""))


_UNITS = {
    "latent_error": "of the spread",
    "output_error": "of the spread",
    "relative_error": "of the spread",
    "score_error": "of the spread",
    "error_ratio": "times float32's",
    "nats_lost": "nats",
    "decision_agreement": "of the examples",
    "auroc_change": "of 1",
}


def _errors_as(name: str) -> Callable[..., Iterator[_Row]]:
    def rows(expected: Arrays, received: Arrays, *_: Any) -> Iterator[_Row]:
        for output, array in expected.items():
            if array.dtype.kind in "biu" and array.dtype != np.uint8:
                yield output, "decision_agreement", float(np.mean(array == received[output]))
            else:
                yield output, name, relative(output, array, received[output])

    return rows


def _data(expected: Arrays, received: Arrays, x: Any, *_: Any) -> Iterator[_Row]:
    yield from _errors_as("output_error")(expected, received)
    name = "reconstruction"
    if x is not None and name in expected:
        before, after = (mean_square(x, each[name]) for each in (expected, received))
        ratio = after / before if before else 1.0 if after == before else float("inf")
        yield name, "error_ratio", ratio


def _score(
    expected: Arrays, received: Arrays, x: Any, labels: Any, threshold: float | None
) -> Iterator[_Row]:
    del x
    truth, value = (each["score"].astype("float64") for each in (expected, received))
    finite = bool(np.isfinite(value).all())
    yield "score", "nats_lost", float(value.mean() - truth.mean()) if finite else float("inf")
    for output in ("score", "decision"):  # a detector gives both
        if output in expected:
            yield output, "score_error", relative(output, expected[output], received[output])
    limit = float(np.quantile(truth, QUANTILE)) if threshold is None else threshold
    before = expected.get("is_anomaly", truth > limit)
    after = received.get("is_anomaly", value > limit)
    yield "score", "decision_agreement", float(np.mean(before == after))
    if labels is not None:
        yield "score", "auroc_change", auroc(labels, value) - auroc(labels, truth)


_RULES: dict[str | None, Callable[..., Iterator[_Row]]] = {
    "code": _errors_as("latent_error"),
    "data": _data,
    "score": _score,
    None: _errors_as("relative_error"),
}
