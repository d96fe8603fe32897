"""`keras-ae train --processes 2` makes what one process makes, though one of them is killed.

As on a machine that has JAX without TensorFlow, which takes longer to import than this trains.
"""

import json
import os
import signal
import sys

import keras
import numpy as np
import pytest

import keras_ae.models  # noqa: F401 - what the files are loaded with
from tests.distributed.processes import PROC, Processes, wait_for
from tests.environments import PYTHONPATH, QUICKLY_COMPILED

COMMAND = [sys.executable, "-m", "keras_ae", "train"]
OPTIONS = {"data": "digits", "max-examples": 601, "model": "vae", "units": "16", "latent-dim": 2}
OPTIONS |= {"batch-size": 100, "early-stopping": 8}
GIVEN = [word for name, value in OPTIONS.items() for word in (f"--{name}", str(value))]
JAX = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "PYTHONPATH": PYTHONPATH}
JAX |= {"XLA_FLAGS": QUICKLY_COMPILED, "KERAS_AE_TEST_ABSENT": "tensorflow"}
JAX |= {name: value for name, value in os.environ.items() if name.startswith("JAX_COMPILATION")}
LIMIT_S = 300  # of a busy machine


@pytest.fixture
def processes():
    started = Processes()
    yield started
    assert started.end(0) == 0


def complete(processes, folder, *arguments):
    """Run `keras-ae train` to its end; return its exit code, and what it said."""
    program = processes.start([*COMMAND, *arguments], folder, **JAX)
    code = program.wait(LIMIT_S)
    return code, (folder / "stdout").read_text(), (folder / "stderr").read_text()


def second(processes):
    """Return the process that is second of those that train."""
    for process in processes.alive():
        if b"KERAS_DISTRIBUTION_PROCESS_ID=1" in (PROC / str(process) / "environ").read_bytes():
            return process
    return None


@pytest.mark.slow
def test_two_processes_end_with_one_s_run_though_one_is_killed(processes, tmp_path):
    together = ["--output", "two", "--processes", "2"]
    program = processes.start([*COMMAND, *GIVEN, *together, "--epochs", "100"], tmp_path, **JAX)
    wait_for(lambda: "epoch 2/" in (tmp_path / "stderr").read_text(), LIMIT_S)
    os.kill(second(processes), signal.SIGKILL)
    code, said = program.wait(LIMIT_S), (tmp_path / "stderr").read_text()
    assert code == 128 + signal.SIGKILL, said
    assert "process 0 of 2 lost another process" in said
    assert said.splitlines()[-1] == "process 1 of 2 was ended by signal 9"
    assert not (tmp_path / "two").exists()

    done = json.loads((tmp_path / "two.partial" / "state.json").read_text())["epoch"]
    epochs = done + 1
    code, output, said = complete(processes, tmp_path, *together, "--resume", "--epochs", epochs)
    assert code == 0, said
    assert output.count("Written to two: ") == 1
    alone = ["--output", "one", "--epochs", epochs]
    code, _, said = complete(processes, tmp_path, *GIVEN, *alone)
    assert code == 0, said
    one, two = (
        keras.models.load_model(tmp_path / name / "model.keras") for name in ("one", "two")
    )
    for expected, weight in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(weight, expected, rtol=0, atol=2e-6)
    scores = [
        json.loads((tmp_path / name / "metrics.json").read_text())["test"]["elbo"]
        for name in ("one", "two")
    ]
    assert scores[1] == pytest.approx(scores[0], abs=1e-4)
    assert {path.name for path in (tmp_path / "one").iterdir()} == {
        path.name for path in (tmp_path / "two").iterdir()
    }

    code, _, said = complete(processes, tmp_path, *GIVEN, *together)
    assert code == 2
    assert "keras-ae: two: expected an output directory that doesn't exist yet." in said
