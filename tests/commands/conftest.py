import keras
import pytest

from keras_ae import cli

SMALL = {
    "--data": "digits",
    "--max-examples": "120",
    "--units": "16",
    "--latent-dim": "2",
    "--batch-size": "36",  # 3 equal batches an epoch: another size is traced anew
    "--learning-rate": "0.01",
    "--epochs": "2",
}


def small(**options):
    """Return the arguments of a small run, changed by options (None leaves one out)."""
    changed = {f"--{name.replace('_', '-')}": value for name, value in options.items()}
    flags = ["--jit" if keras.backend.backend() == "jax" else "--no-jit"]
    for name, value in {**SMALL, **changed}.items():
        if value is not None:
            flags += [name, str(value)]
    return flags


@pytest.fixture
def keras_ae(capsys):
    """Return a function that runs a command in this process: exit code, stdout, stderr."""

    def run(*arguments):
        capsys.readouterr()
        code = cli.main([str(argument) for argument in arguments])
        return (code, *capsys.readouterr())

    return run


@pytest.fixture
def refused(keras_ae, tmp_path, monkeypatch):
    """Return a function that runs a command that must be refused, and returns its line."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        before = sorted(tmp_path.rglob("*"))
        code, output, errors = keras_ae(*arguments)
        assert (code, output) == (2, ""), errors
        assert (errors.count("\n"), errors[:10]) == (1, "keras-ae: ")
        assert sorted(tmp_path.rglob("*")) == before
        return errors

    return run


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Return a folder with the directories of two small runs: vae, denoising."""
    folder = tmp_path_factory.mktemp("models")
    for model in ("vae", "denoising"):
        assert cli.main(["train", *small(model=model, output=folder / model)]) == 0
    return folder
