"""Parquet files: which there are, and what their footers tell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from keras_ae import _checks, _extras
from keras_ae._files import why_not

SUFFIX = ".parquet"
FOOTERS_AT_ONCE = 16  # that are waited for, on a network drive


def files_in(folder: Path, is_wanted: Callable[[str], bool]) -> list[Path]:
    """Return the files in a folder and its sub-folders, relative to it, sorted.

    Hidden ones, and those that start with "_", as Spark's own do, are left out.

    Args:
        folder: Path.
        is_wanted: Function from a file's name to whether it counts.
    """
    paths = (path.relative_to(folder) for path in folder.rglob("*") if is_wanted(path.name))
    return sorted(
        path
        for path in paths
        if not any(part.startswith((".", "_")) for part in path.parts)
        and not why_not(folder / path)
    )


def is_table(name: str) -> bool:
    """Whether a file's name is that of a Parquet file."""
    return name.endswith(SUFFIX)


def of_each(function: Callable[[Any], Any], paths: Sequence[Any]) -> list[Any]:
    """Return what a function says of each path, asked several at a time."""
    with ThreadPoolExecutor(FOOTERS_AT_ONCE) as pool:
        return list(pool.map(function, paths))


def is_number(kind: Any) -> bool:
    """Whether an Arrow type is that of integers, floats or booleans."""
    _extras.require("pyarrow")
    import pyarrow as pa

    is_real = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    return bool(is_real or pa.types.is_boolean(kind))


def null_counts(metadata: Any, columns: Collection[str]) -> dict[str, int]:
    """Return how many nulls a footer counts in columns, without those that have none."""
    places = [
        place
        for place in range(metadata.num_columns)
        if metadata.schema.column(place).path in columns
        and metadata.schema.column(place).max_definition_level
    ]
    found: dict[str, int] = {}
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for place in places:
            column = group.column(place)
            statistics = column.statistics
            if statistics is not None and statistics.has_null_count and statistics.null_count:
                name = column.path_in_schema
                found[name] = found.get(name, 0) + statistics.null_count
    return found


def names(name: str, value: Any, empty: bool = False) -> tuple[str, ...]:
    """Return names of columns as a tuple, or raise a ValueError: each once, at least one.

    Args:
        name: String, the argument's name.
        value: What was given.
        empty: Whether there may be none.
    """
    expected = f"a {'' if empty else 'non-empty '}sequence of names of columns, each once"
    found = tuple(_checks.items(name, value, expected))
    text = all(isinstance(each, str) for each in found)
    if not text or len(set(found)) < len(found) or not (found or empty):
        raise ValueError(f"`{name}` must be {expected}. Received: {name}={_checks.shown(found)}")
    return found
