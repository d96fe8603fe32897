"""Children end with their parent, and what a killed process left is swept by the next one."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from keras_ae.export import forked
from keras_ae.export.children import Task, run_tasks
from keras_ae.export.errors import ExportError
from keras_ae.export.scratch import scratch_folder

SLEEPER = "tests.export.sleeps"
# A parent that runs one task, which tells its process number and then sleeps.
PARENT = """
import sys
from keras_ae.export.children import Task, run_tasks
task = Task("The sleep", {sleeper!r}, {{}}, is_prepared={forked})
run_tasks([task], lambda line: print(line, flush=True))
"""
FORKED = pytest.param(
    True, marks=pytest.mark.skipif(not forked.AVAILABLE, reason="no forks here"), id="forked"
)
both = pytest.mark.parametrize("is_forked", [pytest.param(False, id="new"), FORKED])
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


@both
@pytest.mark.skipif(not pathlib.Path("/proc/self").exists(), reason="looks at /proc")
def test_a_child_ends_with_its_killed_parent_and_its_folder_with_the_next(temporary, is_forked):
    environment = {**os.environ, "TMPDIR": str(temporary)}
    command = [sys.executable, "-c", PARENT.format(sleeper=SLEEPER, forked=is_forked)]
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


@both
def test_an_error_is_one_line_and_its_traceback_is_in_the_log_that_it_names(temporary, is_forked):
    task = Task("The sleep", SLEEPER, {"fail": True}, is_prepared=is_forked)
    with pytest.raises(ExportError) as caught:
        run_tasks([task], print)
    message = str(caught.value)
    assert message.startswith("The sleep failed: RuntimeError: first line. All that it printed: ")
    log = pathlib.Path(message.rpartition(" ")[2])
    text = log.read_text()
    assert "Traceback" in text
    assert "second line" in text
    assert [path for path in temporary.rglob("*") if path.is_file()] == [log]


@both
def test_a_child_that_dies_is_an_error(is_forked):
    task = Task("The end", "tests.export.dies", {}, is_prepared=is_forked)
    code = f"-{signal.SIGABRT:d}"
    with pytest.raises(ExportError, match=f"The end failed: the process ended with code {code}"):
        run_tasks([task], print)


def found(module="tests.export.prepared", environment=(), is_prepared=True):
    return run_tasks([Task("The look", module, {}, environment, is_prepared)], print)[0]


@pytest.mark.skipif(not forked.AVAILABLE, reason="no forks here")
def test_forked_children_share_what_was_prepared_once_and_nothing_else(monkeypatch, tmp_path):
    first, second = found(), found()
    assert first["prepared_in"] == second["prepared_in"] == first["parent"] == second["parent"]
    assert first["number"] != second["number"]
    assert first["calls"] == second["calls"] == 1  # not 2: the first one's memory is its own
    assert first["folder"] != second["folder"]
    monkeypatch.chdir(tmp_path)
    third = found(environment=(("SAID", "yes"),))
    assert third["parent"] == first["parent"]
    assert (third["said"], third["cwd"]) == ("yes", str(tmp_path))
    assert found()["said"] is None


@pytest.mark.skipif(not forked.AVAILABLE, reason="no forks here")
def test_what_is_read_at_the_start_starts_another_process(monkeypatch):
    first = found()
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    second = found()
    assert second["parent"] != first["parent"]
    assert second["prepared_in"] == second["parent"]
    assert waits_for(lambda: not is_running(first["parent"]))


@pytest.mark.skipif(not forked.AVAILABLE, reason="no forks here")
def test_a_killed_server_is_replaced():
    first = found()
    os.kill(first["parent"], signal.SIGKILL)
    assert found()["parent"] != first["parent"]


def test_a_child_prepares_itself_where_there_are_no_forks(monkeypatch):
    monkeypatch.setattr(forked, "AVAILABLE", False)
    alone = found()
    assert alone["prepared_in"] == alone["number"]
    assert alone["parent"] == os.getpid()
