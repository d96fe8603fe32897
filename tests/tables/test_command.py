"""`keras-ae train` of a mixed table ends in a model, its schema and a proven bundle."""

import json

import numpy as np
import pandas as pd
import pytest

from keras_ae.commands.errors import BadInput
from keras_ae.commands.table import is_table, train_table
from keras_ae.export import load_artifact
from keras_ae.tables import TableModel, parquet_table, read_table


@pytest.fixture
def csv(frame, tmp_path):
    path = tmp_path / "mixed.csv"
    frame.assign(fraud=np.arange(len(frame)) % 2).to_csv(path, index=False)
    return path


def test_what_is_a_table(csv, tmp_path):
    assert is_table({"data": str(csv)})
    assert is_table({"data": "digits", "model": "table_vae"})
    assert not is_table({"data": str(csv), "model": "vae"})
    assert not is_table({"data": str(csv), "time": "when", "window": 4})
    assert not is_table({"data": "digits"})
    numbers = tmp_path / "numbers.csv"
    numbers.write_text("a,b,kind\n1,2.5,x\n3,4.5,y\n")
    assert not is_table({"data": str(numbers), "label": "kind"})
    assert is_table({"data": str(numbers)})
    assert not is_table({"data": str(tmp_path / "none.csv")})
    numbers = pd.DataFrame({"a": [1.5, 2.5], "kind": ["x", "y"], "b": [1, 2]})
    for frame, label, expected in (
        (numbers, None, True),
        (numbers, "kind", False),
        (numbers.assign(a=[1.5, None]), "kind", True),
    ):
        frame.to_parquet(tmp_path / "numbers.parquet")
        options = {"data": str(tmp_path / "numbers.parquet"), "label": label}
        assert is_table(options) == expected


def test_wrong_options_are_told_before_anything_is_written(csv, tmp_path):
    output = tmp_path / "out"
    for options, words in (
        ({"beta": 2.0}, "`beta` must be left out with the model table_vae"),
        ({"label": "nothing"}, "`label` must be one of"),
        ({"data": str(tmp_path / "none.csv")}, "Received: no file"),
        ({"latent_dim": 0}, "`latent_dim` must be an integer >= 1"),
        ({"batch_size": 0}, "`batch_size` must be an integer >= 1"),
        ({"units": "8,x"}, "`units` must be"),
    ):
        with pytest.raises(BadInput, match=words):
            train_table(output, {"data": str(csv), **options}, False, False)
        assert not output.exists()


@pytest.mark.slow
def test_from_a_file_to_a_proven_bundle(csv, tmp_path, capsys):
    options = {"data": str(csv), "label": "fraud", "epochs": 2, "latent_dim": 2, "units": "8"}
    train_table(tmp_path / "out", options, False, True)
    told = json.loads(capsys.readouterr().out)
    rows = read_table(csv).drop(columns="fraud")
    score = TableModel.load(tmp_path / "out" / "table.zip").score(rows)
    assert abs(score.mean() - told["mean_score"]) < 1e-4
    artifact = load_artifact(tmp_path / "out" / "bundle", format="tflite")
    np.testing.assert_allclose(artifact.score(rows), score, rtol=1e-4, atol=1e-4)
    with pytest.raises(BadInput, match="an output directory that doesn't exist yet"):
        train_table(tmp_path / "out", options, False, True)


@pytest.mark.slow
def test_from_parquet_files_it_is_the_same(csv, tmp_path, monkeypatch, capsys):
    """Read piece by piece, and told as it is."""
    monkeypatch.setattr(parquet_table, "ROWS_AT_ONCE", 50)
    rows = read_table(csv)
    (tmp_path / "rows").mkdir()
    rows.head(70).to_parquet(tmp_path / "rows" / "0.parquet")
    rows.tail(-70).to_parquet(tmp_path / "rows" / "1.parquet")
    options = {"data": str(tmp_path / "rows"), "label": "fraud", "epochs": 2, "units": "8"}
    train_table(tmp_path / "out", {**options, "latent_dim": 2}, False, True)
    out, err = capsys.readouterr()
    assert "Training table_vae on 120 rows for 2 epochs" in err
    assert "epoch 2/2" in err
    assert "[3/3] rows, 120 of 120 rows" in err
    rows = rows.drop(columns="fraud")
    model = TableModel(latent_dim=2, units=(8,), seed=0).fit(rows, epochs=2)
    score = json.loads(out)["mean_score"]
    assert score == pytest.approx(model.score(rows).mean(), rel=1e-3)
