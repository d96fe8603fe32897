"""What engines promise beside kills: Ctrl-C ends all, a running Ray stays, errors name files."""

import importlib.machinery
import os
import signal
import sys
import types

import pytest

from keras_ae.distributed import score_files
from tests.distributed.processes import PROC, Processes, wait_for
from tests.distributed.tables import numbers, write_bundle, write_rows
from tests.environments import PYTHONPATH


@pytest.mark.slow
@pytest.mark.skipif(not PROC.is_dir(), reason="processes are found in /proc")
def test_ctrl_c_ends_the_workers_and_the_same_command_goes_on(tmp_path):
    write_bundle(tmp_path / "bundle")
    for place in range(12):
        write_rows(tmp_path / "rows" / f"{place:02}.parquet", numbers(400_000))
    processes = Processes()
    command = [sys.executable, "-m", "keras_ae", "score", "bundle", "rows", "scored"]
    command += ["--workers", "2", "--json"]
    try:
        first = processes.start(command, tmp_path, PYTHONPATH=PYTHONPATH)
        wait_for(lambda: list((tmp_path / "scored").glob("[0-9]*")))
        os.killpg(first.pid, signal.SIGINT)  # as a terminal sends it
        assert first.wait(timeout=240) == 130
        wait_for(lambda: not processes.alive())
        assert (tmp_path / "stderr").read_text() == "keras-ae: Interrupted\n"
        assert len(list((tmp_path / "scored").glob("[0-9]*"))) < 12
        again = processes.start(command, tmp_path, PYTHONPATH=PYTHONPATH)
        assert again.wait(timeout=240) == 0
        assert len(list((tmp_path / "scored").iterdir())) == 12
    finally:
        assert processes.end() == 0


class FakeRay(types.ModuleType):
    """Ray, already running, as far as it is called: tasks run when they are asked for."""

    def __init__(self):
        super().__init__("ray")
        self.__spec__ = importlib.machinery.ModuleSpec("ray", None, origin="here")
        self.cancelled, self.given = [], {}

    def is_initialized(self):
        return True

    def remote(self, **options):
        self.given = options

        def decorated(function):
            return types.SimpleNamespace(remote=lambda name: (function, name))

        return decorated

    def wait(self, tasks, num_returns):
        return tasks[:num_returns], tasks[num_returns:]

    def get(self, task):
        function, name = task
        return function(name)

    def cancel(self, task):
        self.cancelled.append(task[1])


@pytest.fixture
def ray(monkeypatch):
    fake = FakeRay()
    monkeypatch.setitem(sys.modules, "ray", fake)
    return fake


@pytest.fixture
def rows(tmp_path):
    for name in "abc":
        write_rows(tmp_path / "rows" / f"{name}.parquet", numbers(5))
    return tmp_path / "rows"


def test_a_ray_that_is_running_is_used_as_it_is(ray, rows, tmp_path):
    bundle = write_bundle(tmp_path / "bundle")
    arguments = (bundle, rows, tmp_path / "scored", "ray")
    for given in ({"workers": 2}, {"options": {"address": "auto"}}):
        with pytest.raises(ValueError, match="must be None where ray is running already"):
            score_files(*arguments, **given)
    report = score_files(*arguments, verbose=False)
    assert (report.files, report.rows) == (3, 15)
    assert ray.given["num_cpus"] == 1
    assert ray.given["max_retries"] > 0
    assert ray.cancelled == []


def test_an_error_in_the_data_cancels_what_waits(ray, rows, tmp_path):
    bundle = write_bundle(tmp_path / "bundle")
    table = {**numbers(5), "b": [2**24 + 1] * 5}
    write_rows(rows / "b.parquet", table)
    with pytest.raises(ValueError, match="b.parquet: column `b` must hold numbers"):
        score_files(bundle, rows, tmp_path / "scored", "ray", verbose=False)
    assert ray.cancelled == ["c.parquet"]
    assert [path.name for path in (tmp_path / "scored").iterdir()] == ["a.parquet"]
