"""A sensor log from its file to a proven bundle and a report, in one command."""

import functools
import json
import re

import keras
import numpy as np
import pytest
from PIL import Image

from keras_ae import training
from keras_ae.commands import train, training_bundle
from keras_ae.export import ParityError
from keras_ae.export.formats import DEFAULT_FORMATS
from keras_ae.report import run_pictures
from tests.commands.conftest import small
from tests.plotting.pages import Page


def write_log(path, leave_out=()):
    time = np.arange("2025-01-01T00:00", "2025-01-01T05:00", dtype="datetime64[m]")
    rows = [f"{each},{np.sin(k / 5)},{50 + k % 7}" for k, each in enumerate(time)]
    rows = [row for k, row in enumerate(rows) if k not in leave_out]
    path.write_text("\n".join(["time,wave,level", *rows]))


def options(log, folder, network="conv"):
    chosen = ["--data", log, "--time", "time", "--window", 15, "--latent-dim", 2, "--epochs", 2]
    sizes = ["--filters", "4"] if network == "conv" else ["--units", "4"]
    return [*chosen, "--network", network, *sizes, "--output", folder]


@pytest.mark.slow
def test_a_sensor_log_ends_in_a_proven_bundle_and_a_report(
    keras_ae, tmp_path, monkeypatch, request
):
    """With the files of one format, of three endpoints, and one quick measurement.

    The demo's test has all formats.
    """
    monkeypatch.setattr(training_bundle, "DEFAULT_FORMATS", ("onnx",))
    for name, fewer in (
        ("export_model", {"endpoints": ("encode", "decode", "score")}),
        ("measure_latency", {"formats": ("onnx",), "runs": 3}),
    ):
        usual = getattr(training_bundle, name)
        monkeypatch.setattr(training_bundle, name, functools.partial(usual, **fewer))
    log, folder = tmp_path / "sensors.csv", tmp_path / "run"
    write_log(log)
    code, output, errors = keras_ae("train", *options(log, folder))
    assert code == 0, errors
    assert "\n  nll " in output
    assert "bundle, config.yaml" in output
    with Image.open(folder / "reconstructions.png") as image:
        assert np.asarray(image.convert("L")).std() > 10
    code, output, errors = keras_ae("verify", folder / "bundle", "--json")
    assert code == 0, errors
    checked = json.loads(output)
    assert checked["proven"]
    page = Page((folder / "report.html").read_text("utf-8"))
    page.check()
    words = " | ".join(page.words)
    for text in (
        "level | numeric | ",
        "Points of the series",
        "Strangest points, each 15 or more from the others",
        "onnx/score.onnx | float32",
    ):
        assert text in words
    # What `keras-ae report` says of the same run; its pictures are those of the page above.
    request.getfixturevalue("undrawn")
    code, _, errors = keras_ae("report", folder, "--output", tmp_path / "again.html")
    assert code == 0, errors
    again = Page((tmp_path / "again.html").read_text("utf-8"))
    assert [text for text in again.words if text not in page.words] == []
    code, output, _ = keras_ae("evaluate", folder, "--json")
    assert code == 0

    write_log(log, leave_out=[100])
    code, output, errors = keras_ae("train", *options(log, folder), "--overwrite")
    assert (code, output, errors.count("\n")) == (2, "", 1)
    assert "times at steps of one size, 60 s" in errors
    assert "at row 100" in errors


@pytest.fixture
def exported(monkeypatch):
    """Write no bundle, and return the list of the formats that each one would have."""
    found = []
    monkeypatch.setattr(train, "export_run", lambda run, folder, formats: found.append(formats))
    return found


@pytest.fixture
def interrupted(keras_ae, monkeypatch):
    """Return a function that interrupts a training at its end, and returns what was told."""

    def interrupt(*_):
        raise KeyboardInterrupt

    def run(*arguments):
        with monkeypatch.context() as patch:
            patch.setattr(run_pictures, "draw_pictures", interrupt)
            code, _, errors = keras_ae("train", *arguments)
        assert code == 130, errors
        return errors

    return run


