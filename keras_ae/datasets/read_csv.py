"""Read a table of numbers from a .csv file."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae import _checks
from keras_ae.datasets._files import existing_file, reading, sha256
from keras_ae.datasets._values import as_examples, as_labels
from keras_ae.datasets.dataset import Dataset
from keras_ae.datasets.errors import DataError

_EXPECTED = "a .csv file of numbers in UTF-8"
_MISSING = {"na", "n/a", "#n/a", "null", "none", "missing", "?", "-", "--", "."}
_TRUTHS = {"true", "false", "yes", "no"}
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}:\d{2}")
_SEPARATED = re.compile(r"[-+]?\d[\d.,'_]*([eE][-+]?\d+)?")
_ROWS_AT_A_TIME = 4096
_Row = tuple[int, list[str]]  # its line in the file, counted from 1, and its cells


def read_csv(path: str | Path, label: str | None = None) -> Dataset:
    r"""Read a .csv file: a row an example, a column a feature, all cells numbers.

    The first row is the header if none of its cells is a number; without one the columns are
    called `column_1`, `column_2`, ... The separator is the comma, or where the first row has none,
    the semicolon or the tab. An empty cell is a missing value and becomes NaN; rows of empty cells
    are skipped.

    Args:
        path: String or path.
        label: String, optional name of the column that holds the labels: numbers or strings.

    Returns:
        A `Dataset` with `feature_names`, whose `x_test` has no examples.

    Raises:
        DataError: the file is missing or empty, a cell isn't a number (its text, column and row,
            counted from 1 with the header), rows differ in length, or no column is called `label`.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "flowers.csv")
        ...     _ = path.write_text("length,width,kind\n5.1,3.5,setosa\n6.2,2.9,virginica\n")
        ...     data = read_csv(path, label="kind")
        >>> data.feature_names, data.class_names, data.y_train.tolist()
        (('length', 'width'), ('setosa', 'virginica'), [0, 1])
    """
    if label is not None:
        _checks.instance("label", label, str, "a string or None")
    path = existing_file(path, _EXPECTED)
    rows = _rows(path)
    first = next(rows, None)
    if first is None:
        raise DataError(path, "at least one row of numbers", "no rows")
    header = not any(_is_number(cell) for cell in first[1])
    names = _names(path, first[1]) if header else [f"column_{i + 1}" for i in range(len(first[1]))]
    if label is not None and label not in names:
        raise DataError(
            path,
            f"`label` to be one of the columns {', '.join(names)}",
            f"label={_checks.shown(label)}",
        )
    labelled = names.index(label) if label is not None else None
    features = [name for name in names if name != label]
    if not features:
        raise DataError(
            path, "at least one column besides the labels", f"the column {label!r} only"
        )

    blocks: list[np.ndarray[Any, Any]] = []
    labels: list[str] = []
    block: list[_Row] = [] if header else [first]
    for row in rows:
        block.append(row)
        if len(block) == _ROWS_AT_A_TIME:
            blocks.append(_convert(path, block, features, labelled, labels))
            block = []
    if block:
        blocks.append(_convert(path, block, features, labelled, labels))
    if not blocks:
        raise DataError(path, "at least one row of numbers", "the header only")
    x = as_examples(path, "the table", np.concatenate(blocks))
    (y,), class_names = as_labels(path, {str(label): _labels(labels) if labels else None})
    return Dataset(
        path.stem,
        x,
        y,
        x[:0],
        None,
        source=str(path),
        feature_names=tuple(features),
        class_names=class_names,
        sha256=sha256(path),
    )


def _rows(path: Path) -> Iterator[_Row]:
    """Yield the rows that aren't blank."""
    with reading(path, _EXPECTED), path.open(encoding="utf-8-sig", newline="") as file:
        start = file.readline()
        file.seek(0)
        delimiter = next((sign for sign in ",;\t" if sign in start), ",")
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        for cells in reader:
            if cells and any(cell.strip() for cell in cells):
                yield reader.line_num, cells


def _names(path: Path, cells: Sequence[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    if "" in names:
        place = names.index("") + 1
        raise DataError(
            path,
            "a name for every column",
            f"none for column {place} (a saved index? leave it out)",
        )
    doubled = [name for name in names if names.count(name) > 1]
    if doubled:
        received = f"{doubled[0]!r} {names.count(doubled[0])} times"
        raise DataError(path, "column names that differ", received)
    return names


def _convert(
    path: Path, block: list[_Row], features: list[str], labelled: int | None, labels: list[str]
) -> np.ndarray[Any, Any]:
    """Return the block's features as float64 (rows, d), and move its labels to `labels`."""
    columns = len(features) + (labelled is not None)
    for line, cells in block:
        if len(cells) != columns:
            raise DataError(path, f"{columns} cells in every row", f"{len(cells)} in row {line}")
        if labelled is not None:
            labels.append(cells.pop(labelled).strip())
            if not labels[-1]:
                raise DataError(path, "a label in every row", f"none in row {line}")
    # Python and NumPy read "1_0" as 10: such a cell is text here, which the careful way finds.
    if not any("_" in "".join(cells) for _, cells in block):
        try:
            values = np.array([cells for _, cells in block], dtype=np.float64)
        except ValueError:
            pass
        else:
            return values
    careful = [
        [_number(path, cell, name, line) for cell, name in zip(cells, features, strict=True)]
        for line, cells in block
    ]
    return np.array(careful, dtype=np.float64)


def _number(path: Path, cell: str, name: str, line: int) -> float:
    if not cell.strip():
        return math.nan
    if not _is_number(cell):
        expected = f"a number in every cell: {_advice(cell.strip())}"
        received = f"{_checks.shown(cell)} in column {_checks.shown(name)}, row {line}"
        raise DataError(path, expected, received)
    return float(cell)


def _advice(cell: str) -> str:
    """Return what to do about a cell that isn't a number."""
    if cell.lower() in _MISSING:
        return "leave a cell empty where a value is missing"
    if cell.lower() in _TRUTHS:
        return "write 1 and 0 for true and false"
    if _DATE.match(cell):
        return "write times as numbers, such as days or seconds since the first"
    bare = (
        cell.strip("$€£% \N{NO-BREAK SPACE}()").replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
    )
    if _SEPARATED.fullmatch(bare) or _is_number(bare):
        return "write numbers bare, such as 1234.5, without separators, units or brackets"
    return (
        "make each category a column of 1 and 0 (pandas.get_dummies), name a column of labels by "
        "`label`, leave other text out"
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def _labels(cells: list[str]) -> np.ndarray[Any, Any]:
    """Return numbers if all the labels are numbers, strings if not."""
    return np.array(cells, dtype=np.float64 if all(map(_is_number, cells)) else str)
