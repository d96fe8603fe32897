"""A sensor log from its file to a proven bundle and a report."""

import numpy as np
import pytest
from PIL import Image

from tests.plotting.pages import Page


@pytest.mark.slow
def test_a_sensor_log_ends_in_a_proven_bundle(keras_ae, tmp_path):
    time = np.arange("2025-01-01T00:00", "2025-01-01T05:00", dtype="datetime64[m]")
    rows = [f"{each},{np.sin(k / 5)},{50 + k % 7}" for k, each in enumerate(time)]
    log, folder = tmp_path / "sensors.csv", tmp_path / "run"
    log.write_text("\n".join(["time,wave,level", *rows]))
    options = ["--data", log, "--time", "time", "--window", 15, "--latent-dim", 2, "--epochs", 2]
    options += ["--network", "conv", "--filters", "4", "--output", folder]
    code, output, _ = keras_ae("train", *options)
    assert code == 0
    assert "\n  nll " in output
    with Image.open(folder / "reconstructions.png") as image:
        assert np.asarray(image.convert("L")).std() > 10
    code, output, _ = keras_ae("evaluate", folder, "--json")
    assert code == 0
    code, output, errors = keras_ae("export", folder, "--formats", "onnx")
    assert code == 0, errors
    assert (folder / "bundle" / "manifest.json").is_file()
    code, output, errors = keras_ae("report", folder)
    assert code == 0, errors
    page = Page((folder / "report.html").read_text("utf-8"))
    page.check()
    words = " | ".join(page.words)
    for text in ("level | numeric | ", "Points of the series", "onnx/score.onnx | float32"):
        assert text in words

    log.write_text("\n".join(["time,wave,level", *rows[:100], *rows[101:]]))
    code, output, errors = keras_ae("train", *options, "--overwrite")
    assert (code, output, errors.count("\n")) == (2, "", 1)
    assert "times at steps of one size, 60 s" in errors
    assert "at row 100" in errors
