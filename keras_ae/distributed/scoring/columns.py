"""Columns of a Parquet file: which can be scored, as arrays of numbers, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from keras_ae import _parquet
from keras_ae.export.exact_cast import is_exact
from keras_ae.export.signature import TensorInfo


def check_inputs(file: str, metadata: Any, columns: Sequence[str], tensor: TensorInfo) -> None:
    """Raise a ValueError if a file's footer says that its columns can't be scored.

    Args:
        file: String, the file's path.
        metadata: `pyarrow.parquet.FileMetaData`.
        columns: Sequence of the names of the columns that are the model's input.
        tensor: `TensorInfo` of that input.
    """
    schema = metadata.schema.to_arrow_schema()
    for name in columns:
        count = len(schema.get_all_field_indices(name))
        if count != 1:
            received = f"a file with {', '.join(schema.names) or 'no column'}"
            raise _wrong(file, name, "be there once", received if not count else f"{count} of it")
        kind = schema.field(name).type
        if not _can_cast(kind, tensor.dtype):
            raise _wrong(file, name, f"hold numbers that {tensor.dtype} takes", str(kind))
    if nulls := _parquet.null_counts(metadata, set(columns)):
        name, count = next(iter(nulls.items()))
        raise _wrong(file, name, "have a value in every row", f"{count:,} nulls")


def to_matrix(file: str, batch: Any, columns: Sequence[str], tensor: TensorInfo) -> np.ndarray:
    """Return columns of a record batch as one array in a model's type.

    Numbers are cast as `load_artifact` casts them: floats may be rounded to a narrower float,
    integers must come out as the same integers.

    Args:
        file: String, the file's path, for errors.
        batch: `pyarrow.RecordBatch`.
        columns: Sequence of names.
        tensor: `TensorInfo` of the model's input.

    Returns:
        Array of shape (rows, columns).

    Raises:
        ValueError: A column has nulls, or numbers that the type doesn't hold.

    Example:
        >>> batch = pa.record_batch({"b": [1.5, 2.5], "a": [3, 4]})
        >>> to_matrix("rows.parquet", batch, ["a", "b"], TensorInfo("x", (None, 2), "float32"))
        array([[3. , 1.5], [4. , 2.5]], dtype=float32)
    """
    x = np.empty((batch.num_rows, len(columns)), tensor.dtype)
    for place, name in enumerate(columns):
        column = batch.column(name)
        if column.null_count:
            raise _wrong(file, name, "have a value in every row", f"{column.null_count:,} nulls")
        values = column.to_numpy(zero_copy_only=False)
        if not is_exact(values, tensor.dtype):
            received = f"{values.dtype} from {values.min()} to {values.max()}"
            raise _wrong(file, name, f"hold numbers that {tensor.dtype} holds", received)
        x[:, place] = values
    return x


def output_fields(outputs: Sequence[TensorInfo]) -> list[Any]:
    """Return the fields of the columns that an endpoint's outputs become.

    Example:
        >>> output_fields([TensorInfo("mean", (None, 8), "float32")])
        [pyarrow.Field<mean: fixed_size_list<item: float>[8] not null>]
    """
    return [pa.field(each.name, _type_of(each), nullable=False) for each in outputs]


def to_columns(outputs: Mapping[str, np.ndarray]) -> list[Any]:
    """Return outputs as columns; what has more axes than the rows' becomes lists of one size."""
    columns = []
    for values in outputs.values():
        column = pa.array(np.ascontiguousarray(values).reshape(-1))
        for size in reversed(values.shape[1:]):
            column = pa.FixedSizeListArray.from_arrays(column, size)
        columns.append(column)
    return columns


def _type_of(tensor: TensorInfo) -> Any:
    kind = pa.from_numpy_dtype(np.dtype(tensor.dtype))
    for size in reversed(tensor.shape[1:]):
        kind = pa.list_(kind, size)
    return kind


def _can_cast(kind: Any, dtype: str) -> bool:
    """Whether values of an Arrow type may enter a model, as far as the type tells."""
    if not _parquet.is_number(kind):
        return False
    own, wanted = pa.array([], kind).to_numpy(zero_copy_only=False).dtype, np.dtype(dtype)
    whole = own.kind in "iu" and wanted.kind in "iu"
    return bool(whole or np.can_cast(own, wanted, "same_kind"))


def _wrong(file: str, column: str, expected: str, received: str) -> ValueError:
    return ValueError(f"{file}: column `{column}` must {expected}. Received: {received}")
