"""A table in Parquet files, seen piece by piece, is the table as a whole."""

import dataclasses
import datetime
import decimal
import fractions

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from keras_ae.datasets import DataError
from keras_ae.tables import ParquetTable, TableSchema, parquet_table, read_table
from keras_ae.tables._cells import NUMBER, Cells
from keras_ae.tables._facts import MAX_DIFFERENT, Numbers
from keras_ae.tables._infer import Column
from keras_ae.tables._moments import Moments
from tests.tables.frames import mixed

ROWS = 600
MEASURED = ("center", "scale", "mean")  # which pieces have to the last digits


@pytest.fixture(scope="module")
def rows():
    """Every kind and many types, with gaps that begin late, and text that says numbers."""
    random = np.random.default_rng(1)
    frame = mixed(ROWS).assign(
        whole=random.integers(-9, 9, ROWS),
        price=[f"${each:,}.50" for each in random.integers(0, 10**6, ROWS)],
        zoned=[f"2024-03-{place % 28 + 1:02d}T0{place % 9}:00Z" for place in range(ROWS)],
        tiny=(random.normal(size=ROWS) * 1e-3).round(5).astype("float32"),
        code=[f"{place % 40:03d}" for place in range(ROWS)],
        id=[f"u{place}" for place in range(ROWS)],
        row=np.arange(ROWS) + 7,
        one="x",
        nothing_yet=pd.Series([None] * (ROWS - 100) + ["a", "b"] * 50),
        date=[datetime.date(2020, 1, 1) + datetime.timedelta(each % 90) for each in range(ROWS)],
        money=[decimal.Decimal(place % 77) / 4 for place in range(ROWS)],
        small=pd.array(random.integers(0, 99, ROWS), "Int16"),
        arrow=pd.array(random.normal(size=ROWS), "float64[pyarrow]"),
    )
    late = np.arange(ROWS) > 400
    for place, name in enumerate(("amount", "items", "country", "member", "size", "day", "zone")):
        frame[name] = frame[name].astype(
            {"items": "float64", "member": "boolean"}.get(name, frame[name].dtype)
        )
        frame.loc[late & (np.arange(ROWS) % 9 == place), name] = None
    frame["whole"] = frame["whole"].astype("Int64").mask(late & (np.arange(ROWS) % 7 == 0))
    return frame


@pytest.fixture(scope="module")
def path(rows, tmp_path_factory):
    """A file with row groups of 70 rows, whose whole numbers and truths are Arrow's own."""
    path = tmp_path_factory.mktemp("table") / "rows.parquet"
    table = pa.Table.from_pandas(rows, preserve_index=False)
    plain = {"member": pa.bool_(), "whole": pa.int64(), "items": pa.int64()}
    for name, kind in plain.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table.column(name).cast(kind))
    # Without pandas' own notes, such columns are of NumPy's types, where nothing is missing.
    schema = table.replace_schema_metadata({}).schema
    pq.write_table(table.cast(schema), path, row_group_size=70)
    return path


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr(parquet_table, "ROWS_AT_ONCE", 50)


def assert_same(found, expected):
    """Compare schemas: all alike, but for the last digits of what is measured."""
    for one, other in zip(found, expected, strict=True):
        records = []
        for column in (one, other):
            record = dict(column.record)
            records.append(([record.pop(key, 0.0) for key in MEASURED], record))
        np.testing.assert_allclose(records[0][0], records[1][0], rtol=1e-11, atol=1e-12)
        plain = [
            dataclasses.replace(column, record=record)
            for column, (_, record) in zip((one, other), records, strict=True)
        ]
        assert plain[0] == plain[1]


def test_a_schema_by_pieces_is_that_of_the_whole(rows, path):
    whole = read_table(path)
    expected = TableSchema.infer(whole)
    kinds = {column.name: column.kind for column in expected.columns}
    assert set(kinds.values()) == {
        *("numeric", "positive", "count", "binary", "categorical", "ordinal", "datetime"),
        *("constant", "identifier"),
    }
    assert kinds["price"] == "numeric"
    assert expected.columns[list(kinds).index("member")].dtype == "boolean"
    assert expected.columns[list(kinds).index("whole")].dtype == "float64"
    assert_same(TableSchema.infer(path).columns, expected.columns)
    assert_same(TableSchema.infer(str(path)).columns, expected.columns)
    options = {"kinds": {"row": "numeric", "day": "categorical", "amount": "numeric"}}
    options["orders"] = {"country": ["SE", "NO", "DK"]}
    expected = TableSchema.infer(whole, **options)
    assert_same(TableSchema.infer(path, **options).columns, expected.columns)


