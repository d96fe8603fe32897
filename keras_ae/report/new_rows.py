"""Whether new rows of a table are copies, and what they are good for."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae.plotting import ReportSection, ReportTable
from keras_ae.report.table_rows import TableRows, some_places
from keras_ae.tables import nearest_record_distance, synthetic_utility

MAX_ROWS = 1000  # whose nearest record is looked for
MAX_RECORDS = 10_000


def new_rows_section(rows: TableRows) -> ReportSection | None:
    """Return nearest records and utility of generated rows; None without rows of training."""
    if rows.training is None:
        return None
    schema = rows.model.schema
    chosen = some_places(len(rows.training), MAX_RECORDS, rows.seed)
    records, held_out = rows.training.iloc[chosen], rows.some(MAX_ROWS)
    made = rows.generated.head(len(held_out))
    gaps = np.isnan(schema.encode(held_out))
    for place, column in enumerate(schema.modelled):
        # A gap beside a cell counts as far: both get the same ones.
        made = made.assign(**{column.name: made[column.name].mask(gaps[:, place])})
    told = []
    for words, table in (("generated", made), ("held out", held_out)):
        distances = nearest_record_distance(table, records, schema)
        quantiles = np.quantile(distances, [0.05, 0.5])
        copies = f"{np.mean(distances == 0):.1%}"
        told.append((words, f"{len(table):,}", *(f"{each:.3f}" for each in quantiles), copies))
    head = ("rows", "number", "5 % nearer than", "median", "equal to a record")
    caption = "Distance to the nearest row of training, in standard deviations"
    tables = [ReportTable(head, told, caption)]
    text = (
        f"Each row's nearest of {len(records):,} rows of training; generated rows were given the "
        "gaps of those held out. New rows that are nearer than rows that were held out may be "
        "copies; a large distance is no proof of privacy."
    )
    if rows.target is not None:
        try:
            tables.append(_utility(rows, records))
        except ValueError as error:  # the rows that were held out have one class alone
            text += f" No classifiers of {rows.target}: {error}."
    return ReportSection("New rows", text, tables=tables)


def _utility(rows: TableRows, records: Any) -> ReportTable:
    """Return how well classifiers of the target do that were trained on generated rows."""
    found = synthetic_utility(
        rows.generated, records, rows.frame, str(rows.target), rows.model.schema, rows.seed
    )
    told = [("on generated rows", f"{found.synthetic:.3f}"), ("on real rows", f"{found.real:.3f}")]
    caption = f"Accuracy of classifiers of {rows.target} on the rows that were held out"
    return ReportTable(("trained", "balanced accuracy"), told, caption)
