"""`report`: what the page of a model tells, and what is refused."""

import json
import shutil

import numpy as np
import pytest

from keras_ae.datasets import load_dataset
from keras_ae.export.bundle.manifest import read_manifest
from keras_ae.export.latency.latency_file import write_latency
from keras_ae.export.latency.latency_report import ArtifactLatency, LatencyReport, Timing
from tests.commands.conftest import small
from tests.environments import REFERENCE
from tests.plotting.pages import read, unread


@pytest.fixture
def run_directory(models, tmp_path):
    return shutil.copytree(models / "vae", tmp_path / "my <vae>")


def exported(run_directory):
    """Put a bundle beside the model, with latencies and a file that was changed since."""
    bundle = shutil.copytree(REFERENCE, run_directory / "bundle")
    timings = (Timing(1, 0.5, 0.75, 100), Timing(64, 3.25, 4.0, 90))
    row = ArtifactLatency(
        "onnx/encode.onnx", "onnx", "float32", "encode", 1, 99, "measured", 7.5, timings
    )
    machine = {"cpu": "A processor", "cores": 2, "system": "", "packages": {}}
    write_latency(bundle, LatencyReport(bundle, machine, (row,)).to_dict())
    (bundle / "onnx" / "decode.onnx").write_bytes(b"changed")
    return bundle


def test_the_page_of_a_run(keras_ae, models, run_directory, undrawn):
    (run_directory / "history.json").write_text("[1, 2")
    code, _, errors = keras_ae("report", run_directory, "--max-examples", 120)
    assert (code, "history.json: expected a complete JSON file" in errors) == (2, True)
    shutil.copy(models / "vae" / "history.json", run_directory)
    bundle = exported(run_directory)
    code, output, errors = keras_ae("report", run_directory, "--max-examples", 120, "--json")
    path = run_directory / "report.html"
    assert (code, errors) == (0, "")
    expected = {"output": str(path), "examples": 120, "bytes": path.stat().st_size}
    assert json.loads(output) == expected
    page, words = unread(path)
    # Three curves; reconstructions, samples, interpolations; map, KL, traversals, plane; scores.
    assert len(page.all("img")) == 11
    assert "my <vae> | vae (VariationalAutoencoder) with " in words
    assert "trained on 108 examples of digits for 2 epochs." in words
    test = json.loads((run_directory / "metrics.json").read_text())["test"]
    row = f"evidence lower bound, ELBO | {test['elbo']:.2f} | nats per example"
    assert row in words
    assert f"active units | {test['active_units']} | of 2 latent dimensions" in words
    assert "likelihood | BernoulliLikelihood" in words
    assert "learning rate | 0.01" in words
    record = json.loads((run_directory / "run.json").read_text())
    assert record["data"]["sha256"] in words
    history = json.loads((run_directory / "history.json").read_text())
    (alt,) = (each["alt"] for each in page.all("img") if each["alt"].startswith("nll over 2"))
    assert f"training {history['nll'][0]:.4g} to {history['nll'][1]:.4g}" in alt
    check_exported_files(bundle, words)
    before = path.read_bytes()
    code, _, errors = keras_ae("report", run_directory)
    assert (code, path.read_bytes() == before) == (2, True)
    assert "report.html: expected a file that doesn't exist yet" in errors


@pytest.mark.slow
def test_the_page_of_a_file_and_data(keras_ae, run_directory, tmp_path):
    file = tmp_path / "alone.keras"
    shutil.copy(run_directory / "model.keras", file)
    x = load_dataset("digits").x_test[:40]
    np.savez(tmp_path / "mine.npz", x=x)
    np.savez(tmp_path / "strange.npz", x=x[:30, ::-1] * 0.5)
    data = ["--data", tmp_path / "mine.npz", "--anomalies", tmp_path / "strange.npz"]
    path = tmp_path / "new" / "page.html"
    code, output, _ = keras_ae("report", file, *data, "--output", path)
    assert (code, output) == (0, f"Written to {path}: 40 examples\n")
    page, pictures, words = read(path)
    assert pictures == 9  # no curves, but a ROC
    assert "alone | VariationalAutoencoder with " in words
    assert "On mine, all." in words
    assert "Anomalies here are examples of strange." in words
    assert any(image["alt"].startswith("ROC curve, AUROC 0.") for image in page.all("img"))
    assert any("Histogram of 70 anomaly scores" in image["alt"] for image in page.all("img"))


def check_exported_files(bundle, words):
    manifest = read_manifest(bundle)
    (encode,) = (a for a in manifest["artifacts"] if a["path"] == "onnx/encode.onnx")
    largest = max(each["max_absolute"] for each in encode["errors"])
    share = max(each["max_absolute"] / each["allowed"] for each in encode["errors"])
    size = manifest["files"]["onnx/encode.onnx"]["size"]
    row = f"onnx/encode.onnx | float32 | {size:,} | {largest:.1e} | {100 * share:.2g} %"
    assert row in words
    whole = sum(
        facts["size"] for n, facts in manifest["files"].items() if n.startswith("saved_model/1/")
    )
    assert f"saved_model/1 | float32 | {whole:,} | " in words
    assert "Latency of encode, 1 thread" in words
    assert "onnx/encode.onnx | 7.5 | 0.500 | 0.750 | 3.250 | 4.000" in words
    assert "measured on A processor, 2 cores." in words
    assert "onnx/decode.onnx is not as it was written" in words


@pytest.mark.slow
def test_the_page_of_a_denoising_model(keras_ae, models, tmp_path):
    path = tmp_path / "page.html"
    assert keras_ae("report", models / "denoising", "--output", path)[0] == 0
    _, pictures, words = read(path)
    assert pictures == 5  # curves of loss and nll, reconstructions, map, scores
    assert "originals above, corrupted, reconstructions below" in words


@pytest.mark.slow
def test_the_page_of_a_table(keras_ae, tmp_path, undrawn):
    rows = np.random.default_rng(0).normal(size=(60, 3)).astype("float32")
    np.save(tmp_path / "table.npy", rows)
    folder = tmp_path / "out"
    arguments = small(data=tmp_path / "table.npy", output=folder, model="mixture_vae", epochs=1)
    assert keras_ae("train", *arguments, "--components", 2)[0] == 0
    code, _, errors = keras_ae("report", folder)
    assert (code, errors) == (0, "")
    # Curves, rows, samples, interpolations, map, traversals, scores; no KL of dimensions.
    assert len(unread(folder / "report.html")[0].all("img")) == 9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere: expected a complete .keras file"),
        (["{run}", "--output", "page.pdf"], "--output: expected a file name in .html"),
        (["{run}", "--data", "nothing.npz"], "nothing.npz"),
        (["{run}", "--anomalies", "digits-subset"], "expected examples of shape (8, 8, 1)"),
        (["{run}/model.keras", "--output", "{run}/page.html"], "page.html: expected a file that"),
    ],
)
def test_what_is_refused_leaves_everything_as_it_was(refused, run_directory, arguments, message):
    (run_directory / "page.html").write_text("mine")
    before = {path: path.read_bytes() for path in run_directory.iterdir()}
    assert message in refused("report", *(each.format(run=run_directory) for each in arguments))
    assert {path: path.read_bytes() for path in run_directory.iterdir()} == before
