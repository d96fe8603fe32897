"""Golden vectors: inputs of every endpoint, and what Keras computes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_ae.export.endpoints import Endpoint
from keras_ae.export.errors import UnsupportedModelError, first_line
from keras_ae.export.formats.tolerance import Tolerance
from keras_ae.export.proof.parity import compare, spread_of
from keras_ae.export.samples import by_rows, draw, resized

BATCHES = (1, 3, 17)  # what artifacts with a free batch axis are tried at
ROWS = max(BATCHES)
# By which the sizes of free axes are multiplied: unlike where they may be, so that a mix-up of
# height and width is seen; alike where they must be; smaller where the model has a largest size.
FACTORS = ((2, 3), (2, 2), (0.5, 0.5))
RESIZED_ROWS = 3
QUALITY_ROWS = 512  # int8 is judged on as many examples, where there are so many
Arrays = dict[str, Any]  # {"inputs": {tensor: array}, "outputs": {endpoint: {tensor: array}}}


def make_golden(
    endpoints: Mapping[str, Endpoint], samples: Mapping[str, np.ndarray], batch: int | None
) -> dict[str, Arrays]:
    """Compute golden vectors on the sample data and on inputs drawn within their ranges.

    Where the model leaves an axis free, they are computed at another size of it, too.

    Returns:
        Dict {"sample" | "drawn" | "resized": {"inputs": {tensor: array}, "outputs": {endpoint:
        {tensor: array}}}}: each input is there once, whichever endpoints take it.

    Raises:
        UnsupportedModelError: An output of an example depends on the others of its batch, or the
            model doesn't compute at another size of an axis that it leaves free.
    """
    rows = batch or ROWS
    random = np.random.default_rng(0)
    drawn = {name: draw(array, rows, random) for name, array in samples.items()}
    taken = {name: np.resize(array, (rows, *array.shape[1:])) for name, array in samples.items()}
    golden = {"sample": compute(endpoints, taken), "drawn": compute(endpoints, drawn)}
    if batch is None:
        check_rows(endpoints, golden["sample"])
    if free := {name: each for name, each in endpoints.items() if _free_axes(each)}:
        golden["resized"] = _resized(free, samples, batch)
    return golden


def check_rows(endpoints: Mapping[str, Endpoint], vectors: Arrays) -> None:
    """Raise if Keras itself computes something else of an example in another batch.

    A file of such an endpoint may be right, and would be called wrong: found before converting.
    """
    for name, endpoint in endpoints.items():
        inputs = {each.name: vectors["inputs"][each.name] for each in endpoint.signature.inputs}
        for size in BATCHES[:-1]:
            alone = endpoint.run({key: value[-size:] for key, value in inputs.items()})
            for output, whole in vectors["outputs"][name].items():
                info = f"{name}/{output}"
                rounded = output in endpoint.rounded
                fits = len(whole) == ROWS and alone[output].shape == whole[-size:].shape
                if not fits or not _alike(info, whole[-size:], alone[output], whole, rounded):
                    raise UnsupportedModelError(
                        f"output `{info}` of an example depends on the other examples of its "
                        f"batch: Keras itself returns something else for the last {size} of "
                        f"{ROWS} examples than for all of them. To fix it, export a batch size "
                        "that serving keeps to, such as batch=16, or take out what joins examples"
                    )


def _alike(info: str, one: Any, other: Any, whole: Any, rounded: bool) -> bool:
    return compare(info, one, other, Tolerance(), spread_of(whole), rounded=rounded)[3]


def _free_axes(endpoint: Endpoint) -> list[tuple[str, int]]:
    """Return the input and the axis, beside the batch, of each size that is free."""
    return [
        (tensor.name, axis)
        for tensor in endpoint.signature.inputs
        for axis, size in enumerate(tensor.shape)
        if axis and size is None
    ]


def _resized(
    endpoints: Mapping[str, Endpoint], samples: Mapping[str, np.ndarray], batch: int | None
) -> Arrays:
    """Compute endpoints at the first sizes that Keras itself takes."""
    shapes = {each.name: each.shape for e in endpoints.values() for each in e.signature.inputs}
    mine = {name: array for name, array in samples.items() if name in shapes}
    reasons = []
    for factors in FACTORS:
        inputs = resized(mine, shapes, batch or RESIZED_ROWS, factors)
        try:
            return compute(endpoints, inputs)
        except Exception as error:  # noqa: BLE001 - Keras lists nowhere what its layers raise
            reasons.append(first_line(error))
    axes = sorted({each for endpoint in endpoints.values() for each in _free_axes(endpoint)})
    places = ", ".join(f"axis {axis} of `{name}`" for name, axis in axes)
    raise UnsupportedModelError(
        f"{places} is free, but Keras computes at no other size than the sample data's. To fix "
        f"it, give `keras.Input` that size. Keras says: {reasons[0]}"
    )


def make_quality(
    endpoints: Mapping[str, Endpoint], samples: Mapping[str, np.ndarray], batch: int | None
) -> Arrays:
    """Compute what int8 is judged by: as `make_golden`, on more of the sample data."""
    rows = min(len(next(iter(samples.values()))), QUALITY_ROWS)
    rows = rows - rows % batch if batch and rows >= batch else rows
    whole = {name: array[:rows] for name, array in samples.items()}
    if batch and rows < batch:
        whole = {name: np.resize(a, (batch, *a.shape[1:])) for name, a in samples.items()}
    return compute(endpoints, whole, batch or 64)


def compute(
    endpoints: Mapping[str, Endpoint], samples: Mapping[str, np.ndarray], size: int | None = None
) -> Arrays:
    """Run every endpoint with Keras, `size` rows at a time."""
    outputs: dict[str, dict[str, np.ndarray]] = {}
    used: set[str] = set()
    for name, endpoint in endpoints.items():
        inputs = {each.name: samples[each.name] for each in endpoint.signature.inputs}
        used.update(inputs)
        outputs[name] = by_rows(endpoint.run, inputs, size or len(next(iter(inputs.values()))))
    return {"inputs": {name: samples[name] for name in sorted(used)}, "outputs": outputs}
