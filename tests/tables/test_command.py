"""`keras-ae train` of a mixed table ends in a model, a proven bundle and a report."""

import functools
import json

import numpy as np
import pandas as pd
import pytest

from keras_ae import export
from keras_ae.commands.application import run
from keras_ae.commands.errors import BadInput
from keras_ae.commands.table import find_table, held_out, train_table
from keras_ae.commands.table_report import saved_table, table_file
from keras_ae.export import load_artifact
from keras_ae.report.score_tables import number
from keras_ae.tables import TableModel, TableSchema, _frames, parquet_table, read_table
from tests.plotting.pages import read, unread


@pytest.fixture(scope="module")
def frame(frame):
    """Four of the columns: models and files of every kind of column are other tests'."""
    return frame[["time", "amount", "country", "one"]]


@pytest.fixture
def csv(frame, tmp_path):
    path = tmp_path / "mixed.csv"
    frame.assign(fraud=np.arange(len(frame)) % 2).to_csv(path, index=False)
    return path


@pytest.fixture
def reads(monkeypatch):
    """Count how often a table is read."""
    found = []
    read = _frames.read_table
    monkeypatch.setattr(_frames, "read_table", lambda path: found.append(path) or read(path))
    return found


def test_what_is_a_table_and_is_read_once(csv, frame, tmp_path, reads):
    rows = find_table({"data": str(csv)})
    assert rows.shape == (len(frame), frame.shape[1] + 1)
    assert len(reads) == 1
    assert find_table({"data": str(csv), "model": "table_vae"}).equals(rows)
    assert find_table({"data": str(csv), "model": "vae"}) is None
    assert find_table({"data": str(csv), "time": "when", "window": 4}) is None
    assert find_table({"data": "digits"}) is None
    assert find_table({}) is None
    assert len(reads) == 2
    numbers = tmp_path / "numbers.csv"
    numbers.write_text("a,b,kind\n1,2.5,x\n3,4.5,y\n")
    assert find_table({"data": str(numbers), "label": "kind"}) is None
    assert find_table({"data": str(numbers)}) is not None
    assert find_table({"data": str(tmp_path / "none.csv")}) is None
    parquet = tmp_path / "numbers.parquet"
    frame[["amount"]].dropna().to_parquet(parquet)  # numbers alone, which no other reader takes
    found = find_table({"data": str(parquet)})
    assert (found.rows, found.columns) == (frame.amount.notna().sum(), ("amount",))


@pytest.mark.parametrize(
    "options", [{"model": "table_vae", "data": "none.csv"}, {"data": "no.parquet"}]
)
def test_a_table_that_is_none_is_told(options):
    with pytest.raises(BadInput, match="Received: no file of this name"):
        find_table(options)


def test_wrong_options_are_told_before_anything_is_written(csv, tmp_path):
    output, rows = tmp_path / "out", find_table({"data": str(csv)})
    for options, words in (
        ({"beta": 2.0}, "`beta` must be left out with the model table_vae"),
        ({"label": "nothing"}, "`label` must be one of"),
        ({"latent_dim": 0}, "`latent_dim` must be an integer >= 1"),
        ({"batch_size": 0}, "`batch_size` must be an integer >= 1"),
        ({"units": "8,x"}, "`units` must be"),
        ({"test_fraction": 0.999}, "`test_fraction` must leave a row to train on"),
    ):
        with pytest.raises(BadInput, match=words):
            train_table(output, {"data": str(csv), **options}, rows, False, False)
        assert not output.exists()


def test_rows_are_held_out_once_and_by_the_seed(frame):
    split = held_out(frame, 0.25, 3)
    assert len(split["data"]) == 30
    together = [*split["data"].index, *split["training"].index]
    assert sorted(together) == list(frame.index)
    assert held_out(frame, 0.25, 3)["data"].equals(split["data"])
    assert not held_out(frame, 0.25, 4)["data"].equals(split["data"])
    whole = held_out(frame, 0.0, 3)
    assert whole["data"].equals(frame)
    assert whole["part"] == "all"


def test_rows_of_parquet_files_are_held_out_too(frame, tmp_path):
    frame.to_parquet(tmp_path / "table.parquet")
    table = find_table({"data": str(tmp_path / "table.parquet")})
    split = held_out(table, 0.25, seed=3)
    assert split["part"] == "test part"
    assert split["training"].rows + split["data"].rows == len(frame)
    parts = [split[name].read()["time"] for name in ("training", "data")]
    assert sorted(pd.concat(parts)) == sorted(frame["time"])
    assert held_out(table, 0.0, seed=3)["part"] == "all"


