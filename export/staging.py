"""Named arrays of endpoints in one .npz: "endpoint/tensor", or more levels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

GOLDEN = "golden.npz"  # a bundle's golden vectors


def write_arrays(path: str | Path, arrays: Mapping[str, Any]) -> None:
    """Write nested dicts of arrays, compressed.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_arrays(f"{folder}/a.npz", {"encode": {"x": np.ones(2)}})
        ...     read_arrays(f"{folder}/a.npz")["encode"]["x"].tolist()
        [1.0, 1.0]
    """
    np.savez_compressed(path, allow_pickle=False, **dict(_flat(arrays)))


def read_arrays(path: str | Path) -> dict[str, Any]:
    """Read what `write_arrays` wrote, without unpickling anything."""
    arrays: dict[str, Any] = {}
    with np.load(path, allow_pickle=False) as file:
        for key in file.files:
            *levels, name = key.split("/")
            place = arrays
            for level in levels:
                place = place.setdefault(level, {})
            place[name] = file[key]
    return arrays


def _flat(arrays: Mapping[str, Any], prefix: str = "") -> Any:
    for name, value in arrays.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}/")
        else:
            yield f"{prefix}{name}", value


def key(path: str) -> str:
    """Return an artifact's path as one level of the names of arrays."""
    return path.replace("/", "|")
