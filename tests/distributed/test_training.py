"""Several processes and devices train to what one does; whatever happens, none waits for ever."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from keras_ae.execution import watchdog
from tests.environments import PYTHONPATH, QUICKLY_COMPILED

PROGRAM = Path(__file__).with_name("train_program.py")
LAYOUT_PROGRAM = Path(__file__).with_name("layout_program.py")
EPOCHS = 4
TIMEOUT_S = 300  # that all of a test's processes have, on a busy machine too

pytestmark = pytest.mark.slow


def free_port():
    with socket.socket() as found:
        found.bind(("localhost", 0))
        return found.getsockname()[1]


def xla_flags(devices):
    return f"{QUICKLY_COMPILED} --xla_force_host_platform_device_count={devices}"


def run(folder, count=1, devices=1, what=(), epochs=EPOCHS):
    """Run processes to their end; return their exit codes and what they said on stderr."""
    common = {
        **os.environ,
        "PYTHONPATH": PYTHONPATH,
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": xla_flags(devices),
        "KERAS_DISTRIBUTION_NUM_PROCESSES": str(count),
        "KERAS_DISTRIBUTION_JOB_ADDRESSES": f"localhost:{free_port()}",
    }
    processes, logs = [], []
    for index in range(count):
        logs.append((folder / f"log_{index}").open("w+"))
        command = [sys.executable, str(PROGRAM), str(folder), str(epochs), *what]
        environment = {**common, "KERAS_DISTRIBUTION_PROCESS_ID": str(index)}
        processes.append(
            subprocess.Popen(command, env=environment, stdout=logs[-1], stderr=logs[-1])
        )
    end = time.monotonic() + TIMEOUT_S
    try:
        if "stop" in what:  # a stopped process doesn't end by itself
            codes = [processes[0].wait(end - time.monotonic())]
        else:
            codes = [each.wait(max(1, end - time.monotonic())) for each in processes]
    finally:
        for each in processes:
            each.kill()
            each.wait()
    said = []
    for log in logs:
        log.seek(0)
        said.append(log.read())
        log.close()
    return codes, said


def found(folder, index, count):
    with np.load(folder / f"{index}_of_{count}.npz") as arrays:
        numbers = {name: arrays[name] for name in arrays.files}
    return numbers, json.loads((folder / f"{index}_of_{count}.json").read_text())


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """Return what one process, which knows nothing of a distribution, finds."""
    folder = tmp_path_factory.mktemp("one")
    codes, said = run(folder, what=["streams"])
    assert codes == [0], said
    return found(folder, 0, 1)


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Return the folder of two processes, one killed in epoch 2, and how they ended."""
    folder = tmp_path_factory.mktemp("killed")
    return folder, *run(folder, count=2, what=["kill"])


def go_on(killed, folder, count, what):
    """Go on, in as many processes, from what the two had reached when one was killed."""
    shutil.copytree(killed[0] / "checkpoint", folder / "checkpoint")
    codes, said = run(folder, count=count, what=[what])
    assert codes == [0] * count, said


def check_equal(numbers, logs, one, first=0):
    """Compare with what one process finds, of the training's history from an epoch on."""
    expected = {
        **one[1],
        "history": {name: each[first:] for name, each in one[1]["history"].items()},
    }
    assert {*logs["history"]} == {*expected["history"]}
    for name, values in one[0].items():
        np.testing.assert_allclose(numbers[name], values, rtol=0, atol=2e-6, err_msg=name)
    for name, values in expected.items():
        if name in ("devices", "noise", "refused"):
            continue
        flat, wanted = (
            np.hstack([*each.values()] if isinstance(each, dict) else each)
            for each in (logs[name], values)
        )
        np.testing.assert_allclose(flat, wanted, rtol=2e-6, err_msg=name)