@pytest.mark.slow
def test_what_a_format_can_t_carry_is_told_before_the_training(interrupted, tmp_path):
    log = tmp_path / "sensors.csv"
    write_log(log)
    errors = interrupted(*options(log, tmp_path / "run", "lstm"), "--no-jit")
    lacking = r"warning: the bundle will lack tflite: layer `lstm(_\d+)?` \(LSTM\) can't be"
    told = re.search(lacking, errors)  # Keras counts the layers of a process
    assert told, errors
    assert told.start() < errors.index("epoch 1/2 ")
    assert "the bundle will lack onnx" not in errors


@pytest.mark.slow
@pytest.mark.parametrize("asked", ["--export", "--no-export"])
def test_a_resumed_run_keeps_what_was_asked(
    keras_ae, interrupted, exported, tmp_path, asked, undrawn
):
    """Of a run that exports by default, and of one that doesn't."""
    log, folder = tmp_path / "sensors.csv", tmp_path / "run"
    write_log(log)
    wanted = asked == "--export"
    errors = interrupted(*(small(output=folder) if wanted else options(log, folder)), asked)
    assert errors.endswith(f"Go on with: keras-ae train --resume --output {folder} {asked}\n")
    # A kill tells nothing: what was asked is remembered.
    code, _, errors = keras_ae("train", "--resume", "--output", folder)
    assert code == 0, errors
    assert exported == [list(DEFAULT_FORMATS)] * wanted
    assert (folder / "report.html").is_file() == wanted
    assert not (folder / training_bundle.CHOICE).exists()


@pytest.mark.slow
def test_a_failed_export_tells_how_to_keep_the_model(keras_ae, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise ParityError("1 output differs:\n- onnx/encode.onnx")

    monkeypatch.setattr(training_bundle, "export_model", fail)
    folder = tmp_path / "run"
    code, _, errors = keras_ae("train", *small(output=folder, epochs=1), "--export")
    again = f"keras-ae train --resume --output {folder} --no-export"
    assert (code, folder.exists()) == (1, False)
    assert errors.splitlines()[-3:] == [
        "keras-ae: 1 output differs:",
        "  - onnx/encode.onnx",
        f"  The trained model is kept. To have it without a bundle: {again}",
    ]
    assert keras_ae(*again.split()[1:])[0] == 0
    assert (folder / "model.keras").is_file()
    assert not (folder / "bundle").exists()


def test_an_export_is_refused_before_the_training(keras_ae, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    assert not training_bundle.wants_bundle(None, default=True)
    assert not training_bundle.wants_bundle(None, default=False)
    code, _, errors = keras_ae("train", *small(output=folder), "--export")
    assert (code, errors) == (
        2,
        "keras-ae: --export: expected the TensorFlow backend, which an export runs on. "
        "Received: KERAS_BACKEND=jax\n",
    )
    monkeypatch.setattr(keras.config, "backend", lambda: "tensorflow")
    monkeypatch.setattr("keras_ae._extras.installed", lambda module: module != "onnxruntime")
    code, _, errors = keras_ae("train", *small(output=folder), "--export")
    assert (code, errors.count("\n")) == (1, 1)
    assert errors.startswith("keras-ae: An export needs onnxruntime (for onnx). Received: ")
    assert errors.endswith("; or leave it out by --no-export\n")
    assert list(tmp_path.iterdir()) == []


def test_an_unfinished_run_remembers_what_was_asked(tmp_path):
    assert training_bundle.remembered(tmp_path / "run") is None
    config = training.TrainingConfig(data="digits", latent_dim=2, units="8", max_examples=50)
    run = training.prepare(config, tmp_path / "run")
    for asked, option in ((True, " --export"), (None, ""), (False, " --no-export")):
        training_bundle.remember(run, asked)
        assert training_bundle.remembered(tmp_path / "run") is asked
        assert training_bundle.as_option(asked) == option
    run.output.discard()
