"""Latencies are measured of every artifact, and the bundle that holds them stays proven."""

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from keras_ae.export import ExportError, measure_latency, verify
from keras_ae.export.bundle.manifest import read_manifest, write_manifest
from tests.environments import ROOT
from tests.export.absent import without
from tests.subprocesses import run

pytestmark = pytest.mark.slow  # real conversions
FORMATS = ("saved_model", "tflite", "onnx")
ONNX = {"formats": ("onnx",), "endpoints": ("encode",), "threads": (1,), "verbose": False}


@pytest.fixture
def copy(bundle, tmp_path):
    return shutil.copytree(bundle.directory, tmp_path / "parent" / "copy")


@pytest.fixture(scope="module")
def measured(bundle, tmp_path_factory):
    """Return a report of all formats, and the bundle it was written to."""
    copy = shutil.copytree(bundle.directory, tmp_path_factory.mktemp("measured") / "copy")
    measure_latency(copy, formats=("keras",), threads=(2,), runs=3, verbose=False)
    keras = json.loads((copy / "latency.json").read_text())
    lines = []
    names = ("encode", "score", "model")
    report = measure_latency(copy, (1, 5), (1, 2), 3, FORMATS, names, lines.append)
    return report, copy, keras["artifacts"], lines


def test_every_artifact_has_its_times(measured):
    report, directory, _, _ = measured
    found = [(each.path, each.endpoint, each.threads) for each in report.artifacts]
    expected = [
        (path, endpoint, threads)
        for path, endpoints in {
            "saved_model/1": ("encode", "score"),
            "tflite/encode.tflite": ("encode",),
            "tflite/score.tflite": ("score",),
            "tflite/model.tflite": ("encode", "score"),
            "onnx/encode.onnx": ("encode",),
            "onnx/score.onnx": ("score",),
        }.items()
        for threads in (1, 2)
        for endpoint in endpoints
    ]
    assert sorted(found) == sorted(expected)
    for each in report.artifacts:
        assert (each.status, each.precision, each.detail) == ("measured", "float32", "")
        assert each.load_ms > 0
        assert [(timing.batch, timing.runs) for timing in each.timings] == [(1, 3), (5, 3)]
        assert all(0 < timing.median_ms <= timing.p95_ms for timing in each.timings)
        files = [directory / each.path, *(directory / each.path).rglob("*")]
        assert each.size == sum(file.stat().st_size for file in files if file.is_file())


def test_the_keras_model_is_measured_beside_them(measured):
    _, directory, rows, _ = measured
    endpoints = ["encode", "decode", "reconstruct", "score"]
    assert [(row["path"], row["endpoint"]) for row in rows] == [
        ("model.keras", endpoint) for endpoint in endpoints
    ]
    for row in rows:
        assert (row["format"], row["status"], row["threads"]) == ("keras", "measured", 2)
        assert row["size"] == (directory / "model.keras").stat().st_size
        assert [timing["batch"] for timing in row["timings"]] == [1, 64]
        assert all(timing["median_ms"] > 0 for timing in row["timings"])


def test_progress_is_told(measured):
    *_, lines = measured
    assert len(lines) == 12
    assert lines[0] == "[1/12] saved_model/1, 1 thread"
    assert lines[-1] == "[12/12] onnx/score.onnx, 2 threads"


def test_the_table_groups_what_can_be_compared(measured):
    report, *_ = measured
    lines = str(report).splitlines()
    assert lines[0] == f"{report.machine['cpu']}, {report.machine['cores']} cores"
    titles = [line.split("  ")[0] for line in lines[1:] if line and not line.startswith(" ")]
    assert titles == [
        f"{name}, {threads}"
        for name in ("encode", "score")
        for threads in ("1 thread", "2 threads")
    ]
    columns = lines[2].removeprefix("encode, 1 thread").split()
    assert " ".join(columns) == "bytes load ms batch 1 ms 95 % batch 5 ms 95 %"
    assert [line.split()[0] for line in lines[3:7]] == [
        "saved_model/1", "tflite/encode.tflite", "tflite/model.tflite", "onnx/encode.onnx",
    ]  # fmt: skip
    assert len({len(line) for line in lines[2:7]}) == 1


def test_the_file_is_the_report_and_the_bundle_stays_proven(measured):
    report, directory, *_ = measured
    assert json.loads((directory / "latency.json").read_text()) == json.loads(
        json.dumps(report.to_dict())
    )
    assert report.machine["cores"] >= 1
    assert {"python", "numpy", "onnxruntime"} <= report.machine["packages"].keys()
    assert "latency.json" in read_manifest(directory)["files"]
    assert verify(directory, formats=("tflite", "onnx")).proven
    assert [path.name for path in directory.parent.iterdir()] == ["copy"]


def test_the_number_of_runs_is_found_where_none_is_given(copy):
    (found,) = measure_latency(copy, (1,), **ONNX).artifacts
    (timing,) = found.timings
    assert timing.runs >= 20


def test_a_file_that_changed_is_not_listed_as_it_is_now(copy):
    path = copy / "tflite" / "decode.tflite"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ExportError, match="decode.tflite is not as it was written"):
        measure_latency(copy, **ONNX)
    assert not (copy / "latency.json").exists()


def test_a_file_that_is_not_listed_is_mended(copy):
    """As a kill between the two moves leaves it."""
    (copy / "latency.json").write_text("{}")
    assert verify(copy, formats=("onnx",)).problems == (
        "latency.json is not listed in the manifest",
    )
    measure_latency(copy, runs=1, **ONNX)
    assert verify(copy, formats=("onnx",)).proven