def test_codes_by_pieces_are_those_of_the_whole(rows, path):
    whole = read_table(path)
    schema = TableSchema.infer(whole)
    codes = schema.encode(path)
    np.testing.assert_array_equal(codes, schema.encode(whole))
    pd.testing.assert_frame_equal(schema.decode(codes), schema.decode(schema.encode(whole)))
    table = ParquetTable(path)
    assert repr(table).endswith(f"rows.parquet: 600 rows, {len(rows.columns)} columns>")
    pd.testing.assert_frame_equal(table.read(), whole)
    pieces = [frame for _, frame in table.frames(64)]
    assert [len(piece) for piece in pieces] == [64] * 9 + [24]


def test_a_folder_is_one_table(rows, tmp_path):
    """Its files in the order of their names; categories are those of all."""
    halves = rows.iloc[:250], rows.iloc[250:].assign(one="y")
    for number, half in enumerate(halves):
        half = half.assign(group=half["group"].astype("str").astype("category"))
        half.to_parquet(tmp_path / f"{number}.parquet", row_group_size=90)
    expected = TableSchema.infer(pd.concat([rows.iloc[:250], halves[1]], ignore_index=True))
    assert_same(TableSchema.infer(tmp_path).columns, expected.columns)
    names = ("amount", "group")
    table = ParquetTable(tmp_path, columns=names)
    assert table.columns == names
    assert table.rows == ROWS
    assert table.read()["group"].tolist() == rows["group"].tolist()


def test_moments_of_pieces_are_those_of_the_whole():
    """Far from 0, where sums of squares would cancel."""
    values = 5.4e6 + np.random.default_rng(0).gamma(2.0, 1e-3, 2000)
    moments = Moments()
    for piece in np.split(values, [1, 2, 300, 1900]):
        moments.see(piece)
    exact = [fractions.Fraction(value) for value in values]
    mean = sum(exact) / len(exact)
    variance = sum((value - mean) ** 2 for value in exact) / len(exact)
    assert moments.mean == pytest.approx(float(mean), rel=1e-15)
    assert moments.deviation == pytest.approx(float(variance) ** 0.5, rel=1e-12)
    assert moments.skewness == pytest.approx(stats.skew(values - 5.4e6), rel=1e-9)
    alone = Moments()
    alone.see(values)
    assert (alone.mean, alone.deviation) == (values.mean(), values.std())


def test_decimals_are_judged_by_all_pieces():
    numbers = Numbers()
    for piece in ([2.0, 3.0], [2.5], [0.125]):
        numbers.see(Cells("a", NUMBER, np.array(piece), "float64"))
    assert (numbers.decimals, numbers.are_whole, numbers.low, numbers.high) == (3, False, 0.125, 3)
    numbers.see(Cells("a", NUMBER, np.array([1 / 3]), "float64"))
    assert numbers.decimals is None


PIECES = {
    "numbers, then words": (["1", "2", "5"], ["low", "high", "low", "low", "low"]),
    "numbers, then a few words": (["1", "2", "5", "7"], ["low"]),
    "numbers, then a name": (["1", "2", "5"], ["007", "5"]),
    "numbers, then unclear ones": (["1", "2", "5"], ["3 %"]),
    "dates, then words": (["2024-01-01", "2024-01-02"], ["never", "never"]),
    "dates, then times": (["2024-01-01", "2024-01-02"], ["2024-01-03T10:00:05.5"]),
    "dates that don't exist, then words": (["2024-02-30", "2024-01-01"], ["never"]),
    "dates that don't exist": (["2024-02-30", "2024-01-01"], ["2024-01-01"]),
    "zones, then none": (["2024-01-01T10:00Z"], ["2024-01-01T10:00"]),
    "nothing, then text": ([None, None], ["a", "b"]),
    "words for nothing, then numbers": (["n/a", "?"], ["1", "2.5", "-"]),
    "nothing at all": ([None, None], [None]),
    "too large, then words": (["1e400", "2"], ["x", "y", "z", "z"]),
    "too large": (["1e400", "2"], ["3"]),
    "a float late": ([1.0, 2.0, None], [2.5]),
    "running": (list(range(30)), list(range(30, 60))),
    "running, then not": (list(range(30)), list(range(31, 60))),
    "all different": ([f"u{each}" for each in range(30)], [f"v{each}" for each in range(30)]),
    "a late repetition": ([f"u{each}" for each in range(30)], ["u7", "v"]),
    "negative late": ([1, 2, 3], [-4]),
    "merging late": ([1, 2, 3], [2**60, 5]),
    "infinite late": ([1.5, 2], [float("inf")]),
}


