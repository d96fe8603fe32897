"""Two replicas train as one device does. TensorFlow only: the other backend has no strategies."""

import json
import sys
from pathlib import Path

import pytest

from tests.subprocesses import run


@pytest.mark.slow
def test_two_replicas_equal_one_device():
    program = Path(__file__).with_name("strategy_program.py")
    output = run([sys.executable, program], KERAS_BACKEND="tensorflow")
    results = json.loads(output.splitlines()[-1])
    assert results["replicas"] == 2
    assert results["weights"] < 1e-5
    assert results["loss"] < 1e-4
    assert results["judged"] < 1e-5  # with a discriminator, which learned
    assert results["judge_moved"] > 1e-3
    assert results["evaluation"] < 3 * results["standard_error"]
    assert results["trains"][-1] < results["trains"][0]
    assert "`steps_per_execution` 1 under a strategy" in results["refused"]