def test_where_the_model_of_a_table_is(tmp_path):
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    assert table_file(tmp_path) is None
    assert table_file(tmp_path / "none.zip") is None
    (bundle / "manifest.json").touch()
    assert table_file(bundle) is None
    (bundle / "schema.json").touch()
    assert table_file(bundle) == bundle
    (tmp_path / "table.zip").touch()
    assert table_file(bundle) == table_file(tmp_path) == tmp_path / "table.zip"
    assert table_file(tmp_path / "table.zip") == tmp_path / "table.zip"


@pytest.mark.slow
def test_from_a_file_to_a_proven_bundle_and_a_report(csv, tmp_path, capsys, request, monkeypatch):
    """With the files of one format and two endpoints; test_export.py has every format's."""
    some = {"formats": ("onnx",), "endpoints": ("score", "reconstruct")}
    monkeypatch.setattr(export, "export_model", functools.partial(export.export_model, **some))
    options = {"data": str(csv), "label": "fraud", "epochs": 2, "latent_dim": 2, "units": "8"}
    output = tmp_path / "out"
    train_table(output, options, find_table(options), False, True)
    told = json.loads(capsys.readouterr().out)
    rows = held_out(read_table(csv).drop(columns="fraud"), 0.2, 0)["data"]
    model = TableModel.load(output / "table.zip")
    score = model.score(rows)
    assert abs(score.mean() - told["mean_score"]) < 1e-4
    artifact = load_artifact(output / "bundle", format="onnx")
    np.testing.assert_allclose(artifact.score(rows), score, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(TableModel.load(output / "bundle").score(rows), score, rtol=1e-5)
    test = json.loads((output / "metrics.json").read_text())["test"]
    assert test["examples"] == len(rows) == 24
    _, pictures, words = read(output / "report.html")
    assert pictures > 9
    assert f"evidence lower bound, ELBO | {number(test['elbo'])} | nats per example" in words
    assert "trained on 96 examples of mixed for 2 epochs." in words
    assert "held out | 24 | " in words
    assert "onnx/score.onnx | float32 | " in words
    assert "keras-ae evaluate" not in words
    request.getfixturevalue("undrawn")
    assert run(["report", str(output), "--overwrite", "--json"]) == 0
    written = json.loads(capsys.readouterr().out)
    assert written["examples"] == 24
    assert written["bytes"] == (output / "report.html").stat().st_size
    again = saved_table(output / "table.zip", None, None, None, None)
    assert again.table.frame.equals(rows)
    assert again.scores["elbo"] == pytest.approx(test["elbo"], rel=1e-5)
    other = saved_table(output / "bundle", str(csv), "fraud", 10, str(csv))
    assert (len(other.table.frame), len(other.anomalies.x)) == (10, 10)
    with pytest.raises(BadInput, match="--data: expected a .csv or .parquet file, as"):
        saved_table(output / "bundle", None, None, None, None)
    with pytest.raises(BadInput, match="an output directory that doesn't exist yet"):
        train_table(output, options, find_table(options), False, True)
    (output / "bundle" / "schema.json").unlink()
    with pytest.raises(ValueError, match=r"Received: a folder without schema\.json"):
        TableModel.load(output / "bundle")


@pytest.mark.slow
def test_from_parquet_files_it_is_the_same(csv, tmp_path, monkeypatch, capsys, undrawn):
    """Read piece by piece, and told as it is."""
    monkeypatch.setattr(parquet_table, "ROWS_AT_ONCE", 50)
    rows = read_table(csv)
    (tmp_path / "rows").mkdir()
    rows.head(70).to_parquet(tmp_path / "rows" / "0.parquet")
    rows.tail(-70).to_parquet(tmp_path / "rows" / "1.parquet")
    options = {"model": "table_vae", "data": str(tmp_path / "rows"), "label": "fraud"}
    options |= {"epochs": 2, "units": "8", "latent_dim": 2}
    table = find_table(options)
    train_table(tmp_path / "out", options, table, False, True, export=False)
    out, err = capsys.readouterr()
    assert not (tmp_path / "out" / "bundle").exists()
    assert "onnx/score.onnx" not in unread(tmp_path / "out" / "report.html")[1]
    split = held_out(table, 0.2, 0)
    train, test = (split[name].read().drop(columns="fraud") for name in ("training", "data"))
    assert f"Training table_vae on {len(train)} rows for 2 epochs" in err
    assert "epoch 2/2" in err
    assert "[3/3] rows, 120 of 120 rows" in err
    schema = TableSchema.infer(rows.drop(columns="fraud"))
    model = TableModel(schema, latent_dim=2, units=(8,), seed=0).fit(train, epochs=2)
    score = json.loads(out)["mean_score"]
    assert score == pytest.approx(model.score(test).mean(), rel=1e-3)
    assert saved_table(tmp_path / "out" / "table.zip", None, None, None, None).table.frame.equals(
        split["data"].read().drop(columns="fraud")
    )
