"""How many examples are computed together: as many as a fixed amount of memory holds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from keras_ae import _checks
from keras_ae.execution.backend import backend

# Bytes of inputs, outputs and all that layers return in between. On a CPU more is no faster (dense
# and convolutional networks on 28 x 28 images: the same from 512 to 2048 examples).
CPU_BYTES, ACCELERATOR_BYTES = 2**26, 2**30
MAX_EXAMPLES = 2048
# Of many passes of one part; on a CPU each backend has a size at which it is fastest.
ACCELERATOR_PASSES_BYTES = 2**28


def batch_size(given: int | None, parts: Sequence[Any], places: int = 1) -> int:
    """Return the number of examples in a batch: the given one, or one that suits the memory.

    A power of two of at most 2048: the largest whose inputs, hidden activations and outputs take
    no more than 64 MB, or 1 GB on an accelerator; at least 1.

    Args:
        given: Integer >= 1 or None.
        parts: The layers that an example goes through.
        places: Integer >= 1, what an example has of the places that layers of any size know one
            of.

    Raises:
        TypeError: `given` is not an integer.
        ValueError: `given` is less than 1.
    """
    if given is not None:
        return _checks.integer("batch_size", given, minimum=1)
    budget = ACCELERATOR_BYTES if backend().has_accelerator() else CPU_BYTES
    fitting = min(MAX_EXAMPLES, max(1, budget // (4 * places * width(parts))))
    return 1 << (fitting.bit_length() - 1)


def passes(part: Any) -> int:
    """Return how many inputs of a part are computed together where there are very many."""
    budget = ACCELERATOR_PASSES_BYTES if backend().has_accelerator() else backend().PASSES_BYTES
    return max(1, budget // (4 * width([part])))


def width(parts: Sequence[Any]) -> int:
    """Return how many numbers one example becomes in these layers, all of them together."""
    return max(1, sum(_numbers(part) for part in parts if part is not None))


def _numbers(part: Any) -> int:
    """Return the numbers in what a layer returns, and in what the layers of a model return."""
    inner = sum(_numbers(layer) for layer in getattr(part, "layers", ()))
    if inner:
        return inner
    try:
        shapes = [each.shape[1:] for each in _flat(part.output)]
    except (AttributeError, ValueError):  # a layer that no Functional model holds
        return 0
    return sum(math.prod(size or 1 for size in shape) for shape in shapes)


def _flat(output: Any) -> list[Any]:
    return list(output) if isinstance(output, (list, tuple)) else [output]
