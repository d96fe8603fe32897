"""Tables of any kind: data frames as pandas' own, and what is read piece by piece."""

from __future__ import annotations

import csv
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae import _checks, _extras, _files, _parquet
from keras_ae.tables.parquet_table import ParquetTable

LEADING_ZERO = r"\s*0\d+\s*"
BYTES_AT_ONCE = 2**24  # of a .csv file
EXPECTED = "a data frame, a dict of columns, a list of dicts, or a ParquetTable or the path of one"


def as_table(name: str, data: Any, verbose: Any = False) -> Any:
    """Return a table as a `ParquetTable` if it is one or its path, else as `as_frame` does.

    Args:
        name: What the user calls the table.
        data: The table.
        verbose: Whether passes over what a path names show progress.

    Raises:
        TypeError: It is no table.
        ValueError: It is empty, can't be read, or its columns' names aren't text, each once.
    """
    if isinstance(data, ParquetTable):
        return data
    if not isinstance(data, (str, Path)):
        return as_frame(name, data)
    path = _checks.path(name, data)
    if path.suffix.lower() == _parquet.SUFFIX or path.is_dir():
        return open_table(path, verbose)
    fix = "; read_table reads .csv files" * (path.suffix.lower() == ".csv")
    raise ValueError(f"`{name}` must be {EXPECTED}. Received: the path {str(path)!r}{fix}")


def pieces(table: Any, rows: int | None = None, exact: bool = False) -> Iterator[tuple[int, Any]]:
    """Yield what `as_table` returned piece by piece, each with the number of its first row.

    Args:
        table: A `ParquetTable`, or a data frame, which is one piece.
        rows: As in `ParquetTable.frames`.
        exact: Whether whole numbers beside gaps are objects, which hold what float64 doesn't.
    """
    if isinstance(table, ParquetTable):
        yield from table._frames(rows, exact)
    else:
        yield 0, table


def open_table(path: Path, verbose: Any = False) -> Any:
    """Return a .csv file as a data frame, and Parquet files as a `ParquetTable`.

    Args:
        path: The file, or a folder of Parquet files.
        verbose: As in `ParquetTable`.

    Raises:
        ValueError: It can't be read.
    """
    if path.suffix.lower() == _parquet.SUFFIX or path.is_dir():
        return ParquetTable(path, verbose=verbose)
    return read_table(path)


def number_of_rows(table: Any) -> int:
    """Return how many rows there are of what `as_table` returned."""
    return table.rows if isinstance(table, ParquetTable) else len(table)


def without(table: Any, column: str | None) -> Any:
    """Return what `as_table` returned without a column, if it has that."""
    if column not in table.columns:
        return table
    left = [name for name in table.columns if name != column]
    return table._narrowed(left) if isinstance(table, ParquetTable) else table[left]


def first_rows(table: Any, rows: int) -> Any:
    """Return the first rows of what `as_table` returned, as a data frame."""
    _, first = next(pieces(table, rows))
    return first.head(rows)


def some_rows(table: Any, most: int, seed: int) -> Any:
    """Return a data frame as it is; of a `ParquetTable` about so many rows, chosen at random."""
    if not isinstance(table, ParquetTable):
        return table
    return (table._thinned(most / table.rows, seed) if table.rows > most else table).read()


def split_at_random(table: Any, share: float, seed: int) -> tuple[Any, Any]:
    """Return what `as_table` returned without a share of its rows, and these; in their order."""
    if isinstance(table, ParquetTable):
        return table._thinned(share, seed, rest=True), table._thinned(share, seed)
    chosen = round(len(table) * share)
    order = np.random.default_rng(seed).permutation(len(table))
    left, held_out = (table.iloc[np.sort(each)] for each in (order[chosen:], order[:chosen]))
    return left, held_out


def as_frame(name: str, data: Any) -> Any:
    """Return a table as a pandas data frame with text for names, each once.

    Args:
        name: What the user calls the table.
        data: A frame of pandas; one of another library, by its `to_pandas`, Arrow's or the data
            frame interchange protocol; a dict of columns; a list of dicts, one a row; or a
            `ParquetTable` or its path, which is read as a whole.

    Raises:
        TypeError: It is none of those.
        ValueError: It is empty, or its columns' names aren't text, each once.
    """
    import pandas as pd

    if isinstance(data, (str, Path, ParquetTable)):
        return as_table(name, data).read()
    if not isinstance(data, pd.DataFrame):
        try:
            frame = _converted(data)
        # Of what isn't a frame after all, such as a single column; other libraries' errors.
        except (ValueError, TypeError) as error:
            received = f"a {type(data).__name__}: {' '.join(str(error).split())}"
            kind = ValueError if isinstance(error, ValueError) else TypeError
            raise kind(f"`{name}` must be {EXPECTED}. Received: {received}") from error
        if not isinstance(frame, pd.DataFrame):
            raise TypeError(f"`{name}` must be {EXPECTED}. Received: a {type(data).__name__}")
        data = frame
    names = list(data.columns)
    wrong = [each for each in names if not isinstance(each, str)]
    if wrong:
        raise ValueError(
            f"`{name}` must have text for its columns' names. Received: {_checks.shown(wrong[0])}"
        )
    _check_once(f"`{name}`", names)
    if not names or not len(data):
        raise ValueError(f"`{name}` must have rows and columns. Received: shape={data.shape}")
    return data


