"""The rows of Parquet files, of which a few row groups are in memory."""

from __future__ import annotations

import functools
import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae import _extras, _float32, _parquet
from keras_ae.datasets import _sources
from keras_ae.datasets._files import reading
from keras_ae.datasets._parquet_files import (
    EXPECTED,
    OPEN_FOOTERS,
    check_once,
    files_of,
    footer,
    wrong,
)
from keras_ae.datasets._sources import number_type
from keras_ae.datasets.errors import DataError

Array = np.ndarray[Any, Any]

MAX_LANES = 64  # processes that read row groups of their own alone


class ParquetSource:
    """The rows of a Parquet file or of those in a folder, by number through the row groups' sizes.

    A row group is read as a whole, and kept while rows of it are asked for: up to 512 MB of them,
    and always two.

    Shuffled, row groups come in random order, one after another in several lanes. A batch takes as
    many rows of each lane, which has its own places in the batch: the processes that share a batch
    each read the row groups of their lanes. In a lane, the rows of neighbouring row groups are
    mixed; what is mixed in all lanes together fits in 256 MB. A row group that is larger than that
    is mixed with itself, and there is one lane. The number of lanes follows from the files alone,
    so that the order is the same for any number of processes.

    Args:
        path: String or path of a file or a folder.
        columns: Sequence of names of columns in the order that they shall have; None for all, in
            the first file's order.

    Raises:
        ImportError: pyarrow isn't installed.
        DataError: A file is missing or damaged, its columns aren't numbers or differ from the
            first one's, or its footer tells of nulls.
    """

    def __init__(self, path: str | Path, columns: Sequence[str] | None = None) -> None:
        self._files = files_of(Path(path))
        footers = _parquet.of_each(footer, self._files)
        if columns is None:
            self._columns = _data_columns(footers[0].schema.to_arrow_schema())
        else:
            self._columns = list(_parquet.names("columns", columns))
        for file, each in zip(self._files, footers, strict=True):
            _check(file, each, self._columns, self._files[0] if columns is None else None)
        sizes = [
            (file, group, each.row_group(group).num_rows)
            for file, each in enumerate(footers)
            for group in range(each.num_row_groups)
        ]
        self._places = [(file, group) for file, group, rows in sizes if rows]
        self._sizes = np.array([rows for _, _, rows in sizes if rows], np.int64)
        self._starts = np.cumsum(self._sizes) - self._sizes
        self.examples = int(self._sizes.sum())
        if not self.examples:
            raise DataError(path, "at least one row", "none")
        self.example_shape: tuple[int, ...] = (len(self._columns),)
        row, largest = 4 * len(self._columns), int(self._sizes.max())
        self._mixed = max(1, _sources.SHUFFLE_BUFFER_BYTES // row)
        self._lanes = min(MAX_LANES, max(1, self._mixed // largest))
        self._groups = _Kept(self._decode, max(2 * self._mixed, 2 * largest) * row)
        self._footer = functools.lru_cache(OPEN_FOOTERS)(footer)

    def shuffled(self, random: np.random.Generator, batch_size: int) -> Array:
        """Return the numbers of all rows in a random order, lane by lane."""
        kind = number_type(self.examples)
        if self.examples <= self._mixed:
            return random.permutation(self.examples).astype(kind)
        groups = random.permutation(len(self._sizes))
        sizes = self._sizes[groups]
        ends = np.cumsum(sizes)
        shifts = (self._starts[groups] - (ends - sizes)).astype(kind)
        order = np.arange(self.examples, dtype=kind) + np.repeat(shifts, sizes)
        lanes, steps = min(self._lanes, batch_size), self.examples // batch_size
        cuts = [batch_size * lane // lanes for lane in range(lanes + 1)]  # places in a batch
        parts = []
        for first, last in itertools.pairwise(cuts):
            for part in _windows(steps * first, steps * last, ends, self._mixed // lanes):
                random.shuffle(order[part])
            parts.append(order[steps * first : steps * last].reshape(steps, last - first))
        rest = random.permutation(order[steps * batch_size :])
        return np.concatenate([np.concatenate(parts, axis=1).reshape(-1), rest])

    def read(self, rows: Array) -> Array:
        """Return these rows as float32 (rows, columns).

        Raises:
            DataError: A row group can't be read, or has nulls.
        """
        examples = np.empty((len(rows), *self.example_shape), np.float32)
        of = np.searchsorted(self._starts, rows, side="right") - 1
        for group in np.unique(of):
            places = np.flatnonzero(of == group)
            found = self._groups.take(int(group))
            examples[places] = found[rows[places] - self._starts[group]]
        return examples

    def _decode(self, number: int) -> Array:
        _extras.require("pyarrow")
        import pyarrow.parquet as pq

        file, group = self._places[number]
        path = self._files[file]
        with reading(path, EXPECTED), pq.ParquetFile(path, metadata=self._footer(path)) as opened:
            table = opened.read_row_group(group, columns=self._columns)
        for name in self._columns:
            if nulls := table.column(name).null_count:
                raise wrong(path, name, "with a value in every row", f"{nulls:,} nulls")
        with reading(path, EXPECTED):
            values = np.column_stack([table.column(name).to_numpy() for name in self._columns])
        return _float32.cast(str(path), values)


class _Kept:
    """What was made last, by number, as far as there is room.

    Args:
        make: Function from a number to an array.
        bytes: Integer, what all of them may take; the last one is kept in any case.
    """

    def __init__(self, make: Callable[[int], Array], bytes: int) -> None:
        self._make, self._room = make, bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, Future[Array]] = OrderedDict()

    def take(self, number: int) -> Array:
        """Return one, made once even if several threads ask for it."""
        with self._lock:
            kept = self._kept.get(number)
            is_new = kept is None
            if kept is None:
                kept = self._kept[number] = Future()
            self._kept.move_to_end(number)
        if is_new:
            try:
                kept.set_result(self._make(number))
            except BaseException as error:
                with self._lock:
                    del self._kept[number]
                kept.set_exception(error)
                raise
            self._forget()
        return kept.result()

    def _forget(self) -> None:
        """Forget what was asked for longest ago."""
        with self._lock:
            sizes = {
                number: kept.result().nbytes for number, kept in self._kept.items() if kept.done()
            }
            over = sum(sizes.values()) - self._room
            for number, size in sizes.items():
                if over <= 0:
                    return
                del self._kept[number]
                over -= size


def _windows(start: int, end: int, ends: Array, size: int) -> Iterator[slice]:
    """Yield parts of a lane from `start` to `end`, each of whole row groups up to a size.

    Args:
        start: Integer, the lane's first place in the order.
        end: Integer, the place behind its last.
        ends: Array of the places behind each row group's last row, ascending.
        size: Integer, rows; one row group may be larger.
    """
    first, last = np.searchsorted(ends, (start, end), side="right")
    begin = stop = start
    for after in (*ends[first:last].tolist(), end):
        if after - begin > size and stop > begin:
            yield slice(begin, stop)
            begin = stop
        stop = after
    yield slice(begin, end)


def _check(file: Path, metadata: Any, columns: Sequence[str], first: Path | None) -> None:
    """Raise a DataError if a footer says that a file can't be read.

    Args:
        file: Path.
        metadata: `pyarrow.parquet.FileMetaData`, its footer.
        columns: Names of the columns that it must have.
        first: Path of the file that has those and no others, or None for any others.
    """
    schema = metadata.schema.to_arrow_schema()
    for name in columns:
        check_once(file, schema, name)
        kind = schema.field(name).type
        if not _parquet.is_number(kind):
            raise wrong(file, name, "of numbers (`columns` names those to read)", str(kind))
    others = [name for name in _data_columns(schema) if name not in columns]
    if first is not None and others:
        raise DataError(file, f"the columns of {first}", f"column `{others[0]}` too")
    for name, count in _parquet.null_counts(metadata, columns).items():
        raise wrong(file, name, "with a value in every row", f"{count:,} nulls")


def _data_columns(schema: Any) -> list[str]:
    """Return the names of columns, without the row numbers that pandas may add."""
    return [name for name in schema.names if not name.startswith("__index_level_")]
