"""Tables of mixed columns with missing values: a schema, and models of rows.

Names are imported at first use: a schema needs pandas alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras_ae import _extras

_extras.require("pandas")

if TYPE_CHECKING:
    from keras_ae.tables._frames import read_table
    from keras_ae.tables.bounds import MIWAE, NotMIWAE, TableBound, TableELBO
    from keras_ae.tables.parquet_table import ParquetTable
    from keras_ae.tables.synthetic import (
        SyntheticUtility,
        nearest_record_distance,
        synthetic_utility,
    )
    from keras_ae.tables.table_column import TableColumn
    from keras_ae.tables.table_model import TableModel
    from keras_ae.tables.table_schema import TableSchema

_MODULES = {
    "SyntheticUtility": "synthetic",
    "nearest_record_distance": "synthetic",
    "synthetic_utility": "synthetic",
    "MIWAE": "bounds",
    "NotMIWAE": "bounds",
    "ParquetTable": "parquet_table",
    "TableBound": "bounds",
    "TableELBO": "bounds",
    "TableColumn": "table_column",
    "TableModel": "table_model",
    "TableSchema": "table_schema",
    "read_table": "_frames",
}

__all__ = [
    "MIWAE",
    "NotMIWAE",
    "ParquetTable",
    "SyntheticUtility",
    "TableBound",
    "TableColumn",
    "TableELBO",
    "TableModel",
    "TableSchema",
    "nearest_record_distance",
    "read_table",
    "synthetic_utility",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(_extras.load(f"keras_ae.tables.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'keras_ae.tables' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