def _check_once(name: str, names: Sequence[str]) -> None:
    twice = sorted(each for each, count in Counter(names).items() if count > 1)
    if twice:
        raise ValueError(
            f"{name} must have each column's name once. "
            f"Received: {', '.join(map(_checks.shown, twice))} more than once"
        )


def _converted(data: Any) -> Any:
    """Return data as pandas' frame, or as something else where they are no table."""
    import pandas as pd

    rows = isinstance(data, Sequence) and not isinstance(data, (str, bytes))
    if isinstance(data, Mapping) or (rows and all(isinstance(row, Mapping) for row in data)):
        return pd.DataFrame(data)
    if hasattr(data, "to_pandas"):
        return data.to_pandas()
    if hasattr(data, "__arrow_c_stream__"):
        _extras.require("pyarrow")
        import pyarrow as pa

        return pa.table(data).to_pandas()
    if hasattr(data, "__dataframe__"):
        _extras.require("pyarrow")
        import pyarrow.interchange

        return pyarrow.interchange.from_dataframe(data).to_pandas()
    return data


def read_table(path: str | Path) -> Any:
    r"""Read a table from a .csv or a .parquet file, as a pandas data frame.

    Of a .csv file the first row is the header; the separator is the comma, or where the first row
    has none, the semicolon or the tab. What its cells mean is for `TableSchema` to say; digits
    with a zero in front, such as a postcode's, stay text.

    Args:
        path: String or path.

    Returns:
        A `pandas.DataFrame`.

    Raises:
        ValueError: There is no such file, it isn't a table, or a name stands twice in its header.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "sales.csv")
        ...     _ = path.write_text("city,price\nOslo,'1,000'\nBergen,\n".replace("'", '"'))
        ...     read_table(path).shape
        (2, 2)
    """
    path = _checks.path("path", path)
    expected = "a .csv file in UTF-8 or a .parquet file"
    _files.check_file(path, expected)
    import pandas as pd

    suffix = path.suffix.lower()
    if suffix not in (".csv", ".parquet"):
        raise ValueError(f"{path}: expected {expected}. Received: the suffix {suffix!r}")
    try:
        if suffix == ".parquet":
            _extras.require("pyarrow")
            return pd.read_parquet(path, engine="pyarrow")
        with path.open(encoding="utf-8-sig", newline="") as file:
            line = file.readline()
        bare = re.sub('"[^"]*"', "", line)
        separator = next((each for each in ",;\t" if each in bare), ",")
        _check_once(f"{path}", next(csv.reader([line], delimiter=separator), []))
        return _read_csv(path, {"sep": separator, "encoding": "utf-8-sig", "low_memory": False})
    except ImportError:
        raise
    except Exception as error:  # pandas and pyarrow document no list of what they raise
        words = " ".join(str(error).split())
        if words.startswith(str(path)):
            raise ValueError(words) from error
        raise ValueError(f"{path}: expected {expected}. Received: {words}") from error


def _read_csv(path: Path, options: dict[str, Any]) -> Any:
    """Read a .csv file; digits with a zero in front stay text, as a postcode is."""
    import pandas as pd

    with warnings.catch_warnings():
        # Rows that are longer than the header: without index_col their first cells would be taken
        # for names of rows, and with it the last are lost.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        frame = pd.read_csv(path, index_col=False, **options)
    numbers = list(frame.select_dtypes("number").columns)
    if not numbers or not _has_leading_zeros(path, options["sep"]):
        return frame
    text = pd.read_csv(path, usecols=numbers, dtype="str", **options)
    names = [name for name in numbers if text[name].str.fullmatch(LEADING_ZERO).any()]
    return frame.assign(**{name: text[name] for name in names})


def _has_leading_zeros(path: Path, separator: str) -> bool:
    """Whether a cell of a .csv file may be digits with a zero in front; parsing all is slower."""
    border = f'[\n\r"{separator}]'.encode()
    cell = re.compile(border + rb"[^\S\r\n]*0\d+[^\S\r\n]*" + border)
    left = b"\n"
    with path.open("rb") as file:
        while block := file.read(BYTES_AT_ONCE):
            # A cell may go on in the next block, its border is shared with the next cell.
            end = max(block.rfind(b"\n"), 0)
            if cell.search(left + block[: end + 1]):
                return True
            left = (left if not end else b"") + block[end:]
    return cell.search(left + b"\n") is not None