def test_a_killed_process_ends_all(killed):
    folder, codes, said = killed
    assert codes == [watchdog.EXIT_CODE, -9], said
    assert "process 0 of 2 lost another process" in said[0]
    assert "state.json" in os.listdir(folder / "checkpoint")


def test_two_processes_go_on_together_and_find_what_one_finds(killed, one, tmp_path):
    """The first two epochs are in the weights that they go on from."""
    go_on(killed, tmp_path, 2, "streams")
    for index in range(2):
        numbers, logs = found(tmp_path, index, 2)
        assert logs["devices"] == 2
        assert len(logs["history"]["loss"]) == EPOCHS - 2
        check_equal(numbers, logs, one, first=2)
    # Without a seed of their own they have one in common, when `start` is done.
    assert found(tmp_path, 0, 2)[1]["noise"] == found(tmp_path, 1, 2)[1]["noise"]
    assert not list(tmp_path.glob("**/*.tmp*"))
    # What they saved is one whole model, which one process loads.
    assert [each.name for each in tmp_path.glob("model*")] == ["model_of_2.keras"]


def test_one_goes_on_from_what_two_have_reached(killed, one, tmp_path):
    go_on(killed, tmp_path, 1, "brief")
    numbers, _ = found(tmp_path, 0, 1)
    assert numbers.keys() == {name for name in one[0] if name.startswith("trained")}
    for name, weight in numbers.items():
        np.testing.assert_allclose(weight, one[0][name], rtol=0, atol=2e-6, err_msg=name)


def test_eight_devices_find_what_one_finds(one, tmp_path):
    codes, said = run(tmp_path, devices=8, what=["streams"])
    assert codes == [0], said
    numbers, logs = found(tmp_path, 0, 1)
    assert logs["devices"] == 8
    pretrain, detector, training, normalized, unknown = logs.pop("refused")
    alone = "is for one device of one process so far; `fit` is for several"
    for line, name in (
        (pretrain, "`pretrain`"),
        (detector, "AnomalyDetector"),
        (training, "A run with `pretrain_epochs`"),
    ):
        assert line.startswith(f"{name} {alone}")
    assert unknown.startswith("`steps_per_epoch` must say how many batches an epoch takes")
    assert normalized.endswith("Expected 32 examples a batch for 8 devices. Received: 2")
    check_equal(numbers, logs, one)


def test_a_model_parted_among_devices_trains_as_one(tmp_path):
    file = tmp_path / "record.json"
    subprocess.run(
        [sys.executable, LAYOUT_PROGRAM, file],
        env={
            **os.environ,
            "PYTHONPATH": PYTHONPATH,
            "KERAS_BACKEND": "jax",
            "JAX_PLATFORMS": "cpu",
            "XLA_FLAGS": xla_flags(8),
        },
        check=True,
        timeout=TIMEOUT_S,
    )
    record = json.loads(file.read_text())
    assert record["devices"] == 8
    # The layouts find the parts by their names, whatever number of models there were before.
    parted = {path.split("/")[0] for path, axes in record["axes"].items() if "model" in axes}
    assert parted == {"encoder", "bottleneck", "decoder"}
    assert record["weights"] <= 2e-6
    assert record["reconstruction"] <= 2e-6
    assert record["found"] == pytest.approx(record["expected"], rel=2e-6)


def test_an_error_in_one_process_ends_the_others(tmp_path):
    codes, said = run(tmp_path, count=2, what=["raise"])
    assert codes == [watchdog.EXIT_CODE, 1], said
    assert "ValueError: a fault of process 1" in said[1]
    assert "process 0 of 2 lost another process" in said[0]


def test_a_stuck_process_is_not_waited_for(tmp_path):
    codes, said = run(tmp_path, count=2, what=["stop"])
    assert codes[0] != 0
    waited = "keras_ae: process 0 of 2 waited 60 s for its next batch"
    # JAX' own heartbeat may be the first to tell.
    assert waited in said[0] or "heartbeat" in said[0], said[0]
