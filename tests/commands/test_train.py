import functools
import json
import shutil

import keras
import numpy as np
import pytest
import yaml
from PIL import Image

from keras_ae.commands import train, training_bundle
from tests.commands.conftest import small

PICTURES = {
    "training_curves.png",
    "reconstructions.png",
    "samples.png",
    "latent_map.png",
}
RECORDS = {"model.keras", "history.json", "metrics.json", "config.yaml", "run.json"}


@pytest.mark.slow
def test_demo_trains_scores_draws_saves_and_exports(keras_ae, tmp_path, monkeypatch):
    """All formats, of two endpoints; the latency of one format."""
    for name, fewer in (
        ("export_model", {"endpoints": ("encode", "decode")}),
        ("measure_latency", {"formats": ("onnx",), "runs": 3}),
    ):
        usual = getattr(training_bundle, name)
        monkeypatch.setattr(training_bundle, name, functools.partial(usual, **fewer))
    monkeypatch.chdir(tmp_path)
    code, output, errors = keras_ae("demo", "--epochs", 1, "--max-examples", 150)
    assert code == 0
    folder = tmp_path / "saved_models" / "mnist_vae"
    made = {path.name for path in folder.iterdir()}
    assert made == PICTURES | RECORDS | {"bundle", "report.html"}
    for name in PICTURES:
        with Image.open(folder / name) as image:
            assert min(image.size) > 200
            assert np.asarray(image.convert("L")).std() > 10
    for name in ("nll", "KL", "ELBO", "active units"):
        assert f"\n  {name} " in output
    assert "of 16 latent dimensions\n" in output
    assert "epoch 1/1 " in errors
    config = yaml.safe_load((folder / "config.yaml").read_text())
    assert (config["model"], config["data"], config["latent_dim"]) == ("vae", "digits-subset", 16)
    model = keras.models.load_model(folder / "model.keras")
    assert model.generate(2, seed=0).shape == (2, 28, 28, 1)

    assert "bundle complete" in errors
    page = (folder / "report.html").read_text("utf-8")
    assert "onnx/decode.onnx" in page
    assert "Latency of decode, 1 thread" in page
    code, output, _ = keras_ae("verify", folder / "bundle")
    assert code == 0
    assert "onnx/decode.onnx" in output

    code, output, errors = keras_ae("demo", "--epochs", 1)
    assert (code, output, errors.count("\n")) == (2, "", 1)
    assert errors.startswith("keras-ae: saved_models/mnist_vae: expected an output directory that")


def test_demo_may_leave_the_bundle_out(keras_ae, monkeypatch):
    given = []
    monkeypatch.setattr(train, "_run", lambda *each: given.append(each))
    for arguments in (["--no-export"], []):
        assert keras_ae("demo", *arguments)[0] == 0
    assert [each[-2:] for each in given] == [(False, "demo"), (None, "demo")]
    assert not training_bundle.wants_bundle(False, default=True)
    assert training_bundle.wants_bundle(None, default=True) or keras.backend.backend() == "jax"


@pytest.mark.slow
def test_the_command_line_goes_before_the_file(keras_ae, tmp_path):
    path = tmp_path / "options.yaml"
    path.write_text("model: autoencoder\nlearning-rate: 1e-2\nepochs: 7\n")
    arguments = small(output=tmp_path / "out", learning_rate=None, epochs=1)
    code, output, _ = keras_ae("train", "--config", path, *arguments, "--json")
    assert code == 0
    config = yaml.safe_load((tmp_path / "out" / "config.yaml").read_text())
    assert (config["model"], config["learning_rate"], config["epochs"]) == ("autoencoder", 0.01, 1)
    result = json.loads(output)  # and nothing else is on stdout
    assert (result["output"], result["epochs"]) == (str(tmp_path / "out"), 1)
    assert result["test"]["examples"] == 120


@pytest.mark.slow
def test_a_table_with_labels(keras_ae, tmp_path):
    random = np.random.default_rng(0)
    rows = [f"{a:.3f},{b:.3f},{'yes' if a > 0 else 'no'}" for a, b in random.normal(size=(60, 2))]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(["length,width,kind", *rows]))
    options = {"label": "kind", "model": "mixture_vae", "epochs": 1}
    arguments = small(data=path, output=tmp_path / "out", **options)
    assert keras_ae("train", *arguments, "--components", 3)[0] == 0
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files == PICTURES | RECORDS
    config = yaml.safe_load((tmp_path / "out" / "config.yaml").read_text())
    assert (config["normalize"], config["label"]) == (True, "kind")


@pytest.mark.slow
def test_overwrite_replaces_the_old_when_the_new_is_complete(keras_ae, models, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(models / "vae", out)
    before = (out / "model.keras").read_bytes()
    spoilt = tmp_path / "spoilt.npy"
    np.save(spoilt, np.full((20, 4), np.nan))
    code, _, errors = keras_ae("train", *small(output=out, data=spoilt), "--overwrite")
    assert (code, (out / "model.keras").read_bytes() == before) == (2, True)
    assert "spoilt.npy: x` must be finite. Received: 80 NaN of 80 values" in errors
    diverging = small(output=out, learning_rate=1e20)
    code, _, errors = keras_ae("train", *diverging, "--overwrite")
    assert (code, (out / "model.keras").read_bytes() == before) == (1, True)
    assert "Training stopped at the first loss that isn't finite: epoch 1, step " in errors
    assert keras_ae("train", *small(output=out, model="autoencoder"), "--overwrite")[0] == 0
    assert type(keras.models.load_model(out / "model.keras")).__name__ == "Autoencoder"


@pytest.mark.slow
def test_a_collapse_is_told(keras_ae, tmp_path):
    arguments = small(output=tmp_path / "out", beta=1e4, epochs=12, learning_rate=0.05)
    code, _, errors = keras_ae("train", *arguments)
    (line,) = [line for line in errors.splitlines() if line.startswith("warning: ")]
    assert (code, "Posterior collapse: 0 of 2" in line) == (0, True)


def test_resume_and_overwrite_exclude_each_other(refused):
    line = refused("train", *small(output="out"), "--resume", "--overwrite")
    assert "--resume and --overwrite exclude each other" in line


def test_several_processes_ask_for_jax(keras_ae, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    code, _, said = keras_ae("train", "--processes", 2)
    assert (code, said) == (
        2,
        "keras-ae: Several processes train together on JAX. Expected KERAS_BACKEND=jax. "
        "Received: KERAS_BACKEND=tensorflow\n",
    )


def test_half_an_environment_is_told_in_one_line(refused, monkeypatch):
    monkeypatch.setenv("KERAS_DISTRIBUTION_NUM_PROCESSES", "2")
    said = refused("train")
    assert said.startswith("keras-ae: KERAS_DISTRIBUTION_NUM_PROCESSES must come with ")
