"""A schema says what columns are; rows go to numbers and come back as they were."""

import json
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats

from keras_ae.tables import TableColumn, TableSchema, read_table
from tests.subprocesses import run
from tests.tables.frames import KINDS, mixed


@pytest.fixture(scope="module")
def frame():
    return mixed()  # whole, unlike the models' one


@pytest.fixture(scope="module")
def schema(frame):
    return TableSchema.infer(frame)


def test_kinds(schema):
    assert {column.name: column.kind for column in schema.columns} == KINDS


def test_rows_come_back_in_their_types(frame, schema):
    codes = schema.encode(frame)
    assert codes.dtype == np.float32
    assert codes.shape == (len(frame), len(frame.columns))
    np.testing.assert_array_equal(np.isnan(codes), frame.isna().to_numpy())
    decoded = schema.decode(codes)
    # Every type comes back, and every value but the seventh digit of a real number.
    pd.testing.assert_frame_equal(decoded, frame, rtol=1e-6)
    for name in (
        "time",
        "amount",
        "north",
        "items",
        "age",
        "country",
        "member",
        "size",
        "day",
        "zone",
        "children",
    ):
        pd.testing.assert_series_equal(decoded[name], frame[name])


def test_map_coordinates_stay_distinct():
    north = 5_400_000 + np.random.default_rng(0).permutation(1000) / 100  # centimetres
    schema = TableSchema.infer(pd.DataFrame({"north": north}))
    codes = schema.encode({"north": north})[:, 0]
    assert len(np.unique(north.astype("float32"))) < 30
    assert len(np.unique(codes)) == 1000
    assert np.array_equal(np.argsort(codes), np.argsort(north))
    np.testing.assert_allclose(schema.decode(codes[:, None])["north"], north, rtol=0, atol=1e-5)


def test_seconds_of_years_stay_distinct():
    time = pd.Series(pd.date_range("2020-01-01", periods=1000, freq="h", unit="s"))
    schema = TableSchema.infer(time.to_frame("time"))
    decoded = schema.decode(schema.encode(time.to_frame("time")))
    pd.testing.assert_series_equal(decoded["time"], time.rename("time"))


