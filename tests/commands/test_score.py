"""`keras-ae score`: what it writes and prints, its one-line errors, its exit codes."""

import json
import sys

import pyarrow.parquet as pq
import pytest

from keras_ae import _extras
from tests.distributed.tables import numbers, write_bundle, write_rows


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_bundle(tmp_path / "bundle")
    write_rows(
        tmp_path / "rows" / "a.parquet", {"id": range(50), "other": range(50), **numbers(50)}
    )
    return tmp_path


def test_it_scores_and_goes_on(folder, keras_ae):
    arguments = ("score", "bundle", "rows", "scored", "--workers", "1")
    code, output, errors = keras_ae(*arguments, "--keys", "id", "--columns", "a, b, c")
    assert (code, errors) == (0, "")
    assert output.startswith("scored: 1 file scored by local, 50 rows in ")
    names = pq.read_schema("scored/a.parquet").names
    assert names == ["id", "score", "decision", "is_anomaly"]
    code, output, _ = keras_ae(*arguments, "--keys", "id", "--json")
    report = json.loads(output)
    assert (code, report["files"], report["skipped"]) == (0, 0, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing", "rows", "scored"), "nothing: expected a bundle with a manifest.json. "),
        (("bundle", "nowhere", "scored"), "`source` must be a .parquet file or a folder "),
        (("bundle", "rows", "scored", "--engine", "slurm"), "`engine` must be one of local, "),
        (("bundle", "rows", "scored", "--workers", "0"), "`workers` must be an integer >= 1"),
        (("bundle", "rows", "scored", "--keys", "nr"), "rows/a.parquet: column `nr` must be "),
        (("bundle", "rows"), "Missing argument 'destination'"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_errors_are_one_line(arguments, message, refused):
    assert message in refused("score", *arguments)


@pytest.mark.parametrize(
    ("engine", "module"), [("dask", "distributed"), ("spark", "pyspark"), ("beam", "apache_beam")]
)
def test_an_engine_that_is_absent_is_told_in_one_line(
    engine, module, folder, keras_ae, monkeypatch
):
    found = _extras.installed
    monkeypatch.setattr(_extras, "installed", lambda name: name != module and found(name))
    monkeypatch.delitem(sys.modules, module, raising=False)
    code, output, errors = keras_ae("score", "bundle", "rows", "scored", "--engine", engine)
    assert (code, output, errors) == (2, "", f"keras-ae: {_extras.line(module)}\n")
    assert not (folder / "scored").exists()


def test_a_damaged_bundle_is_a_failure(folder, keras_ae):
    (folder / "bundle" / "onnx" / "detect.onnx").write_bytes(b"")
    code, _, errors = keras_ae("score", "bundle", "rows", "scored")
    assert code == 1
    assert "detect.onnx is not as it was written" in errors
