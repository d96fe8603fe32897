"""Tables of mixed columns with missing values: a schema, and models of rows.

Names are imported at first use: a schema needs pandas alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    "SyntheticUtility": "keras_ae.tables.synthetic",
    "nearest_record_distance": "keras_ae.tables.synthetic",
    "synthetic_utility": "keras_ae.tables.synthetic",
    "MIWAE": "keras_ae.tables.bounds",
    "NotMIWAE": "keras_ae.tables.bounds",
    "ParquetTable": "keras_ae.tables.parquet_table",
    "TableBound": "keras_ae.tables.bounds",
    "TableELBO": "keras_ae.tables.bounds",
    "TableColumn": "keras_ae.tables.table_column",
    "TableModel": "keras_ae.tables.table_model",
    "TableSchema": "keras_ae.tables.table_schema",
    "read_table": "keras_ae.tables._frames",
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
__getattr__, __dir__ = _extras.lazily(__name__, _MODULES)