def test_a_log_density_of_values_is_that_of_codes_and_the_jacobian():
    amount = np.exp(np.random.default_rng(0).normal(3, 1, 100))
    schema = TableSchema.infer({"amount": amount}, kinds={"amount": "positive"})
    codes = schema.encode({"amount": amount})
    of_codes = stats.norm.logpdf(codes, 0.3, 0.8)
    record = schema.columns[0].record
    log_mean, log_scale = record["center"] + 0.3 * record["scale"], 0.8 * record["scale"]
    expected = stats.lognorm.logpdf(amount, log_scale, scale=np.exp(log_mean))
    found = (of_codes + schema.log_jacobian(codes))[:, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    shifted = TableSchema.infer({"x": 5 * amount}, kinds={"x": "numeric"})
    np.testing.assert_allclose(
        shifted.log_jacobian(codes)[:, 0], -np.log(5 * amount.std()), rtol=1e-6
    )
    codes[0] = np.nan
    assert schema.log_jacobian(codes)[0, 0] == 0


def test_json_is_the_schema(schema):
    text = schema.to_json()
    assert TableSchema.from_json(text) == schema
    assert str(schema).count("\n") == len(KINDS) - 1
    assert "age: count, 18 to 89" in str(schema)
    edited = json.loads(text)
    edited["columns"][3]["kind"] = "nonsense"
    with pytest.raises(ValueError, match="`kind` must be one of numeric"):
        TableSchema.from_json(json.dumps(edited))
    for field, wrong in (("record", {}), ("dtype", "int63"), ("record", {"mean": 1, "low": "a"})):
        edited = json.loads(text)
        edited["columns"][3][field] = wrong
        with pytest.raises(ValueError, match="`text` must be what.*in column 'age' too"):
            TableSchema.from_json(json.dumps(edited))
    for wrong in ("", "{}", "[]", json.dumps({"version": 2, "columns": []})):
        with pytest.raises(ValueError, match="`text` must be"):
            TableSchema.from_json(wrong)
    with pytest.raises(TypeError, match="`text` must be a string"):
        TableSchema.from_json(3)


def test_what_wasn_t_there_has_a_defined_code():
    data = {
        "city": ["Oslo", "Bergen", "Narvik", "Oslo"],
        "ok": ["yes", "no", "no", "yes"],
        "size": ["S", "M", "L", "S"],
        "day": ["2024-01-01", "2024-01-03", "2024-01-05", "2024-01-02"],
    }
    schema = TableSchema.infer(data, orders={"size": ["S", "M", "L", "XL"]})
    new = {"city": ["Paris"], "ok": ["maybe"], "size": ["XXL"], "day": ["2999-01-01"]}
    codes = schema.encode(new)
    np.testing.assert_array_equal(codes[0, :3], [3.0, np.nan, np.nan])
    decoded = schema.decode(codes)
    assert decoded["city"].isna().all()
    assert decoded["day"].tolist() == ["2024-01-09"]  # the range's end and its width
    assert schema.encode({**new, "size": ["XL"]})[0, 2] == 3


def test_columns_that_tell_nothing_are_shown_and_left_out():
    data = {"id": [f"u{i}" for i in range(30)], "one": ["x"] * 30, "row": range(30)}
    data["number"] = np.random.default_rng(0).normal(size=30)
    schema = TableSchema.infer(data)
    kinds = [column.kind for column in schema.columns]
    assert kinds == ["identifier", "constant", "identifier", "numeric"]
    assert "not modelled" in str(schema)
    assert schema.encode({"number": [0.5]}).shape == (1, 1)
    decoded = schema.decode(np.zeros((2, 1)))
    assert decoded["one"].tolist() == ["x", "x"]
    assert decoded["row"].tolist() == [0, 1]
    with pytest.raises(ValueError, match="one that is modelled.*one: constant"):
        TableSchema.infer({"one": [1, 1]})


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1,000", "2,500.5", None, "-3,000,000"], [1000, 2500.5, np.nan, -3e6]),
        (["$5", "€1,200", "n/a", "-£3.50"], [5, 1200, np.nan, -3.5]),
        (["1e3", " 2 ", "?", "+4"], [1000, 2, np.nan, 4]),
        ([True, 2, 3.5, None], None),
    ],
)
def test_numbers_as_text(cells, numbers):
    data = pd.DataFrame({"price": pd.Series(cells, dtype=object)})
    if numbers is None:
        with pytest.raises(
            ValueError, match=r"'price' must hold values of one type.*True in row 0"
        ):
            TableSchema.infer(data)
        return
    schema = TableSchema.infer(data, kinds={"price": "numeric"})
    np.testing.assert_allclose(schema.decode(schema.encode(data))["price"], numbers, rtol=1e-6)


def test_other_libraries_frames_are_taken(frame, schema, tmp_path):
    codes = schema.encode(frame)
    table = pa.Table.from_pandas(frame)

    class Stream:  # as a frame of polars
        def __arrow_c_stream__(self, requested_schema=None):
            return table.__arrow_c_stream__(requested_schema)

    class Protocol:
        def __dataframe__(self, **options):
            return simple.__dataframe__(**options)

    for other in (table, Stream()):
        np.testing.assert_array_equal(schema.encode(other), codes)
    simple = pa.table({"a": [1.5, None, 4.0], "b": ["x", "y", "z"]})
    np.testing.assert_array_equal(
        TableSchema.infer(Protocol(), {"a": "numeric"}).encode(Protocol()),
        TableSchema.infer(simple, {"a": "numeric"}).encode(simple),
    )
    rows = json.loads(frame.head(5).to_json(orient="records", date_format="iso"))
    np.testing.assert_allclose(schema.encode(rows), codes[:5], rtol=1e-6)
    shuffled = frame[frame.columns[::-1]]
    np.testing.assert_array_equal(schema.encode(shuffled), codes)


