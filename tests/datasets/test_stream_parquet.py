"""Streams of Parquet files: pandas' rows, each once, in few reads; errors before the first one."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from keras_ae import _extras
from keras_ae.datasets import DataError, _sources, stream_dataset
from keras_ae.datasets._open_source import open_source
from keras_ae.datasets._parquet_source import ParquetSource
from keras_ae.datasets._sources import batches, row_order
from keras_ae.datasets._streamed_batches import StreamedBatches

RNG = np.random.default_rng(0)
ROWS_OF_GROUPS = (70, 130, 1, 99)  # rows of a file's row groups, file by file
BATCH_SIZE = 16
COLUMNS = 3


def numbered(count, start=0):
    """Return rows of float32, the first column of which is their number."""
    table = RNG.random((count, COLUMNS)).astype("float32")
    table[:, 0] = np.arange(start, start + count)
    return pa.table({f"c{i}": table[:, i] for i in range(COLUMNS)})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with 12 files of two to seven row groups each; the last one is short."""
    path, start = tmp_path_factory.mktemp("rows"), 0
    for number in range(12):
        table = numbered(300, start)
        start += 300
        inside = path / "ab"[number % 2]
        inside.mkdir(exist_ok=True)
        rows = ROWS_OF_GROUPS[number % 4] if number % 4 != 2 else 50
        pq.write_table(table, inside / f"{number:02}.parquet", row_group_size=rows)
    (path / "a" / "_SUCCESS").touch()
    (path / "_temporary").mkdir()
    (path / "_temporary" / "half.parquet").write_text("PAR1")
    return path


def whole(folder):
    """Return all rows as pandas reads them, in the order of the files' names."""
    files = [*sorted(folder.glob("a/*.parquet")), *sorted(folder.glob("b/*.parquet"))]
    return pd.concat(map(pd.read_parquet, files)).to_numpy("float32")


@pytest.fixture
def small_window(monkeypatch):
    """Mix no more than 1,600 rows, so that what follows is larger."""
    monkeypatch.setattr(_sources, "SHUFFLE_BUFFER_BYTES", 1600 * 4 * COLUMNS)


def reads(source):
    """Return a list to which the source adds each row group that it reads."""
    found, decode = [], source._decode
    source._groups._make = lambda group: found.append(group) or decode(group)
    return found


def test_a_folder_s_rows_are_pandas(folder):
    source = open_source(folder)
    np.testing.assert_array_equal(source.read(np.arange(source.examples)), whole(folder))
    chosen = RNG.integers(0, source.examples, 200)
    np.testing.assert_array_equal(source.read(chosen), whole(folder)[chosen])


@pytest.mark.parametrize("shuffle", [False, True])
def test_each_row_comes_once(folder, shuffle):
    stream = stream_dataset(folder, 100, shuffle, seed=1)
    first, second = (np.concatenate([np.asarray(batch) for batch in stream]) for _ in range(2))
    expected = whole(folder)
    for rows in (first, second):
        np.testing.assert_array_equal(
            rows[np.argsort(rows[:, 0])], expected[expected[:, 0].argsort()]
        )
    assert np.array_equal(first, expected) is not shuffle
    assert np.array_equal(first, second) is not shuffle


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1, 2, -3], "int64"),
        ([True, False, True], "bool"),
        ([1.5, -2.25, 3], "float64"),
        ([1, 2, 250], "uint8"),
    ],
)
def test_kinds_of_numbers(tmp_path, values, dtype):
    frame = pd.DataFrame({"x": [0.5, 1, 2], "y": np.array(values, dtype)}, index=[7, 8, 9])
    frame.to_parquet(tmp_path / "rows.parquet")  # with pandas' row numbers
    source = ParquetSource(tmp_path / "rows.parquet")
    np.testing.assert_array_equal(source.read(np.arange(3)), frame.to_numpy("float32"))


def test_nan_is_no_null(tmp_path):
    x = np.array([1.0, np.nan])
    pq.write_table(pa.table({"x": pa.array(x, from_pandas=False)}), tmp_path / "rows.parquet")
    np.testing.assert_array_equal(ParquetSource(tmp_path).read(np.arange(2))[:, 0], x)


def test_columns_are_chosen_in_the_order_given(folder, tmp_path):
    source = open_source(folder, columns=["c2", "c0"])
    np.testing.assert_array_equal(source.read(np.arange(400)), whole(folder)[:400, [2, 0]])
    pq.write_table(
        numbered(5).append_column("name", pa.array(list("abcde"))), tmp_path / "x.parquet"
    )
    assert open_source(tmp_path / "x.parquet", columns=("c1",)).example_shape == (1,)


@pytest.mark.parametrize("batch_size", [1, 16, 100, 5000])
def test_what_is_larger_than_the_window_comes_once_too(folder, small_window, batch_size):
    source = ParquetSource(folder)
    assert source._lanes > 4
    orders = [row_order(source, True, 0, epoch, batch_size) for epoch in (0, 1, 0)]
    for order in orders:
        np.testing.assert_array_equal(np.sort(order), np.arange(source.examples))
    assert not np.array_equal(orders[0], orders[1])
    assert np.array_equal(orders[0], orders[2])


