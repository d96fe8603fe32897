"""Types of pandas and of Arrow, and what text says: columns come back as they were."""

import numpy as np
import pandas as pd
import pytest

from keras_ae.tables import TableSchema, _frames, read_table


@pytest.mark.parametrize(
    "cells",
    [
        pd.Categorical(["x", "y", "z"], ["w", "x", "y", "z"]),
        pd.Categorical(["x", "x", "x"], ["x", "y"], ordered=True),
        pd.Categorical(["1", "2", "03"]),
        pd.Categorical(["2024-01-01", "2024-01-02", "2024-01-03"]),
        pd.Categorical([1, 2, None]),
        pd.Categorical([True, False, None]),
        pd.Series(["007", None, "012"]),
        pd.Series(["2024-01-01T10:00:00Z", None, "2024-03-01T10:00:05Z"]),
        pd.Series(["2024-01-01 10:00", "2024-01-02 10:00", "2024-01-03 10:00"]),
        pd.Series([1, 7, None], dtype="int64[pyarrow]"),
        pd.Series([True, False, None], dtype="bool[pyarrow]"),
        pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02", None])).astype("date32[pyarrow]"),
        pd.Series(pd.date_range("2024-01-01", periods=3, tz="UTC")).astype(
            "timestamp[us, tz=UTC][pyarrow]"
        ),
        pd.arrays.SparseArray([0, 0, 2]),
    ],
    ids=str,
)
def test_a_type_comes_back(cells):
    frame = pd.DataFrame({"a": cells, "b": [0.5, 1.5, 4.0]})
    schema = TableSchema.from_json(TableSchema.infer(frame).to_json())
    pd.testing.assert_frame_equal(schema.decode(schema.encode(frame)), frame)


def test_numbers_that_are_names_stay_text():
    """A cell alone says less than its column: "5" is a category where others are words."""
    data = {"a": ["5", "low", "high", "5 %"], "b": ["1", "2", "3", "2"]}
    kinds, orders = {"b": "categorical"}, {"b": ["3", "2", "1"]}
    for options in ({"kinds": kinds}, {"orders": orders}):
        schema = TableSchema.infer(data, **options)
        assert schema.decode(schema.encode(data)).to_dict("list") == data
        first = schema.encode(data)[0]
        np.testing.assert_array_equal(schema.encode({"a": ["5"], "b": ["1"]})[0], first)
    schema = TableSchema.infer({"a": [3, 1, 2, 1]}, orders={"a": [3, 2, 1]})
    assert schema.encode({"a": [3, 2, 1]})[:, 0].tolist() == [0, 1, 2]
    assert schema.decode(schema.encode({"a": [3, 1]}))["a"].dtype == "int64"


def test_files_of_every_make(tmp_path):
    for text, expected in (
        ("\ufeffa;b\n1;2\n", {"a": [1], "b": [2]}),
        ('"a,x";b\n1;2\n', {"a,x": [1], "b": [2]}),
        ('a,b\n"x\ny",2\n', {"a": ["x\ny"], "b": [2]}),
        ("a,b\n007,1\n123,2\n", {"a": ["007", "123"], "b": [1, 2]}),
    ):
        (tmp_path / "x.csv").write_text(text, encoding="utf-8")
        assert read_table(tmp_path / "x.csv").to_dict("list") == expected
    for text in ("", "a,b\n1,2,3\n4,5,6\n", 'a,b\n"1,2\n'):
        (tmp_path / "x.csv").write_text(text)
        with pytest.raises(ValueError, match=r"x.csv: expected a .csv file") as error:
            read_table(tmp_path / "x.csv")
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("at_once", [1, 3, 7, 1000])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_digits_with_a_zero_in_front_are_found_wherever_a_block_ends(
    tmp_path, monkeypatch, at_once, end
):
    monkeypatch.setattr(_frames, "BYTES_AT_ONCE", at_once)
    path = tmp_path / "x.csv"
    random = np.random.default_rng(0)
    cells = ["1", "0", "0.5", "20", "00:10", "2024-01-02", "", "100"]
    for found in ("", "007", " 01 ", '"02"'):
        rows = [list(random.choice(cells, 3)) for _ in range(6)]
        if found:
            rows[random.integers(6)][random.integers(3)] = found
        lines = (end or "\n").join(";".join(row) for row in [["a", "b", "c"], *rows])
        path.write_bytes((lines + end).encode())
        assert _frames._has_leading_zeros(path, ";") == bool(found)
