"""Parquet in and out: columns by name, keys through, whole files, and nothing after an error."""

import datetime
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from keras_ae.distributed import ScoringReport, score_files
from keras_ae.distributed.scoring import file_scorer
from keras_ae.distributed.scoring.engines import ENGINES
from keras_ae.export import ExportError, load_artifact
from tests.distributed.tables import COLUMNS, THRESHOLD, numbers, write_bundle, write_rows
from tests.environments import REFERENCE


@pytest.fixture
def bundle(tmp_path):
    return write_bundle(tmp_path / "bundle")


@pytest.fixture
def here(monkeypatch):
    """Run the engine local in this process, without a pool."""
    monkeypatch.setitem(
        ENGINES, "local", lambda task, names, *_: ((name, task(name)) for name in names)
    )


def plain(bundle, table, endpoint="detect"):
    """Return what a plain loop makes of a table's columns."""
    x = np.stack([table.column(name).to_numpy() for name in COLUMNS], 1)
    with load_artifact(bundle, "onnx", threads=1) as artifact:
        return artifact.run(endpoint, x=x)


def same(scored, expected):
    for name, values in expected.items():
        got = scored.column(name).combine_chunks().to_numpy(zero_copy_only=False)
        np.testing.assert_array_equal(got, values)


def left(destination):
    return [path for path in pathlib.Path(destination).rglob("*") if path.is_file()]


def test_files_are_scored_in_processes_and_keys_pass_through(bundle, tmp_path):
    when = datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC)
    keys = {
        "id": pa.array(range(500)),
        "place": pa.array(["Oslo", "Rome"] * 250).dictionary_encode(),
        "when": pa.array([when, None] * 250),
        "tags": pa.array([["x"], []] * 250),
    }
    mixed = numbers(500)
    order = {"c": mixed["c"].astype("float64"), **keys, "b": mixed["b"], "a": mixed["a"]}
    tables = {
        "one.parquet": pa.table(order),
        "year=2024/two.parquet": pa.table({**keys, **numbers(500, 1)}),
        "year=2024/none.parquet": pa.table({**keys, **numbers(500, 2)}).slice(0, 0),
    }
    for name, table in tables.items():
        write_rows(tmp_path / "rows" / name, table, row_group_size=200)
    write_rows(tmp_path / "rows" / "_temporary" / "three.parquet", tables["one.parquet"])
    lines = []
    report = score_files(
        bundle, tmp_path / "rows", tmp_path / "scored", workers=2, verbose=lines.append
    )
    assert (report.files, report.skipped, report.rows, report.engine) == (3, 0, 1000, "local")
    assert len(lines) == 3
    assert {
        path.relative_to(tmp_path / "scored").as_posix() for path in left(tmp_path / "scored")
    } == {*tables}
    for name, table in tables.items():
        scored = pq.read_table(tmp_path / "scored" / name, partitioning=None)
        assert scored.column_names == [*keys, "score", "decision", "is_anomaly"]
        assert scored.select([*keys]).equals(table.select([*keys]))
        if len(table):
            same(scored, plain(bundle, table))


@pytest.mark.usefixtures("here")
def test_a_file_is_read_and_written_in_parts(bundle, tmp_path, monkeypatch):
    monkeypatch.setattr(file_scorer, "BATCH_ROWS", 64)
    monkeypatch.setattr(file_scorer, "GROUP_ROWS", 128)
    table = write_rows(tmp_path / "rows.parquet", {"id": range(1000), **numbers(1000)})
    score_files(bundle, tmp_path / "rows.parquet", tmp_path / "scored", verbose=False)
    file = pq.ParquetFile(tmp_path / "scored" / "rows.parquet")
    assert file.num_row_groups == 8
    same(file.read(), plain(bundle, table))
    assert file.read().column("id").to_pylist() == list(range(1000))


@pytest.mark.usefixtures("here")
def test_keys_and_endpoint_are_chosen(bundle, tmp_path):
    write_rows(tmp_path / "rows.parquet", {"id": [1, 2], "other": ["x", "y"], **numbers(2)})
    arguments = {"keys": ["a", "id"], "endpoint": "encode", "verbose": False}
    score_files(bundle, tmp_path / "rows.parquet", tmp_path / "scored", **arguments)
    scored = pq.read_table(tmp_path / "scored" / "rows.parquet")
    assert scored.column_names == ["a", "id", "latent"]
    latent = np.array(scored.column("latent").to_pylist(), "float32")
    np.testing.assert_array_equal(latent, plain(bundle, pa.table(numbers(2)), "encode")["latent"])


