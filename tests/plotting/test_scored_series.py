"""The picture of a series and its scores."""

import numpy as np
import pytest

from keras_ae.plotting import scored_series

SERIES = np.stack([np.sin(np.arange(50)), np.arange(50.0)], axis=1)
SCORES = np.where(np.isin(np.arange(50), (7, 30, 31)), 9.0, 1.0)
LABELS = np.isin(np.arange(50), (30, 31, 49))


def test_what_is_marked():
    figure = scored_series(SERIES, SCORES, 4.0, LABELS, names=["level", "flow"])
    assert [axes.get_ylabel() for axes in figure.axes] == ["level", "flow", "score, nats"]
    for axes, values in zip(figure.axes, [*SERIES.T, SCORES], strict=True):
        line, flagged = axes.get_lines()[:2]
        np.testing.assert_allclose(line.get_ydata(), values, rtol=1e-6)
        assert flagged.get_xdata().tolist() == [7, 30, 31]
        spans = [(patch.get_x(), patch.get_width()) for patch in axes.patches]
        assert spans == [(29.5, 2.0), (48.5, 1.0)]
    assert figure.axes[-1].get_lines()[2].get_ydata() == [4.0, 4.0]
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == ["flagged (3 of 50)", "labelled", "threshold 4 nats"]


def test_a_part_of_a_series_has_its_own_numbers():
    figure = scored_series(SERIES, SCORES, 4.0, LABELS, start=100)
    axes = figure.axes[-1]
    line, flagged = axes.get_lines()[:2]
    assert line.get_xdata()[[0, -1]].tolist() == [100, 149]
    assert flagged.get_xdata().tolist() == [107, 130, 131]
    assert [patch.get_x() for patch in axes.patches] == [129.5, 148.5]
    assert axes.get_xlim() == (99.5, 149.5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"series": np.zeros((2, 3, 4))}, "`series` must be an array (time, channels)"),
        ({"scores": SCORES[:9]}, "one value for each of the 50 points"),
        ({"scores": SERIES}, "`scores` must be an array (time,)"),
        ({"threshold": np.nan}, "`threshold` must be a number"),
        ({"start": 0.5}, "`start` must be an integer"),
        ({"labels": SCORES}, "`labels` must hold truth values"),
        ({"names": ["a"]}, "`names` must be a sequence of 2 strings, one a channel. Received: 1"),
        ({"names": "ab"}, "`names` must be a sequence of 2 strings"),
    ],
)
def test_errors(changes, words):
    with pytest.raises((TypeError, ValueError)) as raised:
        scored_series(**{"series": SERIES, "scores": SCORES, "threshold": 4.0, **changes})
    assert words in str(raised.value)
