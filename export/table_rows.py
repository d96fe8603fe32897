"""The rows of a table as an exported model takes them: numbers, by the schema in its bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.export.errors import ExportError
from keras_ae.export.formats.precisions import INT8_STATIC

SCHEMA = "schema.json"  # in a bundle


def check_missing(samples: Mapping[str, np.ndarray], precisions: Sequence[str]) -> None:
    """Raise a ValueError if a file of whole numbers alone would take missing cells."""
    if INT8_STATIC in precisions and any(np.isnan(x).any() for x in samples.values()):
        raise ValueError(
            "`precisions` must be without int8_static for a model of a table: int8 has no number "
            "for a missing cell. Received: int8_static"
        )


def rows_of(schema: Any, data: Any) -> Any:
    """Return rows as numbers: arrays as they are, all else by the schema.

    Args:
        schema: A `keras_ae.tables.TableSchema`.
        data: An array of codes, a data frame, a dict of columns or a list of dicts.
    """
    is_array = isinstance(data, np.ndarray) or hasattr(data, "__array_interface__")
    is_list = isinstance(data, (list, tuple)) and not (data and isinstance(data[0], dict))
    return data if is_array or is_list or data is None else schema.encode(data)


def read_schema(bundle: Path) -> Any:
    """Return the schema of a bundle's table; None where it has none.

    Raises:
        ExportError: The file isn't a schema.
    """
    path = bundle / SCHEMA
    if not path.is_file():
        return None
    from keras_ae.tables import TableSchema

    try:
        return TableSchema.from_json(path.read_text("utf-8"))
    except ValueError as error:
        raise ExportError(f"{path}: {error}") from error