def test_a_killed_measurement_leaves_the_bundle_as_it_was(copy, tmp_path):
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    program = (
        "from keras_ae.export import measure_latency\n"
        "tell = lambda line: print(line, flush=True)\n"
        f"measure_latency({str(copy)!r}, runs=100, formats=('onnx',), verbose=tell)\n"
    )
    command = [sys.executable, "-c", program]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}  # for what a kill leaves behind
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline().startswith("[1/8] onnx/encode.onnx")
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()} == before


def test_an_artifact_that_does_not_run_says_why(copy):
    (copy / "onnx" / "encode.onnx").write_bytes(b"no model")
    record = read_manifest(copy)
    write_manifest(copy, record)
    names = {**ONNX, "endpoints": ("encode", "decode")}
    broken, sound = measure_latency(copy, runs=1, **names).artifacts
    assert (broken.status, broken.load_ms, broken.timings) == ("failed", None, ())
    assert "encode.onnx can't be opened in ONNX Runtime" in broken.detail
    assert sound.status == "measured"


def test_a_runtime_that_is_missing_is_named(copy, tmp_path):
    path = without(tmp_path, "tensorflow", "keras", "onnxruntime")
    program = (
        "from keras_ae.export import measure_latency\n"
        f"report = measure_latency({str(copy)!r}, (1,), (1,), 1, None, ('encode',), False)\n"
        "for each in report.artifacts:\n"
        "    print(each.format, each.status, each.detail, sep=': ')\n"
        "print(report)\n"
    )
    lines = run([sys.executable, "-c", program], PYTHONPATH=path).splitlines()
    assert lines[:4] == [
        "keras: not run: tensorflow, keras are not installed",
        "saved_model: not run: tensorflow is not installed",
        "tflite: measured: ",
        "onnx: not run: onnxruntime is not installed",
    ]
    assert lines[-1].endswith("not run: onnxruntime is not installed")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batches": (0,)}, "`batches` must be a non-empty sequence of positive integers"),
        ({"batches": 1}, "`batches` must be a non-empty sequence of positive integers"),
        ({"threads": ()}, "`threads` must be a non-empty sequence of positive integers"),
        ({"runs": 0}, "`runs` must be an integer >= 1. Received: runs=0"),
        ({"formats": ("torch",)}, "must be some of the bundle's: keras, saved_model, tflite, on"),
        ({"formats": ()}, "Received: formats=()"),
        ({"endpoints": "encoder"}, "`endpoints` must be some of the bundle's: encode, decode, "),
    ],
)
def test_arguments_are_checked(bundle, arguments, message):
    with pytest.raises((TypeError, ValueError), match="Received: ") as error:
        measure_latency(bundle.directory, **arguments)
    assert message in str(error.value)


OTHER_MODELS = """
import sys
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(1)  # before anything computes
tf.config.threading.set_inter_op_parallelism_threads(1)
import keras
import numpy as np
from keras_ae.export.latency.keras_runner import KerasRunner

directory = sys.argv[1]
x = np.linspace(0, 1, 12, dtype="float32").reshape(3, 4)
inputs = keras.Input((4,))
features = keras.layers.Dense(5, activation="tanh")(inputs)
encoder = keras.Model(inputs, [keras.layers.Dense(3)(features), keras.layers.Dense(2)(features)])
latent = keras.Input((2,))
decoder = keras.Model(latent, keras.layers.Dense(4)(latent))
encoder.save(f"{directory}/encoder.keras")
decoder.save(f"{directory}/decoder.keras")
names = {"encode": ["x"], "decode": ["latent"], "reconstruct": ["x"]}
with KerasRunner(directory, ["encoder.keras", "decoder.keras"], names, 1) as pair:
    latent = encoder(x)[1]
    np.testing.assert_allclose(pair.run("encode", {"x": x})[1], latent, 1e-5, 1e-6)
    for endpoint, given in {"decode": {"latent": latent.numpy()}, "reconstruct": {"x": x}}.items():
        np.testing.assert_allclose(pair.run(endpoint, given), decoder(latent), 1e-5, 1e-6)

parts = {"b": keras.Input((4,), name="b"), "a": keras.Input((4,), name="a")}
whole = keras.Model(parts, parts["a"] - 2 * parts["b"])
whole.save(f"{directory}/model.keras")
with KerasRunner(directory, ["model.keras"], {"call": ["a", "b"]}, 1) as runner:
    given = {"a": x, "b": (10 * x).astype("uint8")}
    expected = whole({"a": x, "b": given["b"].astype("float32")})
    np.testing.assert_allclose(runner.run("call", given), expected, 1e-5, 1e-6)

class Mine(keras.layers.Layer):
    pass

keras.Sequential([keras.Input((4,)), Mine()]).save(f"{directory}/model.keras")
del Mine
keras.saving.get_custom_objects().clear()
try:
    KerasRunner(directory, ["model.keras"], {"call": ["x"]}, 1)
except Exception as error:
    print(type(error).__name__, error)
"""


def test_a_pair_and_a_model_of_several_inputs_run_as_keras_runs_them(tmp_path):
    output = run([sys.executable, "-c", OTHER_MODELS, str(tmp_path)], cwd=ROOT)
    assert output.startswith("ExportError Keras can't load model.keras: ")
