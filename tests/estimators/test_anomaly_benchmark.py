"""Row 4 of the reproduction tables: the script's quick version, and its committed result."""

import inspect
import json
import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

from benchmarks.reproduce import anomaly_adbench as benchmark
from benchmarks.reproduce import anomaly_default as default
from tests.environments import ROOT

RESULT = ROOT / "benchmarks" / "results" / "reproduce" / "anomaly_adbench.json"
TABLES = Path(os.environ.get("KERAS_AE_ADBENCH", ROOT.parent / "shared" / "data" / "adbench"))


def test_the_committed_result_is_whole_and_adds_up():
    result = json.loads(RESULT.read_text("utf-8"))
    tables = result["tables"]
    assert set(tables) == {*benchmark.DEVELOPMENT, *benchmark.HELD_OUT}
    assert result["seeds"] == list(benchmark.SEEDS)
    for table in tables.values():
        assert set(table["auroc"]) == set(benchmark.METHODS)
        assert all(len(each) == len(benchmark.SEEDS) for each in table["auroc"].values())
    assert result["mean"] == benchmark.summary(tables)
    assert result["evidence"] == benchmark.evidence(result["mean"])


def test_the_tables_take_turns_in_the_alphabet():
    names = sorted((*benchmark.DEVELOPMENT, *benchmark.HELD_OUT), key=str.lower)
    assert tuple(names[::2]) == benchmark.DEVELOPMENT
    assert {*names[1::2]} == {*benchmark.HELD_OUT}


def test_only_the_recipe_and_the_seed_are_given():
    """What is measured is the detector's default."""
    assert "AnomalyDetector(recipe, random_state=seed)" in inspect.getsource(benchmark.detector)


@pytest.mark.slow
def test_the_quick_version_on_a_bundled_table(tmp_path):
    """Benign cells with ten malignant ones, of the table that comes with scikit-learn."""
    x, benign = load_breast_cancer(return_X_y=True)
    rows = np.r_[np.flatnonzero(benign == 1), np.flatnonzero(benign == 0)[:10]]
    np.savez(tmp_path / "cells.npz", X=x[rows], y=1 - benign[rows])
    found = benchmark.run_table(tmp_path, "cells", seeds=(0,))["auroc"]
    assert set(found) == set(benchmark.METHODS)
    assert found["vae"][0] > 0.9
    assert found["autoencoder"][0] > 0.9
    assert found["iforest"][0] > 0.9


@pytest.mark.slow
@pytest.mark.skipif(not TABLES.is_dir(), reason="ADBench's tables are not here: KERAS_AE_ADBENCH")
def test_the_quick_version_on_a_development_table():
    """vowels, two seeds: the committed run has 0.93 for the VAE and 0.76 for IsolationForest."""
    found = benchmark.run_table(TABLES, "vowels", seeds=(0, 1), methods=("vae", "iforest"))
    means = {method: np.mean(each) for method, each in found["auroc"].items()}
    assert means["vae"] > 0.89
    assert 0.70 < means["iforest"] < 0.82


def test_the_default_s_result_is_whole_and_adds_up():
    result = json.loads(RESULT.with_name("anomaly_default.json").read_text("utf-8"))
    for part, methods in (("choice", 9), ("ours", 3), ("pyod", 4)):
        assert set(result["tables"][part]) == set(default.TABLES)
        assert {len(each) for each in result["tables"][part].values()} == {methods}
    summary = default.summary(result["tables"])
    assert {name: result[name] for name in summary} == summary
    assert result["evidence"] == default.evidence(summary)


def test_a_table_has_no_say_in_what_is_chosen_for_it():
    """Candidate a is the best on two of the three tables, and in the mean of all."""
    tables = {"x": {"a": [0.9], "b": [0.1]}, "y": {"a": [0.6], "b": [0.5]}}
    tables["z"] = {"a": [0.5], "b": [0.8]}
    left = default.leave_one_out(tables)["tables"]
    assert {name: each["chosen"] for name, each in left.items()} == {"x": "b", "y": "a", "z": "a"}
    assert left["x"]["auroc"] == 0.1


def test_a_duel_counts_tables_and_its_interval_holds_the_mean():
    ours, theirs = {"x": 0.9, "y": 0.8, "z": 0.5001}, {"x": 0.7, "y": 0.85, "z": 0.5}
    found = default.duel(ours, theirs)
    assert (found["wins"], found["losses"], found["ties"]) == (1, 1, 1)
    assert found["interval"][0] < found["difference"] < found["interval"][1]


@pytest.mark.slow
@pytest.mark.parametrize("part", ["choice", "ours"])
def test_the_quick_version_of_the_default_on_a_bundled_table(tmp_path, part):
    x, benign = load_breast_cancer(return_X_y=True)
    rows = np.r_[np.flatnonzero(benign == 1)[:150], np.flatnonzero(benign == 0)[:10]]
    np.savez(tmp_path / "cells.npz", X=x[rows], y=1 - benign[rows])
    found = default.run_table(tmp_path, "cells", part, seeds=(0,))
    assert min(each[0] for each in found.values()) > 0.8
