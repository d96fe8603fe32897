"""Histograms of scores and ROC curves: what they show and say."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from keras_ae.plotting import roc, score_histogram
from tests.plotting.figures import outlines, texts

LABELS = np.arange(400) % 4 == 0
SCORES = np.random.default_rng(0).normal(size=400) + 1.5 * LABELS


def test_a_histogram_is_in_shares_of_each_group():
    figure = score_histogram(SCORES, LABELS, threshold=1.0)
    axes = figure.axes[0]
    for line, group in zip(outlines(axes), (SCORES[~LABELS], SCORES[LABELS]), strict=True):
        heights, edges, _ = line.get_data()
        assert heights.sum() == pytest.approx(100)
        np.testing.assert_allclose(heights, np.histogram(group, edges)[0] * 100 / len(group))
    below = f"{np.mean(SCORES[~LABELS] > 1):.1%} of normal, {np.mean(SCORES[LABELS] > 1):.1%} of"
    assert below in axes.get_title(loc="left")
    assert axes.get_xlabel() == "score, nats"
    names = ["normal (300)", "anomalies (100)", "threshold 1 nats"]
    assert texts(figure.legends[0].get_texts()) == names
    assert axes.lines[0].get_xdata() == [1.0, 1.0]


def test_a_histogram_without_labels_and_of_one_value():
    figure = score_histogram(np.full(5, 3.0), unit="dB")
    assert texts(figure.legends[0].get_texts()) == ["examples (5)"]
    assert figure.axes[0].get_xlabel() == "score, dB"


def test_a_few_extreme_scores_are_put_into_the_last_bin():
    scores = np.append(SCORES, 1e6)
    axes = score_histogram(scores).axes[0]
    heights, edges, _ = outlines(axes)[0].get_data()
    assert edges[-1] < 30
    assert heights.sum() == pytest.approx(100)
    assert heights[-1] == pytest.approx(100 / 401)
    assert axes.get_xlabel().startswith("score, nats (the last bin holds 1 beyond ")


def test_the_area_is_the_probability_that_an_anomaly_scores_higher():
    figure = roc(SCORES, LABELS, threshold=1.0)
    axes = figure.axes[0]
    pairs = LABELS.sum() * (~LABELS).sum()
    expected = mannwhitneyu(SCORES[LABELS], SCORES[~LABELS]).statistic / pairs
    names = texts(axes.get_legend().get_texts())
    assert names[0] == f"AUROC {expected:.3f}"
    curve, point, chance = axes.get_lines()
    assert np.trapezoid(curve.get_ydata(), curve.get_xdata()) == pytest.approx(expected)
    false, found = np.mean(SCORES[~LABELS] > 1), np.mean(SCORES[LABELS] > 1)
    assert (point.get_xdata()[0], point.get_ydata()[0]) == (false, found)
    on_curve = np.column_stack([curve.get_xdata(), curve.get_ydata()])
    assert np.abs(on_curve - [false, found]).sum(axis=1).min() < 1e-9
    assert chance.get_label() == "chance 0.500"


def test_several_curves_differ_in_colour_and_line():
    figure = roc({"a": SCORES, "b": -SCORES}, LABELS)
    first, second, _ = figure.axes[0].get_lines()
    assert first.get_color() != second.get_color()
    assert first._dash_pattern != second._dash_pattern
    names = texts(figure.axes[0].get_legend().get_texts())
    assert [name.split()[0] for name in names[:2]] == ["a:", "b:"]
    areas = [float(name.split()[-1]) for name in names[:2]]
    assert sum(areas) == pytest.approx(1, abs=2e-3)