@pytest.mark.parametrize("pieces", PIECES.values(), ids=PIECES)
@pytest.mark.parametrize("kind", [None, "categorical", "count"])
def test_what_a_column_is_shows_in_all_its_pieces(pieces, kind):
    whole = pd.Series([cell for piece in pieces for cell in piece])
    outcomes = []
    for parts in ([whole.iloc[: len(pieces[0])], whole.iloc[len(pieces[0]) :]], [whole]):
        column, row = Column("a", kind), 0
        try:
            for part in parts:
                column.see(part, row)
                row += len(part)
            outcomes.append(column.column())
        except ValueError as error:
            outcomes.append(str(error))
    if isinstance(outcomes[1], str):
        assert outcomes[0] == outcomes[1]
    else:
        assert_same([outcomes[0]], [outcomes[1]])


def test_pieces_of_several_types_are_refused():
    column = Column("a")
    column.see(pd.Series(["a", "b"]))
    column.see(pd.Series([True, False]))
    with pytest.raises(ValueError, match="'a' must hold values of one type.*: text and truths"):
        column.column()


def test_values_beyond_what_is_remembered(monkeypatch):
    """Of so many text cells each may name its row; one that comes twice shows that they don't."""
    count = MAX_DIFFERENT + 1000
    names = pd.Series([f"u{each}" for each in range(count)])
    for parts, kind in (
        ([names, names + "x"], "identifier"),
        ([names[:500], names[500:]], "identifier"),
        ([names, names[:1]], None),
        ([names[:500], names[500:], names[700:701]], None),
    ):
        column = Column("a")
        for part in parts:
            column.see(part)
        if kind:
            assert column.column().kind == kind
            continue
        with pytest.raises(ValueError, match="at most 1,000 categories: pool .* in 11,001 rows"):
            column.column()


def test_errors_name_the_row_of_the_table(rows, path, tmp_path):
    schema = TableSchema.infer(path)
    for name, place, value, words in (
        ("items", 333, 1.5, "'items' must hold whole numbers >= 0. Received: 1.5 in row 333"),
        ("north", 444, 1e30, "'north' must hold numbers near.*1e.30 in row 444"),
        ("day", 555, "2024-02-30", "'day' must hold dates that exist.*2024-02-30' in row 555"),
        ("tiny", 599, np.inf, "'tiny' must hold finite numbers.*first in row 599"),
    ):
        wrong = rows.copy()
        wrong[name] = wrong[name].astype("float64" if name != "day" else "str")
        wrong.loc[place, name] = value
        wrong.to_parquet(tmp_path / "wrong.parquet", row_group_size=100)
        with pytest.raises(ValueError, match=words):
            schema.encode(tmp_path / "wrong.parquet")


def test_what_can_t_be_read_is_refused(rows, path, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    (tmp_path / "broken.parquet").write_text("no")
    rows.head(0).to_parquet(tmp_path / "none.parquet")
    for wrong, words in (
        (empty, "a .parquet file, or a folder of them. Received: a folder without one"),
        (tmp_path / "absent.parquet", "a complete Parquet file. Received: no file"),
        (tmp_path / "broken.parquet", "a complete Parquet file"),
        (tmp_path / "none.parquet", "at least one row. Received: none"),
    ):
        with pytest.raises(DataError, match=words) as error:
            ParquetTable(wrong)
        assert "\n" not in str(error.value)
    for number, (other, words) in enumerate(
        (
            (rows.drop(columns="age"), "column `age` once"),
            (rows.assign(more=1), "column `more` too"),
            (
                rows.assign(age="x"),
                "column `age` of type double, as in .*0.parquet. Received: .*str",
            ),
        )
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        rows.to_parquet(folder / "0.parquet")
        other.to_parquet(folder / "1.parquet")
        with pytest.raises(DataError, match=words):
            TableSchema.infer(folder)
    with pytest.raises(DataError, match="column `b` once. Received: a file with time"):
        ParquetTable(path, columns=["b"])
    with pytest.raises(ValueError, match="`columns` must be a non-empty sequence"):
        ParquetTable(path, columns=[])
    with pytest.raises(TypeError, match="`verbose` must be True, False or a function"):
        ParquetTable(path, verbose="yes")
    with pytest.raises(ValueError, match="`rows` must be an integer >= 1"):
        next(ParquetTable(path).frames(0))
    with pytest.raises(ValueError, match="`data` must be a data frame.*the path 'x.csv'; read_t"):
        TableSchema.infer("x.csv")


def test_a_pass_shows_its_progress(path):
    lines = []
    TableSchema.infer(ParquetTable(path, verbose=lines.append))
    assert lines[0] == "[1/12] rows.parquet, 50 of 600 rows"
    assert lines[-1] == "[12/12] rows.parquet, 600 of 600 rows"
    assert len(lines) == 12
