"""Datasets of grain: what Keras doesn't ask of them. grain itself isn't imported here."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from keras_ae.execution import processes

BATCHES_AHEAD = 16  # that are read, by a thread each; grain's own 500 may not fit in memory
MAX_BATCHES = 2**48  # of a dataset with an end: repeat() makes one of 2**63 elements


def is_grain(data: Any) -> bool:
    """Whether data are a `grain.MapDataset`, `grain.IterDataset` or `grain.DataLoader`."""
    return _is(data, "MapDataset", "IterDataset", "DataLoader")


def is_map(data: Any) -> bool:
    """Whether data are a `grain.MapDataset`, whose batches have numbers."""
    return _is(data, "MapDataset")


def number_of_batches(data: Any) -> int | None:
    """Return the length of a `grain.MapDataset`; None without end, and for all other data."""
    length = len(data) if is_map(data) else MAX_BATCHES
    return length if length < MAX_BATCHES else None


def first(data: Any) -> Any:
    """Return the first batch of a dataset of grain; the next one who iterates gets it again.

    Raises:
        ValueError: There is none.
    """
    if number_of_batches(data) is None:
        batch = next(iter(data), None)
    else:
        batch = data[0] if len(data) else None
    if batch is None:
        raise ValueError("A dataset of grain must have at least one batch. Received: none")
    return batch


def counted(options: dict[str, Any], data: str, steps: str) -> dict[str, Any]:
    """Return arguments of Keras' method, with the number of a `grain.MapDataset`'s batches.

    Keras doesn't look for its length, and warns at the end of the data. Epoch after epoch the
    dataset goes on, so that grain draws another order for each; 16 batches are read ahead. Devices
    that train together count for themselves.

    Args:
        options: The arguments by name.
        data: String, the name of the data.
        steps: String, the name of the number of batches.
    """
    dataset = options[data]
    length = number_of_batches(dataset)
    if length is None or processes.distributed():
        return options
    given = options[steps]
    if steps == "steps_per_epoch":  # an evaluation starts afresh each time
        dataset = dataset.repeat()
    ahead = sys.modules["grain"].ReadOptions(
        num_threads=BATCHES_AHEAD, prefetch_buffer_size=BATCHES_AHEAD
    )
    changes = {data: dataset.to_iter_dataset(ahead), steps: length if given is None else given}
    return {**options, **changes}


class GrainRows:
    """The rows of a `grain.MapDataset` of batches, by number from epoch to epoch.

    Args:
        dataset: One that `rows` takes.
    """

    def __init__(self, dataset: Any) -> None:
        self._rows, self._make_batch = dataset.parents[0], dataset._batch_fn
        self.batch_size = int(dataset._batch_size)
        self._size = min(len(self._rows), len(dataset) * self.batch_size)  # some may be dropped

    def order(self, index: int) -> np.ndarray:
        """Return the row numbers of epoch `index`, counted from 0; grain shuffles behind them."""
        return index * len(self._rows) + np.arange(self._size)

    def read(self, rows: np.ndarray) -> Any:
        """Return the batch of these rows."""
        return self._make_batch([self._rows[row] for row in rows.tolist()])


def rows(dataset: Any) -> GrainRows | None:
    """Return the rows of a dataset; None where they can't be had, only whole batches.

    They can where `batch` is the last step, batches are stacked by grain itself, and there is an
    end. How a batch is made is private to grain: what it doesn't tell is as if they couldn't.
    """
    if number_of_batches(dataset) is None or type(dataset).__name__ != "BatchMapDataset":
        return None
    function = getattr(dataset, "_batch_fn", None)
    by_grain = getattr(function, "__module__", "").startswith("grain.")
    is_known = by_grain and hasattr(dataset, "_batch_size") and len(dataset.parents) == 1
    return GrainRows(dataset) if is_known else None


def check_whole(dataset: Any) -> None:
    """Raise a ValueError if a `grain.DataLoader` gives each process other rows."""
    shards = getattr(getattr(dataset, "_shard_options", None), "shard_count", 1)
    if _is(dataset, "DataLoader") and shards > 1:
        raise ValueError(
            "A grain.DataLoader must give all processes the same batches, of which each takes its "
            f"part: leave out `shard_options`. Received: shard_count={shards}"
        )


def _is(data: Any, *names: str) -> bool:
    return any(
        each.__name__ in names and each.__module__.partition(".")[0] == "grain"
        for each in type(data).__mro__
    )
