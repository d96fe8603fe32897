"""A table in Parquet files, seen piece by piece, is the table as a whole."""

import datetime
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from keras_ae.datasets import DataError
from keras_ae.tables import ParquetTable, TableSchema, parquet_table, read_table
from tests.tables.frames import assert_same, mixed

ROWS = 600


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


def test_rows_that_are_held_out_at_random_and_the_rest_are_the_table(path, rows):
    table = ParquetTable(path)
    rest, held_out = (table._thinned(0.3, seed=4, rest=each) for each in (True, False))
    assert rest.rows + held_out.rows == table.rows
    assert 0.2 * ROWS < held_out.rows < 0.4 * ROWS
    left, out = rest.read()["row"].to_numpy(), held_out.read()["row"].to_numpy()
    assert (len(left), len(out)) == (rest.rows, held_out.rows)
    np.testing.assert_array_equal(np.sort(np.concatenate([left, out])), rows["row"])
    assert (np.diff(left) > 0).all()
    again = [frame["row"].to_numpy() for _, frame in held_out.frames(rows=50)]
    np.testing.assert_array_equal(np.concatenate(again), out)
    fewer = held_out._thinned(0.5, seed=5).read()["row"]
    assert set(fewer) < set(out)
    other = table._thinned(0.3, seed=5).read()["row"].to_numpy()
    assert not np.array_equal(other, out)
