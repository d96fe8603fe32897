"""A sensor log from its file to a proven bundle."""

import numpy as np
import pytest
from PIL import Image


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
    code, output, errors = keras_ae(
        "export", folder, "--output", tmp_path / "bundle", "--formats", "onnx"
    )
    assert code == 0, errors
    assert (tmp_path / "bundle" / "manifest.json").is_file()

    log.write_text("\n".join(["time,wave,level", *rows[:100], *rows[101:]]))
    code, output, errors = keras_ae("train", *options, "--overwrite")
    assert (code, output, errors.count("\n")) == (2, "", 1)
    assert "times at steps of one size, 60 s" in errors
    assert "at row 100" in errors
