"""Bad input: one line that names the argument or file, exit code 2, nothing written."""

import contextlib
import shutil
import subprocess

import keras
import numpy as np
import pytest

from tests.commands.conftest import small

FILES = {
    "nan.npy": (
        lambda path: np.save(path, np.array([[1.0, 2.0], [np.nan, np.inf], [1.0, 1.0]])),
        "nan.npy: x` must be finite. Received: 1 NaN, 1 infinite of 6 values, first at (1, 0)",
    ),
    "grey.npy": (
        lambda path: np.save(path, np.full((20, 4, 4), 255.0)),
        "must lie in [0, 1]. Received: values from 255 to 255, 320 of 320 outside, first at "
        "(0, 0, 0, 0). They look like pixels 0..255: divide by 255",
    ),
    "range.npy": (
        lambda path: np.save(path, np.full((20, 4, 4), 1.5)),
        "Scale the data, or choose a likelihood of real numbers, such as gaussian",
    ),
    "strings.csv": (
        lambda path: path.write_text("a,b\n1,2\n3,two\n"),
        "leave other text out. Received: 'two' in column 'b', row 3",
    ),
    "one.npy": (lambda path: np.save(path, np.zeros((1, 4))), "at least 2 examples"),
}


@pytest.mark.parametrize("name", FILES)
def test_data(refused, tmp_path, name):
    write, message = FILES[name]
    write(tmp_path / name)
    # A named model: a table of text and numbers would choose its own.
    assert message in refused("train", *small(data=name, output="out", model="vae"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"latent_dim": 0}, "`latent_dim` must be an integer >= 1. Received: latent_dim=0"),
        ({"model": "vea"}, "`model` must be one of autoencoder, batch_topk_sparse, beta_vae"),
        ({"units": "a,b"}, "`units` must be positive integers with commas between them"),
        ({"model": "autoencoder", "beta": 2}, "Model 'autoencoder' doesn't take these options: "),
        ({"config": "none.yaml"}, "none.yaml: expected a YAML file of options"),
    ],
)
def test_options_of_train(refused, options, message):
    assert message in refused("train", *small(output="out", **options))


def test_unknown_keys_of_a_file(refused, tmp_path):
    (tmp_path / "options.yaml").write_text("epoch: 3\nlatent: 2\n")
    line = refused("train", "--config", "options.yaml")
    assert "Options must be among model, data, label, " in line
    assert line.endswith("Received: epoch, latent\n")


def test_demo_takes_no_other_epochs(refused):
    assert "`epochs` must be an integer >= 1. Received: epochs=0" in refused("demo", "--epochs", 0)


@pytest.mark.parametrize("kind", ["directory", "file"])
def test_an_existing_output(refused, tmp_path, kind):
    (tmp_path / "out").mkdir() if kind == "directory" else (tmp_path / "out").write_text("mine")
    line = refused("train", *small(output="out"))
    assert "out: expected an output directory that doesn't exist yet" in line
    if kind == "file":
        line = refused("train", *small(output="out"), "--overwrite")
        assert "expected the output of an earlier run to overwrite" in line


def test_nothing_to_resume(refused):
    line = refused("train", *small(output="out"), "--resume")
    assert "out.partial: expected an unfinished run. Received: none" in line


def test_a_complete_run_is_not_resumed(keras_ae, models):
    code, _, errors = keras_ae("train", "--output", models / "vae", "--resume")
    assert code == 2
    assert f"Received: a complete run in {models / 'vae'}" in errors


@pytest.mark.parametrize("command", ["evaluate", "generate", "reconstruct", "denoise"])
def test_models(refused, tmp_path, models, command):
    assert "none.keras: expected a complete .keras file of this" in refused(command, "none.keras")
    (tmp_path / "empty").mkdir()
    assert "Received: no such file" in refused(command, "empty")
    (tmp_path / "old.h5").write_text("")
    assert "Received: a .h5 file" in refused(command, "old.h5")
    content = (models / "vae" / "model.keras").read_bytes()
    (tmp_path / "cut.keras").write_bytes(content[: len(content) // 2])
    assert "cut.keras: expected a complete .keras file" in refused(command, "cut.keras")
    inputs = keras.Input((3,))
    keras.Model(inputs, keras.layers.Dense(1)(inputs)).save(tmp_path / "plain.keras")
    assert "Received: a Functional" in refused(command, "plain.keras")


def test_models_of_another_kind(refused, models):
    line = refused("generate", models / "denoising")
    assert "expected a model with a prior" in line
    assert line.endswith("Received: a DenoisingAutoencoder\n")
    line = refused("denoise", models / "vae")
    assert line.endswith("expected a denoising model. Received: a VariationalAutoencoder\n")


@pytest.mark.parametrize("command", ["evaluate", "reconstruct"])
def test_data_of_another_shape_or_range(refused, tmp_path, models, command):
    np.save(tmp_path / "wide.npy", np.zeros((5, 8, 9)))
    line = refused(command, models / "vae", "--data", "wide.npy")
    assert "expected examples of shape (8, 8, 1), as the model takes" in line
    np.save(tmp_path / "high.npy", np.full((5, 8, 8), 16.0))
    line = refused(command, models / "vae", "--data", "high.npy")
    assert "high.npy: x` must lie in [0, 1]. Received: values from 16 to 16" in line
    np.save(tmp_path / "nan.npy", np.full((5, 8, 8), np.nan))
    assert "320 NaN" in refused(command, models / "vae", "--data", "nan.npy")


def test_a_model_alone_does_not_tell_its_data(refused, tmp_path, models):
    shutil.copy(models / "vae" / "model.keras", tmp_path / "alone.keras")
    assert "--data: expected data, as config.yaml doesn't" in refused("evaluate", "alone.keras")


def test_samples_of_the_likelihood_need_a_prior(refused, models):
    line = refused("evaluate", models / "denoising", "--num-samples", 5)
    assert "`num_samples` must be 0 for a model without a posterior" in line


def test_outputs_of_another_kind(refused, models):
    line = refused("generate", models / "vae", "--output", "digits.jpg")
    assert "--output: expected a file name in .png or .npz. Received: digits.jpg" in line


@pytest.fixture
def full_disk(tmp_path, monkeypatch):
    """Return a folder on a disk of 1 MB."""
    folder = tmp_path / "full"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    with contextlib.ExitStack() as stack:
        try:
            subprocess.run(mount, check=True, capture_output=True)
            stack.callback(subprocess.run, ["umount", str(folder)], check=True)
        except (OSError, subprocess.CalledProcessError):
            # Only root may mount a small disk; anyone else is told of one.
            usage = shutil.disk_usage(folder)
            monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))
        yield folder


def test_no_room_on_the_disk(keras_ae, full_disk):
    code, _, errors = keras_ae("train", *small(output=full_disk / "out"))
    assert (code, list(full_disk.iterdir())) == (2, [])
    assert "full/out: expected 8 MB of free space on the disk. Received: 1 MB" in errors