@pytest.mark.usefixtures("here")
def test_columns_are_given_where_a_bundle_has_none(tmp_path):
    bundle = write_bundle(tmp_path / "bundle", columns=None)
    table = write_rows(tmp_path / "rows.parquet", numbers(5))
    arguments = (bundle, tmp_path / "rows.parquet", tmp_path / "scored")
    with pytest.raises(ValueError, match="`columns` must name the columns .* columns=None"):
        score_files(*arguments)
    score_files(*arguments, columns=list(COLUMNS), keys=[], verbose=False)
    same(pq.read_table(tmp_path / "scored" / "rows.parquet"), plain(bundle, table))


@pytest.mark.usefixtures("here")
def test_numbers_are_cast_as_load_artifact_does(bundle, tmp_path):
    table = {
        "a": pa.array([1, 2**24]),
        "b": pa.array([True, False]),
        "c": pa.array([float("nan"), 0.1], pa.float64()),
    }
    write_rows(tmp_path / "rows.parquet", table)
    score_files(bundle, tmp_path / "rows.parquet", tmp_path / "scored", verbose=False)
    scored = pq.read_table(tmp_path / "scored" / "rows.parquet")
    x = np.array([[1, 1, np.nan], [2**24, 0, 0.1]])
    same(scored, load_artifact(bundle, "onnx").run("detect", x=x))
    assert np.isnan(scored.column("score")[0].as_py())


def many_nulls(values):
    return pa.array([None if place % 2 else value for place, value in enumerate(values)])


WRONG = {
    "missing": (lambda t: t.pop("b"), "column `b` must be there once"),
    "text": (lambda t: t.update(b=["x"] * 6), "column `b` must hold numbers .* string"),
    "date": (
        lambda t: t.update(b=[datetime.date(2024, 5, 1)] * 6),
        r"column `b` must hold numbers .* date32\[day\]",
    ),
    "nulls": (
        lambda t: t.update(b=many_nulls(t["b"].tolist())),
        "column `b` must have a value in every row. Received: 3 nulls",
    ),
    "clash": (lambda t: t.update(score=[1.0] * 6), "column `score` must have a name of its own"),
}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_column_is_named_before_anything_is_written(case, bundle, tmp_path):
    change, message = WRONG[case]
    table = dict(numbers(6))
    write_rows(tmp_path / "rows" / "a.parquet", table)
    change(table)
    write_rows(tmp_path / "rows" / "b.parquet", table)
    with pytest.raises(ValueError, match=f"b.parquet: {message}"):
        score_files(bundle, tmp_path / "rows", tmp_path / "scored")
    assert not (tmp_path / "scored").exists()


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (many_nulls([0.5] * 6), "column `b` must have a value in every row. Received: 3 nulls"),
        (pa.array([2**24 + 1] * 6), "column `b` must hold numbers that float32 holds"),
        (pa.array([1e300] * 6), "column `b` must hold numbers that float32 holds"),
    ],
)
def test_what_no_footer_tells_is_found_on_the_way(column, message, bundle, tmp_path):
    write_rows(tmp_path / "rows" / "a.parquet", numbers(6))
    table = {**numbers(6), "b": column}
    write_rows(tmp_path / "rows" / "b.parquet", table, write_statistics=False)
    with pytest.raises(ValueError, match=f"b.parquet: {message}"):
        score_files(bundle, tmp_path / "rows", tmp_path / "scored", workers=1, verbose=False)
    assert [path.name for path in left(tmp_path / "scored")] == ["a.parquet"]


@pytest.mark.usefixtures("here")
def test_finished_files_are_skipped_and_what_was_beside_them_goes(bundle, tmp_path):
    for name in "ab":
        write_rows(tmp_path / "rows" / f"{name}.parquet", numbers(6))
    arguments = (bundle, tmp_path / "rows", tmp_path / "scored")
    score_files(*arguments, verbose=False)
    kept = (tmp_path / "scored" / "a.parquet").stat()
    (tmp_path / "scored" / "b.parquet").unlink()
    (tmp_path / "scored" / f".{'0' * 32}.b.parquet").write_bytes(b"PAR1 killed here")
    report = score_files(*arguments, verbose=False)
    assert (report.files, report.skipped, report.rows) == (1, 1, 6)
    assert (tmp_path / "scored" / "a.parquet").stat() == kept
    assert {path.name for path in left(tmp_path / "scored")} == {"a.parquet", "b.parquet"}
    again = score_files(*arguments, verbose=False)
    assert (again.files, again.skipped, again.rows, again.rows_per_second) == (0, 2, 0, 0.0)


