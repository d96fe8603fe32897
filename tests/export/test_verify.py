"""A bundle is proven again from its golden vectors, and no change goes unseen."""

import json
import shutil
import sys

import pytest

from keras_ae.export import ExportError, verify
from keras_ae.export.bundle.manifest import read_manifest, write_manifest
from tests.environments import REFERENCE
from tests.export.absent import without
from tests.subprocesses import run


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(REFERENCE, tmp_path / "copy")


def flip(path, place):
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= 1
    path.write_bytes(content)


def test_a_moved_bundle_is_proven(copy):
    lines = []
    report = verify(copy, verbose=lines.append)
    assert report.proven
    assert {each.status for each in report.artifacts} == {"proven"}
    assert len(lines) == len(report.artifacts)


def test_a_flipped_byte_in_any_file_is_found(copy):
    files = [path for path in copy.rglob("*") if path.is_file() and path.name != "manifest.json"]
    assert len(files) > 30
    for path in files:
        flip(path, 100)
    report = verify(copy)
    assert not report.proven
    changed = {line.split(" ")[0] for line in report.problems}
    assert changed == {path.relative_to(copy).as_posix() for path in files}
    assert {each.status for each in report.artifacts} == {"failed"}


@pytest.mark.parametrize("place", [0, 1, 500, -2, -1])
def test_a_flipped_byte_in_the_manifest_is_found(copy, place):
    flip(copy / "manifest.json", place)
    with pytest.raises(ExportError, match="manifest.json is not as it was written"):
        verify(copy)


def test_a_changed_artifact_fails_and_the_others_are_proven(copy):
    flip(copy / "onnx" / "encode.onnx", 1000)
    report = verify(copy, formats=("onnx",))
    status = {each.path: each.status for each in report.artifacts}
    assert status.pop("onnx/encode.onnx") == "failed"
    assert set(status.values()) == {"proven"}


def test_files_that_were_added_or_removed_are_found(copy):
    (copy / "extra.txt").write_text("x")
    (copy / "tflite" / "decode.tflite").unlink()
    report = verify(copy, formats=("tflite",))
    assert "extra.txt is not listed in the manifest" in report.problems
    assert "tflite/decode.tflite is missing" in report.problems
    status = {each.path: each.status for each in report.artifacts}
    assert status["tflite/decode.tflite"] == "failed"


def test_an_artifact_of_another_model_fails_by_its_numbers(copy):
    """With a manifest that agrees, only the numbers can tell."""
    shutil.copy(copy / "onnx" / "generate.onnx", copy / "onnx" / "decode.onnx")
    record = read_manifest(copy)
    record.pop("files")
    write_manifest(copy, record)
    report = verify(copy, formats=("onnx",))
    failed = [each for each in report.artifacts if each.status == "failed"]
    assert [each.path for each in failed] == ["onnx/decode.onnx"]
    assert "decode" in failed[0].detail


def test_no_bundle_is_one_clear_error(tmp_path, copy):
    with pytest.raises(ExportError, match="expected a bundle with a manifest.json"):
        verify(tmp_path)
    with pytest.raises(ExportError, match="no such directory"):
        verify(tmp_path / "nothing")
    with pytest.raises(ValueError, match="`formats` must be a non-empty selection"):
        verify(copy, formats=("torch",))


def test_without_tensorflow_tflite_and_onnx_are_proven_and_the_rest_is_not_run(copy, tmp_path):
    blocked = ("tensorflow", "keras", "tf_keras", "tensorflow_probability", "jax", "onnx")
    path = without(tmp_path, *blocked)
    program = (
        "import json, sys\n"
        "from keras_ae.export import verify\n"
        f"report = verify({str(copy)!r})\n"
        "found = [[each.format, each.status, each.detail] for each in report.artifacts]\n"
        "print(json.dumps(found))\n"
        "print(json.dumps([report.proven, sorted({*sys.modules} & {'tensorflow', 'keras'})]))\n"
    )
    answers = run([sys.executable, "-c", program], PYTHONPATH=path).splitlines()
    statuses = {(name, status) for name, status, _ in json.loads(answers[0])}
    assert statuses == {("saved_model", "not run"), ("tflite", "proven"), ("onnx", "proven")}
    assert "tensorflow is not installed" in answers[0]
    assert json.loads(answers[1]) == [False, []]