def test_files(frame, schema, tmp_path):
    frame.to_csv(tmp_path / "rows.csv", index=False)
    frame.to_parquet(tmp_path / "rows.parquet")
    for name in ("rows.csv", "rows.parquet"):
        np.testing.assert_array_equal(
            schema.encode(read_table(tmp_path / name)), schema.encode(frame)
        )
    kinds = {c.name: c.kind for c in TableSchema.infer(read_table(tmp_path / "rows.csv")).columns}
    assert kinds == {**KINDS, "size": "categorical"}  # text has no order
    (tmp_path / "twice.csv").write_text("a;b;a\n1;2;3\n")
    with pytest.raises(ValueError, match="twice.csv must have each column's name once.*'a'"):
        read_table(tmp_path / "twice.csv")
    (tmp_path / "broken.parquet").write_text("no")
    (tmp_path / "rows.xlsx").write_text("no")
    for name in ("broken.parquet", "rows.xlsx", "none.csv"):
        with pytest.raises(ValueError, match="expected a .csv file in UTF-8 or a .parquet file"):
            read_table(tmp_path / name)


def test_other_columns_and_cells_are_refused(frame, schema):
    for data, words in (
        (frame.drop(columns="age"), "none called 'age'"),
        (frame.assign(label=1), "also 'label'"),
        (frame.assign(amount=0.0), "'amount' must hold numbers > 0"),
        (frame.assign(items=1.5), "'items' must hold whole numbers >= 0.*1.5 in row 0"),
        (frame.assign(north="far"), "'north' must hold numbers. Received: text"),
        (frame.assign(north=1e300), "'north' must hold numbers near.*1e.300 in row 0"),
        (frame.assign(country=3), "'country' must hold text, as when the schema was made"),
        (frame.assign(member="x"), "'member' must hold numbers or truths"),
        (frame.assign(time=3), "'time' must hold dates. Received: numbers"),
    ):
        with pytest.raises(ValueError, match=words):
            schema.encode(data)
    with pytest.raises(TypeError, match="`data` must be a data frame.*Received: a int"):
        schema.encode(3)
    for codes in (np.zeros(3), np.zeros((2, 3)), [["a"] * 13]):
        with pytest.raises(ValueError, match=r"`codes` must be numbers of shape \(rows, 13\)"):
            schema.decode(codes)


def test_wrong_arguments():
    data = {"a": [1.5, 2, 4], "b": ["x", "y", "z"]}
    for options, kind, words in (
        ({"kinds": {"c": "numeric"}}, ValueError, "`kinds's keys` must be one of a, b"),
        ({"kinds": {"a": "real"}}, ValueError, r"`kinds\['a'\]` must be one of numeric"),
        ({"kinds": "numeric"}, TypeError, "`kinds` must be a dict"),
        ({"kinds": {"b": "numeric"}}, ValueError, "'b' must hold numbers. Received: text"),
        ({"kinds": {"a": "binary"}}, ValueError, "'a' must have two values"),
        ({"orders": {"b": ["x", "y"]}}, ValueError, "'b' must have the categories 'x', 'y'.*'z'"),
        ({"orders": {"b": ["x", "x"]}}, ValueError, r"`orders\['b'\]` must be.*each once"),
        ({"orders": {"b": [["x"]]}}, ValueError, r"`orders\['b'\]` must be text or numbers"),
        (
            {"orders": {"b": ["x", "y", "z"]}, "kinds": {"b": "categorical"}},
            ValueError,
            "'b' must be ordinal",
        ),
        ({"kinds": {"b": "constant"}}, ValueError, "'b' must have one value. Received: 3"),
        ({"orders": {"b": 3}}, TypeError, "a sequence of categories"),
    ):
        with pytest.raises(kind, match=words):
            TableSchema.infer(data, **options)
    column = TableColumn("a", "numeric", "float64")
    with pytest.raises(ValueError, match="each name once"):
        TableSchema([column, column])
    with pytest.raises(TypeError, match="a sequence of TableColumns"):
        TableSchema(["a"])
    with pytest.raises(ValueError, match="`missing` must be a number >= 0 and <= 1"):
        TableColumn("a", "numeric", "float64", 2)


def test_a_schema_needs_no_keras():
    code = (
        "import sys\nfrom keras_ae.tables import TableSchema\n"
        "schema = TableSchema.infer({'a': [1.5, 2, 4], 'b': ['x', 'y', 'z']})\n"
        "assert schema.encode([{'a': 3, 'b': 'y'}]).shape == (1, 2)\n"
        "assert not {'keras', 'tensorflow', 'jax'} & set(sys.modules)\n"
    )
    run([sys.executable, "-c", code])
