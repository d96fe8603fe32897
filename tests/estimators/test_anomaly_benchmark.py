"""Row 4 of the reproduction tables: the script's quick version, and its committed result."""

import inspect
import json
import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

from benchmarks.reproduce import anomaly_adbench as benchmark

ROOT = Path(__file__).parents[2]
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
