"""The benchmark's own measure, and what its result says."""

import json

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from benchmarks import series_sub_pca

LABELS = np.zeros(300, int)
LABELS[[50, 120, 121, 122, 250]] = 1


def test_labels_slope():
    soft = series_sub_pca._sloped(LABELS, 4)
    assert soft[120:123].tolist() == [1, 1, 1]
    np.testing.assert_allclose(soft[123:128], [0.75**0.5, 0.5**0.5, 0.5, 0, 0])
    np.testing.assert_array_equal(series_sub_pca._sloped(LABELS, 0), LABELS)


def test_without_a_buffer_it_is_average_precision(monkeypatch):
    """Of anomalies that all are touched at once, at a threshold for each score."""
    monkeypatch.setattr(series_sub_pca, "BUFFERS", 1)
    monkeypatch.setattr(series_sub_pca, "THRESHOLDS", 300)
    labels = np.zeros(300, int)
    labels[140:160] = 1
    scores = np.random.default_rng(0).permutation(300) + 150.0 * labels
    expected = average_precision_score(labels, scores)
    assert series_sub_pca.vus_pr(labels, scores) == pytest.approx(expected, abs=1e-9)


def test_a_perfect_score_beats_a_random_one():
    random = np.random.default_rng(0).uniform(size=300)
    perfect = series_sub_pca._sloped(LABELS, 32) + 1e-6 * random
    assert series_sub_pca.vus_pr(LABELS, perfect) > 0.8
    assert series_sub_pca.vus_pr(LABELS, random) < 0.3


def test_the_committed_result():
    result = json.loads(series_sub_pca.RESULT.read_text("utf-8"))
    assert len(result["series"]) == 4
    assert result["largest_difference"] <= series_sub_pca.LIMIT
    for row in result["series"].values():
        for score in ("auroc", "vus_pr"):
            assert abs(row["linear"][score] - row["sub_pca"][score]) <= series_sub_pca.LIMIT


@pytest.mark.slow
def test_it_runs(monkeypatch):
    series = series_sub_pca.all_series(0)
    monkeypatch.setattr(
        series_sub_pca, "all_series", lambda seed: {"EEG, noise": series["EEG, noise"]}
    )
    result = series_sub_pca.main(["--quick", "--steps", "1000", "--detector-steps", "50"])
    assert result["largest_difference"] < 0.01
