"""Processes that are interrupted and killed for real."""

import os
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

from keras_ae import training
from keras_ae.report import run_pictures
from tests.commands.conftest import small
from tests.environments import PYTHONPATH

LONG = {"max_examples": None, "batch_size": 8, "epochs": 4}  # 162 steps an epoch


@pytest.fixture
def process(tmp_path):
    """Start a run in a process of its own, wait until it has done two epochs, and return it."""
    command = [sys.executable, "-m", "keras_ae", "train", *small(output="vae", **LONG)]
    backend = {"KERAS_BACKEND": keras.backend.backend()}
    started = subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, **backend, "PYTHONPATH": PYTHONPATH},
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in started.stderr:
        if line.startswith("epoch 2/"):
            break
    yield started
    if started.poll() is None:
        started.kill()
    started.communicate()


@pytest.mark.slow
def test_a_killed_run_resumes_to_the_unbroken_one(process, keras_ae, tmp_path, monkeypatch):
    process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=60) == -signal.SIGKILL
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run_pictures, "draw_pictures", lambda *_: None)
    assert not (tmp_path / "vae").exists()
    assert keras_ae("train", "--resume", "--output", "vae")[0] == 0
    config = training.TrainingConfig.from_options(training.read_options("vae/config.yaml"))
    whole = training.run(config, "whole", verbose=0)
    resumed = keras.models.load_model("vae/model.keras")
    for one, other in zip(whole.model.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_ctrl_c_saves_and_tells_how_to_go_on(process, keras_ae, tmp_path, monkeypatch):
    process.send_signal(signal.SIGINT)
    errors = process.stderr.read().splitlines()
    assert process.wait(timeout=60) == 130
    # The signal may arrive while the epoch that was told of ends.
    places = ("in epoch 3, step ", "after epoch 2")
    assert errors[-1].startswith(tuple(f"keras-ae: Interrupted {place}" for place in places))
    assert errors[-1].endswith("Go on with: keras-ae train --resume --output vae")
    assert not any("Traceback" in line for line in errors)
    monkeypatch.chdir(tmp_path)
    model = "vae.partial/interrupted.keras"
    assert f"The model as it is now: {tmp_path / model}." in errors[-1]
    assert keras_ae("generate", model, "--output", "new.npz")[0] == 0
