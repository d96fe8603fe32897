import time

import numpy as np
import pytest
from sklearn.datasets import load_iris

from keras_ae.datasets import DataError
from keras_ae.datasets.read_csv import read_csv


@pytest.fixture
def write(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "table.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def refused(path, **options):
    with pytest.raises(DataError) as caught:
        read_csv(path, **options)
    assert str(caught.value).startswith(f"{path}: expected ")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_real_table_round_trips(write):
    iris = load_iris()
    kinds = iris.target_names[iris.target]
    lines = ['"sepal length, cm",sepal width,petal length,petal width,kind']
    lines += [
        ",".join([*map(repr, row.tolist()), kind])
        for row, kind in zip(iris.data, kinds, strict=True)
    ]
    data = read_csv(write("\r\n".join(lines)), label="kind")
    np.testing.assert_array_equal(data.x_train, iris.data.astype("float32"))
    np.testing.assert_array_equal(data.y_train, iris.target)
    assert data.class_names == ("setosa", "versicolor", "virginica")
    assert data.feature_names[:2] == ("sepal length, cm", "sepal width")
    assert data.x_test.shape == (0, 4)


def test_header_or_none(write):
    assert read_csv(write("a,b\n1,2\n")).feature_names == ("a", "b")
    data = read_csv(write("1,2\n3,4\n"))
    assert data.feature_names == ("column_1", "column_2")
    assert data.x_train.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    "text", ["a;b\n1.5;-2e3\n", "a\tb\n1.5\t-2e3", "\ufeffa,b\n\n 1.5 , -2e3 \n\n"]
)
def test_separators_spaces_blank_lines_and_byte_order_mark(write, text):
    data = read_csv(write(text))
    assert data.x_train.tolist() == [[1.5, -2000.0]]
    assert data.feature_names == ("a", "b")


def test_an_empty_cell_is_nan(write):
    table = read_csv(write("a,b\n1,\n,4\n")).x_train
    np.testing.assert_array_equal(table, [[1.0, np.nan], [np.nan, 4.0]])


def test_labels_that_are_numbers(write):
    data = read_csv(write("y,a\n1,5\n0,6\n"), label="y")
    assert (data.y_train.tolist(), data.y_train.dtype) == ([1, 0], np.int64)
    assert data.class_names is None
    assert read_csv(write("1,5\n0,6\n"), label="column_2").y_train.tolist() == [5, 6]


@pytest.mark.parametrize(
    ("text", "received"),
    [
        ("a,b\n1,2\n3,four\n", "'four' in column 'b', row 3"),
        ("1,2\n3,4\nNA,6\n", "'NA' in column 'column_1', row 3"),
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n", "'setosa' in column 'column_3', row 1"),
        ("a,b\n1,2\n3,1_000\n", "'1_000' in column 'b', row 3"),
        ("a,b\n1,2\n3\n", "expected 2 cells in every row. Received: 1 in row 3"),
        ("a,b\n1,2,3\n", "3 in row 2"),
        (",a,b\n0,1,2\n", "none for column 1"),
        ("a,b,a\n0,1,2\n", "'a' 2 times"),
        ("a,b\n", "the header only"),
        ("\n\n", "no rows"),
        ("", "an empty file"),
        ('a,b\n1,"2\n', "unexpected end of data"),
        ("a,b\n1,1e300\n", "1e+300"),
        ("a,b\n1,2\0\n", "in column 'b', row 2"),
    ],
)
def test_bad_tables_name_the_place(write, text, received):
    assert received in refused(write(text))


def test_a_late_string_is_found_at_its_row(write):
    lines = ["a,b"] + ["1,2"] * 9000
    lines[8765] = "1,x_y"
    assert "'x_y' in column 'b', row 8766" in refused(write("\n".join(lines)))


def test_bad_labels(write):
    path = write("a,b\n1,2\n3,\n")
    assert "one of the columns a, b. Received: label='c'" in refused(path, label="c")
    assert "a label in every row. Received: none in row 3" in refused(path, label="b")
    assert "at least one column besides" in refused(write("a\n1\n"), label="a")


def test_wrong_encoding_and_missing_file(write, tmp_path):
    assert "UTF-8" in refused(write("größe,b\n1,2\n", encoding="latin-1"))
    assert "no file of this name" in refused(tmp_path / "missing.csv")


@pytest.mark.slow
def test_large_tables_take_seconds(tmp_path):
    table = np.random.default_rng(0).normal(size=(20_000, 50)).astype("float32")
    path = tmp_path / "large.csv"
    path.write_text("\n".join(",".join(map(repr, row)) for row in table.tolist()))
    start = time.perf_counter()
    data = read_csv(path)
    assert time.perf_counter() - start < 8  # 0.5 s on an idle core
    np.testing.assert_array_equal(data.x_train, table)


@pytest.mark.parametrize(
    ("cell", "advice"),
    [
        (
            "web",
            "make each category a column of 1 and 0 .pandas.get_dummies., name a column of la",
        ),
        ("NA", "leave a cell empty where a value is missing"),
        ("?", "leave a cell empty where a value is missing"),
        ("2025-03-01 00:00:07", "write times as numbers, such as days or seconds since the first"),
        ("3/1/2025", "write times as numbers"),
        ("12:30", "write times as numbers"),
        ('"1,000"', "write numbers bare, such as 1234.5"),
        ('"3,5"', "write numbers bare"),
        ("1_000", "write numbers bare"),
        ("12%", "write numbers bare"),
        ("$5", "write numbers bare"),
        ("True", "write 1 and 0 for true and false"),
    ],
)
def test_the_error_says_what_to_do(tmp_path, cell, advice):
    path = tmp_path / "table.csv"
    path.write_text(f"a,b\n1,2\n3,{cell}\n")
    with pytest.raises(
        DataError, match=rf"table.csv: expected a number in every cell: .*{advice}"
    ):
        read_csv(path)


def test_what_is_shown_of_a_cell_is_cut(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(f"a,b\n1,2\n3,{'x' * 10**5}\n")
    with pytest.raises(DataError, match="in column 'b', row 3") as caught:
        read_csv(path)
    assert len(str(caught.value)) < 600


def test_seconds_are_kept(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("time,a\n1760000001,1\n1760000002,2\n1760000100,3\n")
    assert read_csv(path).x_train[:, 0].tolist() == [1760000001, 1760000002, 1760000100]
    path.write_text("a\n0.1\n0.2\n")
    assert read_csv(path).x_train.dtype == "float32"