@pytest.mark.usefixtures("here")
def test_a_destination_of_something_else_is_refused(bundle, tmp_path):
    rows, scored = tmp_path / "rows.parquet", tmp_path / "scored"
    write_rows(rows, {"id": [1, 2], **numbers(2)})
    score_files(bundle, rows, scored, verbose=False)
    other = write_bundle(tmp_path / "other", threshold=THRESHOLD + 1)
    with pytest.raises(ValueError, match="expected scores of the same bundle. .* new destination"):
        score_files(other, rows, scored)
    with pytest.raises(ValueError, match="expected scores of the same keys"):
        score_files(bundle, rows, scored, keys=["id"])
    with pytest.raises(ValueError, match="expected scores of the same endpoint"):
        score_files(bundle, rows, scored, endpoint="encode")
    write_rows(rows, {"id": [1, 2, 3], **numbers(3)})
    with pytest.raises(ValueError, match="expected as many rows .* 3. Received: 2"):
        score_files(bundle, rows, scored)
    for write, received in (
        (lambda path: write_rows(path, numbers(3)), "another Parquet file"),
        (lambda path: path.write_text("text" * 9), "Parquet magic bytes not found"),
    ):
        write(scored / "rows.parquet")
        with pytest.raises(ValueError, match=f"a file that score_files wrote.*{received}"):
            score_files(bundle, rows, scored)


@pytest.mark.usefixtures("here")
def test_a_bundle_that_changes_on_the_way_scores_nothing_more(bundle, tmp_path):
    for name in "ab":
        write_rows(tmp_path / "rows" / f"{name}.parquet", numbers(6))

    def change(line):
        if line.endswith("a.parquet"):
            (bundle / "manifest.json").write_text("{}")
            file_scorer._opened.cache_clear()  # as a worker that begins then

    with pytest.raises(ValueError, match="expected the bundle that the run began with"):
        score_files(bundle, tmp_path / "rows", tmp_path / "scored", verbose=change)
    assert [path.name for path in left(tmp_path / "scored")] == ["a.parquet"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"engine": "slurm"}, "`engine` must be one of local, ray, dask, spark, beam"),
        ({"source": "nowhere"}, "`source` must be a .parquet file or a folder with some"),
        ({"source": "bundle"}, "`source` must be a .parquet file or a folder with some"),
        (
            {"destination": "rows/scored"},
            "`destination` must be a folder that isn't in the source",
        ),
        ({"destination": "rows/a.parquet"}, "`destination` must be a folder, .* which is a file"),
        ({"columns": ["b", "a", "c"]}, "in their order: a, b, c. Received: columns="),
        ({"columns": []}, "`columns` must be a non-empty sequence"),
        ({"keys": ["id", "id"]}, "`keys` must be a sequence of names of columns, each once"),
        ({"keys": ["nr"]}, "a.parquet: column `nr` must be there, as `keys` names it"),
        ({"endpoint": "decode"}, "`endpoint` must be one of detect, encode"),
        ({"format": "pickle"}, "`format` must be one of"),
        ({"format": "tflite"}, "must be those of a file of .* that has detect"),
        ({"precision": "float16"}, "must be those of a file of .* that has detect"),
        ({"workers": 0}, "`workers` must be an integer >= 1"),
        ({"options": {"memory": 1}, "engine": "local"}, "`options` must be empty for the engine"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message, bundle, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_rows(tmp_path / "rows" / "a.parquet", {"id": [1, 2], **numbers(2)})
    given = {"source": "rows", "destination": "scored", "verbose": False, **arguments}
    with pytest.raises(ValueError, match=message):
        score_files(bundle, **given)
    assert not (tmp_path / "scored").exists()


def test_what_is_no_bundle_of_tables_is_refused(tmp_path):
    write_rows(tmp_path / "rows.parquet", numbers(2))
    rows = tmp_path / "rows.parquet"
    with pytest.raises(ExportError, match="expected a bundle with a manifest.json"):
        score_files(tmp_path, rows, tmp_path / "scored")
    fixed = write_bundle(tmp_path / "fixed", batch=3)
    with pytest.raises(ValueError, match=r"`endpoint` must take one array of shape \(batch, 3\)"):
        score_files(fixed, rows, tmp_path / "scored")
    four = write_bundle(tmp_path / "four", columns=("a", "b", "c", "d"))
    with pytest.raises(ValueError, match=r"must take one array of shape \(batch, 4\)"):
        score_files(four, rows, tmp_path / "scored")
    with pytest.raises(ValueError, match=r"`score`, which takes x: float32 \(batch, 28, 28, 1\)"):
        score_files(REFERENCE, rows, tmp_path / "scored", columns=["a"])


def test_a_report_is_a_line():
    report = ScoringReport(pathlib.Path("scored"), "local", 1, 2, 1000, 2.0)
    line = "scored: 1 file scored by local, 1,000 rows in 2.0 s (500 a second); 2 were finished"
    assert str(report) == line
    assert report.to_dict()["rows_per_second"] == 500.0
