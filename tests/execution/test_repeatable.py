"""One script and one seed give the same weights, however busy the machine is."""

import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.subprocesses import run

PROGRAM = Path(__file__).with_name("train_program.py")


def trained(path, *options):
    """Run the program; return the plans that it says, and the weights."""
    output = run([sys.executable, PROGRAM, path, *options])
    with np.load(path) as weights:
        return output.splitlines(), [weights[name] for name in weights.files]


@pytest.mark.slow
def test_weights_do_not_depend_on_the_load(tmp_path):
    plans, expected = trained(tmp_path / "alone.npz")
    again, weights = trained(tmp_path / "busy.npz", "busy")
    xla = keras.backend.backend() == "jax"
    assert plans == again
    assert [plan.partition(", ")[2] for plan in plans] == [
        "with XLA",
        f"with{'' if xla else 'out'} XLA",
        f"with{'' if xla else 'out'} XLA",
    ]
    assert plans[2].startswith("1 step")
    for one, other in zip(weights, expected, strict=True):
        np.testing.assert_array_equal(one, other)
