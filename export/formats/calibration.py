"""The data that int8 files are calibrated with, in the batches that a file takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

_ROWS = 32  # examples that calibration runs at once where the batch axis is free


def calibration_batches(
    arrays: Mapping[str, np.ndarray], fixed_batch: int | None
) -> Iterator[dict[str, np.ndarray]]:
    """Yield as many examples as a file takes at once; the last, where too few, begin anew.

    Args:
        arrays: Dict from the inputs' names to arrays of equally many examples.
        fixed_batch: Integer, the file's batch size; None where it is free.

    Example:
        >>> x = np.arange(5)
        >>> [batch["x"].tolist() for batch in calibration_batches({"x": x}, 3)]
        [[0, 1, 2], [3, 4, 0]]
    """
    rows = fixed_batch or _ROWS
    count = len(next(iter(arrays.values())))
    for start in range(0, count, rows):
        places = np.arange(start, start + rows) % count
        yield {name: array[places] for name, array in arrays.items()}
