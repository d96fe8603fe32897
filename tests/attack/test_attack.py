"""A sample of the attacks of `benchmarks/attack.py`: one clear line, whatever is given."""

import importlib
import os
import sys

import pytest

from benchmarks.attacks import file_runner
from benchmarks.attacks.outcome import DEEP, ROOT, outcome
from keras_ae import datasets

pytestmark = pytest.mark.slow
SEED = 20


def told(results):
    return [f"{each.area}: {each.case}: {each.text}" for each in results if each.outcome == DEEP]


@pytest.fixture
def one_process(monkeypatch):
    """Attack from one process of its own at a time: each imports TensorFlow and makes its files.

    It is another one than this: the attacks leave models, folders and settings behind.
    """
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")  # which the script sets
    monkeypatch.setattr(sys, "path", [*sys.path])


def test_wrong_arguments_end_in_one_line(one_process, monkeypatch, capsys):
    parts = [f"--part={part}" for part in ("methods", "makers", "functions", "runs", "export")]
    options = ["--limit", "150", "--seed", str(SEED), *parts, "--show"]
    monkeypatch.setattr(sys, "argv", ["attack.py", *options])
    importlib.import_module("benchmarks.attack").main()
    said = capsys.readouterr().out
    lines = said.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("area"))
    areas = {line.split()[0]: line.split() for line in lines[start + 1 :] if line.endswith(" %")}
    assert {"methods", "export", "plotting", "training", "evaluation", "probability"} <= {*areas}
    deep = {area: int(row[4]) for area, row in areas.items()}
    assert deep["methods"] == deep["export"] == 0, said
    assert all(deep[area] <= 0.01 * int(row[1]) for area, row in areas.items()), said


def test_hostile_files_end_in_one_line(one_process):
    results = file_runner.run(SEED, 100, os.cpu_count())
    assert len(results) == 100
    assert not told(results)


def test_what_is_deep_is_found():
    """The judge itself: an error of another package's, or without the argument's name."""
    assert outcome(lambda: int("x"), ["x"])[0] == DEEP
    assert outcome(lambda: datasets.binarize(None), ["y"])[0] == DEEP
    assert outcome(lambda: datasets.binarize(None), ["x"])[0] == "refused"
    assert outcome(lambda: datasets.binarize([[0.5]]), ["x"])[0] == "accepted"
    assert str(ROOT) in str(datasets.__file__)
