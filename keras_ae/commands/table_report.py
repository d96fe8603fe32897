"""`report` of a model of a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from keras_ae import _checks
from keras_ae.commands.errors import BadInput, bad_input
from keras_ae.commands.table import BUNDLE, MAX_SHOWN_ROWS, MODEL, held_out
from keras_ae.export.bundle.manifest import MANIFEST
from keras_ae.export.table_rows import SCHEMA


def table_file(path: Path) -> Path | None:
    """Return where the model of a table is: a file of `TableModel.save`, or a bundle of one.

    Args:
        path: What the user calls the model: such a file, the directory of a run that has one, or a
            bundle, beside which its run may be.

    Returns:
        The path; None if it is no model of a table.
    """
    if path.is_dir() and (path / MANIFEST).is_file() and (path / SCHEMA).is_file():
        beside = path.absolute().with_name(MODEL)
        return beside if path.name == BUNDLE and beside.is_file() else path
    if path.is_dir():
        return path / MODEL if (path / MODEL).is_file() else None
    return path if path.suffix.lower() == ".zip" and path.is_file() else None


def saved_table(
    file: Path,
    data: str | None,
    label: str | None,
    max_examples: int | None,
    anomalies: str | None,
) -> Any:
    """Return the `Subject` of a saved model of a table.

    Without data, or with those of its training, it is shown on the rows that training left out.

    Args:
        file: Path, as `table_file` returns it.
        data: String, a .csv or .parquet file; None for the data of the training.
        label: String, the column of labels; None for that of the training, where there is one.
        max_examples: Integer, use at most so many rows; None for all.
        anomalies: String, a file of rows to tell apart; or None.

    Raises:
        BadInput: A file can't be read or doesn't suit the model.
    """
    from keras_ae.report.subject import bundle_facts, read_record
    from keras_ae.report.table_subject import table_subject
    from keras_ae.tables import TableModel
    from keras_ae.tables._frames import open_table, some_rows, without
    from keras_ae.training import TrainingConfig, read_options

    with bad_input():
        model = TableModel.load(file)
        beside = file.parent if file.is_file() else file
        record = beside / "config.yaml"
        options = read_options(record) if record.is_file() else {}
        config = TrainingConfig.from_options(options)
        if data is None and "data" not in options:
            raise BadInput(
                f"--data: expected a .csv or .parquet file, as {record} doesn't tell what the "
                "model was trained on. Received: none"
            )
        source = config.data if data is None else data
        table = open_table(Path(source))
        strange = None
        if anomalies is not None:
            strange = some_rows(open_table(Path(anomalies)), MAX_SHOWN_ROWS, config.seed)
        if label is None and config.label in table.columns:
            label = config.label
        if config.label != label:  # the model hasn't seen the labels of its training
            table = without(table, config.label)
            strange = None if strange is None else without(strange, config.label)
        given = {"data": table, "part": "all"}
        if "data" in options and source == config.data:
            given = held_out(table, config.test_fraction, config.seed)
        for part in {"data", "training"} & given.keys():
            given[part] = some_rows(given[part], MAX_SHOWN_ROWS, config.seed)
        metrics = read_record(beside / "metrics.json")
        return table_subject(
            model,
            **given,
            labels=label,
            name=beside.resolve().name if file.name == MODEL else file.stem,
            seed=_checks.integer("seed", options.get("seed", 0), minimum=0),
            anomalies=strange,
            max_examples=max_examples,
            config=options,
            record=read_record(beside / "run.json"),
            history=read_record(beside / "history.json"),
            metrics=metrics,
            **bundle_facts(file if file.is_dir() else beside / BUNDLE),
        )
