"""A session of every documented call in random order: no warning, no memory that is kept."""

import os
import pathlib
import subprocess
import sys

import pytest

from tests.environments import PYTHONPATH, ROOT

CALLS = 120
GROWTH = 15  # MB, from the 20th call to the last


@pytest.mark.slow
@pytest.mark.skipif(not pathlib.Path("/proc/self/statm").exists(), reason="read from /proc")
def test_an_export_session_neither_warns_nor_keeps_memory():
    done = subprocess.run(
        [sys.executable, "-m", "tests.export.session_program", "0", str(CALLS)],
        env={**os.environ, "PYTHONPATH": PYTHONPATH},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "WARNING:tensorflow" not in done.stderr
    before, after = map(float, done.stdout.split())
    assert after - before < GROWTH
