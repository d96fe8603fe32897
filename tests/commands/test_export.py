"""`export`, `verify` and `latency`: real files, exit codes, one line an error."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import types

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

from keras_ae import cli, create_model
from keras_ae.export import load_artifact
from tests.export.absent import without

FORMATS = "tflite,onnx"
HEAVY = ("tensorflow", "keras", "jax", "sklearn", "matplotlib", "onnx", "onnxruntime")
pytestmark = pytest.mark.slow  # real conversions


@pytest.fixture(scope="session")
def run_directory(tmp_path_factory):
    """What a run leaves: a model, and what it was trained on."""
    directory = tmp_path_factory.mktemp("runs") / "vae"
    directory.mkdir()
    model = create_model("vae", (8, 8, 1), latent_dim=2, filters=(4,), seed=0)
    model.save(directory / "model.keras")
    (directory / "config.yaml").write_text("data: digits\n")
    return directory


@pytest.fixture(scope="session")
def exported(run_directory):
    """What the command wrote and printed."""
    arguments = ["export", str(run_directory), "--formats", FORMATS, "--endpoints", "encode,score"]
    arguments += ["--metadata", "note=a=b", "--license", "Apache-2.0", "--threshold", "30"]
    with contextlib.redirect_stdout(io.StringIO()) as output:
        assert cli.main([*arguments, "--json"]) == 0
    printed = json.loads(output.getvalue())
    return types.SimpleNamespace(directory=run_directory / "bundle", printed=printed)


@pytest.fixture
def bundle(exported, tmp_path):
    return shutil.copytree(exported.directory, tmp_path / "bundle")


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_bundle_is_written_beside_the_model(exported, run_directory):
    assert exported.printed["output"] == str(run_directory / "bundle")
    assert exported.printed["proven"] is True
    assert {each["path"]: each["status"] for each in exported.printed["artifacts"]} == {
        "tflite/encode.tflite": "proven",
        "tflite/score.tflite": "proven",
        "tflite/model.tflite": "proven",
        "onnx/encode.onnx": "proven",
        "onnx/score.onnx": "proven",
    }
    model = keras.models.load_model(run_directory / "model.keras")
    x = (load_digits().images[:5, ..., None] / 16).astype("float32")
    with load_artifact(exported.directory, format="onnx") as artifact:
        np.testing.assert_allclose(artifact.encode(x), model.encode(x), 1e-4, 1e-5)
        score, is_anomaly = artifact.score(x)
    np.testing.assert_array_equal(is_anomaly, score > 30)


def test_the_manifest_tells_where_the_model_comes_from(exported):
    record = json.loads((exported.directory / "manifest.json").read_text())
    assert (record["training_data"], record["license"]) == ("digits", "Apache-2.0")
    assert record["metadata"]["training_data_license"] == "CC-BY-4.0"
    assert record["metadata"]["note"] == "a=b"
    assert (record["threshold"], record["batch"]) == (30.0, None)


def test_a_bundle_is_replaced_only_on_demand(keras_ae, bundle, run_directory):
    arguments = ["export", run_directory / "model.keras", "--output", bundle]
    arguments += ["--formats", "onnx", "--endpoints", "encode", "--batch", 4]
    before = (bundle / "manifest.json").read_bytes()
    code, output, errors = keras_ae(*arguments)
    assert (code, output) == (2, "")
    assert "bundle: expected an output directory that doesn't exist yet" in errors
    assert (bundle / "manifest.json").read_bytes() == before
    code, output, errors = keras_ae(*arguments, "--overwrite")
    assert code == 0, errors
    assert output.splitlines()[-1].endswith(f"Written to {bundle}")
    assert errors.splitlines()[-1].endswith("bundle complete")
    arguments = ["--formats", "onnx", "--threads", 1, "--runs", 2, "--json"]
    code, output, _ = keras_ae("latency", bundle, *arguments)
    (measured,) = json.loads(output)["artifacts"]
    assert (code, [timing["batch"] for timing in measured["timings"]]) == (0, [4])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--formats", "torch"], "`formats` must be a non-empty selection of saved_model, tflite"),
        (["--formats", ","], "`formats` must be a non-empty selection of"),
        (["--precisions", "int4"], "`precisions` must be a non-empty selection of float32, "),
        (
            ["--formats", "saved_model", "--precisions", "float16"],
            "a non-empty selection of float",
        ),
        (["--calibration-examples", "9"], "expected with int8_static, which alone reads them"),
        (["--metadata", "note"], "--metadata: expected key=value. Received: 'note'"),
        (["--opset", "x"], "Received: 'x'"),
        (["--opset", "17", "--formats", "tflite"], "`opset` is read by onnx only"),
        (["--batch", "0"], "`batch` must be an integer >= 1. Received: batch=0"),
        (["--endpoints", "encoder"], "`endpoints` must be a non-empty selection of what the mod"),
        (["--threshold", "3", "--endpoints", "encode"], "`threshold` must be None unless the end"),
        (["--data", "minst"], "minst: expected one of digits-subset, digits, mnist, "),
        (["--data", "wide.npy"], "expected examples of shape (8, 8, 1), as the model takes"),
        (["--uint8"], "--uint8: expected a model whose own preprocessor scales bytes"),
        (["--limits", "encode=0.3"], "--limits: expected endpoint.measure=number, such as"),
        (["--limits", "encode.latent_error=x"], "Received: 'encode.latent_error=x'"),
        (["--labels", "none.npy", "--precisions", "int8_dynamic"], "none.npy: expected a comp"),
        (["--labels", "wide.npy", "--precisions", "int8_dynamic"], "wide.npy: expected a label"),
    ],
)
def test_bad_options(refused, run_directory, tmp_path, options, message):
    np.save(tmp_path / "wide.npy", np.zeros((5, 8, 9)))
    arguments = ["export", run_directory, "--output", tmp_path / "out", *options]
    assert message in refused(*arguments)


def test_bad_models_and_places(refused, run_directory, tmp_path):
    for name in ("old.h5", "notes.txt"):
        (tmp_path / name).write_text("")
    shutil.copy(run_directory / "model.keras", "alone.keras")
    for arguments, message in (
        (["none.keras"], "none.keras: expected a file of .keras, .h5, .hdf5, or a directory"),
        (["notes.txt"], "Received: a .txt file"),
        (["old.h5"], "old.h5: expected a complete"),
        (["alone.keras"], "--data: expected data, as config.yaml doesn't tell"),
        ([run_directory, "--output", run_directory], "directory that doesn't exist yet"),
        ([run_directory, "--output", run_directory, "--overwrite"], "(with a manifest.json)"),
    ):
        assert message in refused("export", *arguments)


def test_what_a_format_cannot_hold_is_refused_before_any_work(keras_ae, tmp_path):
    model = create_model("vae", (8, 8, 1), latent_dim=2, units=(4,), seed=0)
    model.save(tmp_path / "model.keras")
    arguments = ["--data", "digits", "--formats", "onnx", "--opset", 19]
    code, output, errors = keras_ae("export", tmp_path / "model.keras", *arguments)
    assert (code, output) == (2, "")
    _, *lines = errors.splitlines()
    assert [line for line in lines if "opset" in line]
    assert not (tmp_path / "bundle").exists()


def test_images_of_bytes_come_and_go_as_bytes(keras_ae, tmp_path):
    options = {"latent_dim": 2, "units": (4,), "preprocessor": keras.layers.Rescaling(1 / 255)}
    model = create_model("vae", (8, 8, 1), seed=0, **options)
    model.save(tmp_path / "model.keras")
    arguments = ["--data", "digits", "--uint8", "--formats", "onnx", "--endpoints", "reconstruct"]
    code, _, errors = keras_ae("export", tmp_path / "model.keras", *arguments)
    assert code == 0, errors
    x = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1)).astype("uint8")
    with load_artifact(tmp_path / "bundle") as artifact:
        reconstruction = artifact.reconstruct(x)
    assert reconstruction.dtype == np.uint8
    assert np.abs(reconstruction - model.reconstruct(x.astype("float32"))).max() < 1.01


def test_int8_is_calibrated_on_training_examples_and_judged(keras_ae, run_directory, tmp_path):
    output = tmp_path / "bundle"
    arguments = ["export", run_directory, "--precisions", "int8_static", "--formats", "tflite"]
    arguments += ["--output", output, "--endpoints"]
    # Reconstructions of a model that isn't trained are all alike: int8 can't tell them apart.
    code, _, errors = keras_ae(*arguments, "decode", "--calibration-examples", 20)
    warning, *_, first, failed = errors.splitlines()
    assert (code, output.exists()) == (1, False)
    assert warning.startswith("warning: int8_static measures its ranges on 20 examples; 100 or")
    assert first.startswith("keras-ae: 1 output(s) differ from the model's; nothing was written:")
    assert failed.startswith("  tflite/decode.int8_static.tflite: decode/reconstruction: ")
    code, _, errors = keras_ae(*arguments, "encode")
    assert (code, "warning" in errors) == (0, False), errors
    assert keras_ae("verify", output)[0] == 0


def test_verify_proves(keras_ae, bundle):
    code, output, errors = keras_ae("verify", bundle)
    assert (code, errors) == (0, "")
    assert output.count(" proven") == 5
    code, output, _ = keras_ae("verify", bundle, "--formats", "tflite", "--json")
    found = json.loads(output)
    assert (code, found["proven"], found["problems"]) == (0, True, [])
    assert {each["format"] for each in found["artifacts"]} == {"tflite"}


@pytest.mark.parametrize("name", ["onnx/encode.onnx", "README.md", "golden.npz", "manifest.json"])
def test_verify_finds_a_flipped_byte(keras_ae, bundle, name):
    flip(bundle / name)
    code, output, errors = keras_ae("verify", bundle)
    assert (code, errors.count("\n")) == (1, 1)
    assert f"{name} is not as it was written" in errors
    if name == "onnx/encode.onnx":
        assert output.count(" proven") == 4


def test_verify_finds_a_file_that_is_not_listed(keras_ae, bundle):
    (bundle / "onnx" / "more.onnx").write_bytes(b"")
    code, output, errors = keras_ae("verify", bundle, "--formats", "onnx", "--json")
    line = "onnx/more.onnx is not listed in the manifest"
    assert (code, json.loads(output)["problems"]) == (1, [line])
    assert errors == f"keras-ae: {bundle} is not proven: {line}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["verify", "nothing"], "nothing: expected a bundle with a manifest.json. Received: no s"),
        (["latency", "."], ".: expected a bundle with a manifest.json. Received: a directory wi"),
        (["verify", "bundle", "--formats", "saved_model"], "must be some of the bundle's: tflite"),
        (["latency", "bundle", "--formats", "torch"], "must be some of the bundle's: keras, tfl"),
        (["latency", "bundle", "--batches", "1,x"], "--batches: expected positive integers with"),
        (["latency", "bundle", "--threads", "0"], "`threads` must be a non-empty sequence of po"),
        (["latency", "bundle", "--runs", "0"], "`runs` must be an integer >= 1"),
    ],
)
@pytest.mark.usefixtures("bundle")
def test_bad_arguments_about_bundles(refused, arguments, message):
    assert message in refused(*arguments)


def test_latency_is_written_to_the_bundle_which_stays_proven(keras_ae, bundle):
    arguments = ["--formats", FORMATS, "--batches", "1,3", "--threads", "2", "--runs", "5"]
    code, output, _ = keras_ae("latency", bundle, *arguments, "--json")
    found = json.loads(output)
    written = json.loads((bundle / "latency.json").read_text())
    assert (code, found.pop("directory")) == (0, str(bundle))
    assert found == written
    for each in found["artifacts"]:
        assert [timing["batch"] for timing in each["timings"]] == [1, 3]
        assert all(timing["median_ms"] > 0 for timing in each["timings"])
    code, output, _ = keras_ae("latency", bundle, *arguments, "--endpoints", "encode")
    assert code == 0
    assert "\nencode, 2 threads " in output
    assert output.endswith(f"\nWritten to {bundle / 'latency.json'}\n")
    assert keras_ae("verify", bundle)[0] == 0


def test_where_packages_are_not_installed_the_rest_is_proven(bundle, tmp_path):
    """NumPy, the command line's own packages and a runtime are enough."""
    absent = (*HEAVY[:-1], "yaml", "PIL", "tf_keras", "tensorflow_probability", "ai_edge_litert")
    environment = {**os.environ, "PYTHONPATH": without(tmp_path, *absent)}

    def run(*arguments):
        command = [sys.executable, "-m", "keras_ae", *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    result = run("verify", bundle)
    assert result.returncode == 1
    assert result.stderr == (
        f"keras-ae: {bundle} is not proven: "
        "tflite/encode.tflite not run (ai-edge-litert is not installed); "
        "tflite/score.tflite not run (ai-edge-litert is not installed); "
        "tflite/model.tflite not run (ai-edge-litert is not installed)\n"
    )
    assert (result.stdout.count(" proven"), result.stdout.count(" not run")) == (2, 3)
    result = run("verify", bundle, "--formats", "onnx")
    assert (result.returncode, result.stderr) == (0, "")
    result = run("latency", bundle, "--threads", 1, "--runs", 1, "--endpoints", "encode")
    assert result.returncode == 0
    assert "not run: tensorflow, keras are not installed\n" in result.stdout
    result = run("latency", bundle, "--formats", "tflite,keras", "--threads", 1)
    assert result.returncode == 1
    assert "keras-ae: not measured: model.keras (tensorflow, keras are not ins" in result.stderr


def test_help_answers_without_the_heavy_packages():
    code = (
        "import sys; from keras_ae.cli import main; "
        "codes = [main([name, '--help']) for name in ('export', 'verify', 'latency')]; "
        f"print(codes, [name for name in {HEAVY} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.stderr, result.stdout.splitlines()[-1]) == ("", "[0, 0, 0] []")
