"""Killed at any moment, or two at once: either command ends well, and no output is lost."""

import os
import signal
import subprocess
import sys

import keras
import pytest

from keras_ae import _files
from keras_ae.training import prepare, run
from keras_ae.training.output_directory import RECORD, OutputDirectory
from tests.environments import PYTHONPATH

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": PYTHONPATH,
    "KERAS_BACKEND": keras.backend.backend(),
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
HOLDER = """
import sys, time
from keras_ae.training.output_directory import OutputDirectory
output = OutputDirectory(sys.argv[1])
output.create(overwrite=False)
print("held", flush=True)
time.sleep(60)
"""
TRAINER = """
import sys
from keras_ae.training import TrainingConfig, run
from tests.training.kill_program import die_at
from pathlib import Path
options, folder, overwrite, count = sys.argv[1:]
config = TrainingConfig(**eval(options))
Path(folder).mkdir(exist_ok=True)
die_at(int(count), folder)
run(config, Path(folder, "vae"), overwrite=overwrite == "True", verbose=0)
"""


def python(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, *arguments],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )


def test_a_kill_at_any_file_operation(tmp_path):
    """The steps of a run in small, killed before each of its operations on files."""
    program = python("-m", "tests.training.kill_program", str(tmp_path))
    words, _ = program.communicate(timeout=120)
    assert program.returncode == 0, words
    assert "moments: " in words


@pytest.mark.slow
@pytest.mark.parametrize(("overwrite", "count"), [(True, 5), (False, 40), (True, 55)])
def test_a_training_that_is_killed(config, tmp_path, overwrite, count):
    """In setting up, in training and at the end; the test above kills at every operation."""
    options = config(epochs=1)
    path = tmp_path / "models" / "vae"
    if overwrite:
        run(options, path, verbose=0)
    program = python(
        "-c", TRAINER, repr(options.to_options()), str(path.parent), str(overwrite), str(count)
    )
    words, _ = program.communicate(timeout=120)
    assert program.returncode in (0, 9), words
    if overwrite:
        keras.models.load_model(path / "model.keras")
    if path.with_name("vae.partial").exists():
        run(options, path, resume=True, verbose=0)
    elif program.returncode == 9 and (overwrite or not path.exists()):
        run(options, path, overwrite=overwrite, verbose=0)
    assert keras.models.load_model(path / "model.keras").example_shape == (8, 8, 1)
    assert [each.name for each in path.parent.iterdir()] in (["vae"], ["vae", ".vae.removing"])


def test_two_processes_do_not_write_at_once(config, tmp_path):
    path = tmp_path / "vae"
    holder = python("-c", HOLDER, str(path))
    assert holder.stdout.readline() == "held\n"
    for options in ({"overwrite": True}, {"resume": True}, {}):
        with pytest.raises(ValueError, match="vae: expected one writer at a time. Received: ano"):
            prepare(config(), path, **options)
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    output = OutputDirectory(path)
    output.create(overwrite=False)
    output.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_run_that_fails_lets_others_write(config, tmp_path):
    run(config(epochs=1), tmp_path / "vae", verbose=0)
    for _ in range(2):
        with pytest.raises(ValueError, match="expected an output directory that doesn't exist"):
            run(config(), tmp_path / "vae")
    assert [each.name for each in tmp_path.iterdir()] == ["vae"]


@pytest.mark.parametrize(
    ("resume", "files"),
    [
        pytest.param(False, (RECORD,), marks=pytest.mark.slow),
        (True, ()),
        pytest.param(False, (), marks=pytest.mark.slow),
        pytest.param(True, (RECORD,), marks=pytest.mark.slow),
        pytest.param(False, (RECORD, "config.yaml"), marks=pytest.mark.slow),
        pytest.param(True, (RECORD, "config.yaml"), marks=pytest.mark.slow),
    ],
)
def test_what_was_killed_before_it_began_is_begun_anew(config, tmp_path, resume, files):
    """As an older version could leave it: a working directory without a state."""
    options, path = config(epochs=1), tmp_path / "vae"
    prepare(options, path).output.release()
    working = path.with_name("vae.partial")
    for file in working.iterdir():
        if file.name not in files:
            file.unlink()
    assert run(options, path, verbose=0, resume=resume).state.epoch == 1
    assert not working.exists()


@pytest.mark.parametrize("swaps", [True, False])
@pytest.mark.parametrize("kind", ["file", "directory"])
def test_a_path_is_replaced(tmp_path, monkeypatch, swaps, kind):
    if not swaps:
        monkeypatch.setattr(_files, "_exchanged", lambda one, other: False)
    new, path = tmp_path / "new", tmp_path / "path"
    new.mkdir()
    (new / "content").write_text("new")
    path.write_text("old") if kind == "file" else path.mkdir()
    _files.replace_path(new, path)
    assert [each.name for each in tmp_path.rglob("*")] == ["path", "content"]
    with pytest.raises(FileNotFoundError):
        _files.replace_path(new, path)
    assert (path / "content").read_text() == "new"
