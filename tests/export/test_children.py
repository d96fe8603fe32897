"""Children end with their parent, and what a killed process left is swept by the next one."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from keras_ae.export.children import Task, run_tasks
from keras_ae.export.errors import ExportError
from keras_ae.export.scratch import scratch_folder

SLEEPER = "tests.export.sleeps"
# A parent that runs one task, which tells its process number and then sleeps.
PARENT = f"""
import sys
from keras_ae.export.children import Task, run_tasks
run_tasks([Task("The sleep", {SLEEPER!r}, {{}})], lambda line: print(line, flush=True))
"""
PATIENCE = 20.0  # seconds, on a busy machine


def waits_for(condition):
    until = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < until:
        time.sleep(0.05)
    return condition()


def is_running(number):
    try:
        state = pathlib.Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A place for temporary folders, which this process uses too."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    return place


@pytest.mark.skipif(not pathlib.Path("/proc/self").exists(), reason="looks at /proc")
def test_a_child_ends_with_its_killed_parent_and_its_folder_with_the_next(temporary):
    environment = {**os.environ, "TMPDIR": str(temporary)}
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        child = int(parent.stdout.readline())
        assert is_running(child)
        parent.send_signal(signal.SIGKILL)
    assert waits_for(lambda: not is_running(child))
    left = [path for path in temporary.rglob("job.json") if path.is_file()]
    assert len(left) == 1
    with scratch_folder() as folder:
        assert not left[0].exists()
        assert folder.is_dir()
    assert [path for path in temporary.rglob("*") if path.is_file()] == []


def test_folders_of_living_processes_stay(temporary):
    with scratch_folder() as one, scratch_folder() as other:
        assert one != other
        assert one.is_dir()
        assert other.is_dir()
    assert not one.exists()
    assert not other.exists()


def test_an_error_is_one_line_and_its_traceback_is_in_the_log_that_it_names(temporary):
    with pytest.raises(ExportError) as caught:
        run_tasks([Task("The sleep", SLEEPER, {"fail": True})], print)
    message = str(caught.value)
    assert message.startswith("The sleep failed: RuntimeError: first line. All that it printed: ")
    log = pathlib.Path(message.rpartition(" ")[2])
    text = log.read_text()
    assert "Traceback" in text
    assert "second line" in text
    assert [path for path in temporary.rglob("*") if path.is_file()] == [log]