def test_rows_are_mixed_from_all_over(folder, small_window):
    source = ParquetSource(folder)
    for rows in batches(row_order(source, True, 0, 0, BATCH_SIZE), BATCH_SIZE)[:-1]:
        assert len(np.unique(rows // 300)) >= 3  # files
        assert np.mean(np.diff(rows) == 1) < 0.3


def test_an_epoch_reads_a_row_group_about_once(folder, small_window):
    source = ParquetSource(folder)
    found = reads(source)
    room = source._groups._room
    for rows in batches(row_order(source, True, 0, 0, BATCH_SIZE), BATCH_SIZE):
        source.read(rows)
        kept = sum(each.result().nbytes for each in source._groups._kept.values())
        assert kept <= room
    assert set(found) == set(range(len(source._sizes)))
    # What a lane's end cuts is read in both lanes.
    assert len(found) <= len(source._sizes) + source._lanes


def test_processes_that_share_batches_read_row_groups_of_their_own(folder, small_window):
    sources = [ParquetSource(folder), ParquetSource(folder)]
    found = [reads(source) for source in sources]
    order = row_order(sources[0], True, 0, 0, BATCH_SIZE)
    for rows in batches(order, BATCH_SIZE):
        for source, own in zip(sources, np.split(rows, [BATCH_SIZE // 2]), strict=True):
            source.read(own)
    groups, shared = len(sources[0]._sizes), set(found[0]) & set(found[1])
    assert set(found[0]) | set(found[1]) == set(range(groups))
    # One that the middle cuts, and those of the last batch, which is short.
    assert len(shared) <= 1 + BATCH_SIZE // 2
    assert max(map(len, found)) < 0.75 * groups


def test_in_order_each_row_group_is_read_once_and_two_are_kept(folder, monkeypatch):
    monkeypatch.setattr(_sources, "SHUFFLE_BUFFER_BYTES", 1)
    source = ParquetSource(folder)
    found = reads(source)
    for rows in batches(row_order(source, False, 0, 0, BATCH_SIZE), BATCH_SIZE):
        source.read(rows)
        kept = sum(len(each.result()) for each in source._groups._kept.values())
        assert kept <= 2 * max(source._sizes)
    assert found == list(range(len(source._sizes)))


def test_a_row_group_that_can_t_be_read_is_tried_again(folder):
    source = ParquetSource(folder)
    decode, errors = source._groups._make, [OSError("gone")]

    def failing(group):
        if errors:
            raise errors.pop()
        return decode(group)

    source._groups._make = failing
    with pytest.raises(OSError, match="gone"):
        source.read(np.arange(3))
    np.testing.assert_array_equal(source.read(np.arange(3)), whole(folder)[:3])


def text(table):
    return table.set_column(1, "c1", pa.array(["a"] * len(table)))


def nulls(table):
    return table.set_column(1, "c1", pa.array([None] + [1.0] * (len(table) - 1)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (text, r"second\.parquet: expected column `c1` of numbers .*\. Received: string"),
        (nulls, r"second\.parquet: expected column `c1` with a value in every row. .*: 1 nulls"),
        (lambda t: t.drop(["c2"]), r"second\.parquet: expected column `c2` once. .* with c0, c1"),
        (
            lambda t: t.append_column("more", t["c0"]),
            r"second\.parquet: expected the columns of .*first\.parquet. Received: column `more`",
        ),
        (lambda t: t.rename_columns(["c0", "c1", "c1"]), r"`c1` once. Received: 2 of it"),
    ],
)
def test_what_footers_tell_is_told_before(tmp_path, change, message):
    pq.write_table(numbered(5), tmp_path / "first.parquet")
    pq.write_table(change(numbered(5)), tmp_path / "second.parquet")
    with pytest.raises(DataError, match=message):
        stream_dataset(tmp_path)


def test_nulls_that_no_footer_counts_are_told_on_the_way(tmp_path):
    pq.write_table(nulls(numbered(5)), tmp_path / "x.parquet", write_statistics=False)
    with pytest.raises(DataError, match=r"x\.parquet: expected column `c1` .*: 1 nulls"):
        StreamedBatches(open_source(tmp_path), 2, False, 0)[0]


@pytest.mark.parametrize(
    ("name", "columns", "message"),
    [
        ("cut.parquet", None, r"cut\.parquet: expected a complete Parquet file"),
        ("empty.parquet", None, "an empty file"),
        ("none.parquet", None, "at least one row"),
        ("missing.parquet", None, "no file of this name"),
        ("good.parquet", ["c0", "c9"], r"column `c9` once. Received: a file with c0, c1, c2"),
        ("good.parquet", [], "`columns` must be a non-empty sequence of names"),
        ("rows.npy", ["c0"], r"rows\.npy: expected Parquet files, as `columns` names theirs"),
        ("both", None, r"files of one kind. Received: \.parquet and \.tfrecord files"),
    ],
)
def test_wrong_files_are_named(tmp_path, name, columns, message):
    pq.write_table(numbered(50), tmp_path / "good.parquet")
    pq.write_table(numbered(0), tmp_path / "none.parquet")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "good.parquet").read_bytes()[:-8])
    (tmp_path / "empty.parquet").touch()
    np.save(tmp_path / "rows.npy", np.zeros((2, 2)))
    (tmp_path / "both").mkdir()
    for suffix in ("parquet", "tfrecord"):
        (tmp_path / "both" / f"x.{suffix}").touch()
    with pytest.raises(ValueError, match=message):
        stream_dataset(tmp_path / name, columns=columns)


def test_what_reads_them_is_named_where_it_is_missing(folder, monkeypatch):
    monkeypatch.setattr(_extras, "installed", lambda module: module != "pyarrow")
    with pytest.raises(ImportError, match=r"pip install 'keras-ae\[cluster\]'"):
        stream_dataset(folder)
