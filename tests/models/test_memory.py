"""Memory stays where it is: over epochs of a stream, and with the number of importance samples."""

import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from tests import subprocesses

PROGRAM = Path(__file__).with_name("memory_program.py")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="read from /proc"),
]


def run(*arguments):
    """Return the numbers that the program printed, line by line."""
    command = [sys.executable, PROGRAM, *map(str, arguments)]
    output = subprocesses.run(command, KERAS_BACKEND=keras.backend.backend())
    return [[float(number) for number in line.split()] for line in output.splitlines()]


def test_a_stream_s_memory_is_flat_over_epochs(tmp_path):
    path = tmp_path / "images.npy"
    # Zeros that are never written take no room on the disk.
    rows = np.lib.format.open_memmap(path, "w+", "float32", (200_000, 784))
    size = rows.nbytes / 2**20  # 598 MB
    before, *epochs = run("stream", path, 2)
    own, mapped = zip(*epochs, strict=True)
    assert own[1] - own[0] < 15  # nothing is kept from epoch to epoch
    # Pages are given back after each 128 MB; those beside them are mapped with them.
    assert max(mapped) - before[1] < size / 2


def test_memory_doesn_t_depend_on_the_number_of_importance_samples():
    # All decoded samples at once were 64 * 10,000 * 784 * 4 bytes = 2 GB.
    (growth,) = run("likelihood", 10_000)[-1]
    assert growth < 40
