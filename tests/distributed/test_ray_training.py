"""On Ray, workers train to what one process trains to, though one is killed and a node is gone."""

import ast
import json
import re
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from keras_ae.distributed import train_on_ray
from tests.distributed.processes import Processes
from tests.environments import PYTHONPATH, ROOT

PROGRAM = Path(__file__).with_name("ray_program.py")
LIMIT_S = 600  # of a busy machine


def make_model():
    raise AssertionError("not called where an argument is wrong")


@pytest.mark.slow
def test_workers_go_on_without_one_and_without_a_node(tmp_path):
    processes = Processes()
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as short:
        program = processes.start(
            [sys.executable, PROGRAM, tmp_path],
            tmp_path,
            KERAS_BACKEND="jax",
            JAX_PLATFORMS="cpu",
            PYTHONPATH=PYTHONPATH,
            RAY_TMPDIR=short,  # whose sockets' paths may have 107 characters
        )
        try:
            code = program.wait(LIMIT_S)
        finally:
            processes.end(30)
    assert code == 0, (tmp_path / "stderr").read_text()[-5000:]
    record = json.loads((tmp_path / "record.json").read_text())
    assert {"killed", "removed"} <= {each.name for each in tmp_path.iterdir()}
    assert record["workers"] == 1  # of the last epoch: there was no other node
    assert record["weights"] <= 2e-6
    assert record["trained"].keys() == record["expected"].keys()
    for name, values in record["expected"].items():
        np.testing.assert_allclose(record["trained"][name], values, rtol=2e-6, err_msg=name)


@pytest.mark.slow
def test_the_page_s_search_runs(tmp_path):
    page = (ROOT / "docs" / "scale.md").read_text("utf-8")
    (block,) = re.findall(r'^```python title="search.py"\n(.*?)^```', page, re.M | re.S)
    (tmp_path / "search.py").write_text(block)
    processes = Processes()
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as short:
        given = {"PYTHONPATH": PYTHONPATH, "RAY_TMPDIR": short, "HOME": str(tmp_path)}
        program = processes.start([sys.executable, "search.py"], tmp_path, **given)
        try:
            code = program.wait(LIMIT_S)
        finally:
            processes.end(30)
    assert code == 0, (tmp_path / "stderr").read_text()[-5000:]
    last = (tmp_path / "stdout").read_text().splitlines()[-1]
    config, elbo = re.fullmatch(r"(\{.*\}) (-\d+\.\d+)", last).groups()
    assert set(ast.literal_eval(config)) == {"latent_dim", "learning_rate"}
    assert float(elbo) > -64 * np.log(2)  # what a model says that has learned nothing


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"make_model": 1}, TypeError, "`make_model` must be a function"),
        ({"workers": 0}, ValueError, "`workers` must be an integer >= 1. Received: workers=0"),
        ({"workers": (1, 2, 3)}, ValueError, "`workers` must be an integer or the fewest and the"),
        ({"workers": (3, 2)}, ValueError, "the fewest, then the most. Received: .3, 2."),
        ({"epochs": 0}, ValueError, "`epochs` must be an integer >= 1"),
        ({"storage": 1}, TypeError, "`storage` must be a string or a path"),
        ({"failures": -1}, ValueError, "`failures` must be an integer >= 0"),
        ({"data": "no_such_file.npy"}, ValueError, "no_such_file.npy"),
        ({"data": np.zeros((0, 3))}, ValueError, "`data` must have no axis of size 0"),
    ],
)
def test_arguments_are_checked_before_ray_starts(change, error, message, tmp_path):
    given = {"data": np.zeros((4, 3)), "workers": 2, "storage": tmp_path, "epochs": 1} | change
    with pytest.raises(error, match=message):
        train_on_ray(given.pop("make_model", make_model), **given)
