"""Windows, streams of them, times, and thresholds of tails."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from keras_ae import create_model
from keras_ae.series import peaks_over_threshold, resample, stream_windows, windows
from tests.series.conftest import waves


@pytest.mark.parametrize(("length", "stride"), [(1, 1), (3, 1), (4, 3), (10, 2)])
def test_windows_are_slices(length, stride):
    x = np.arange(20).reshape(10, 2)
    made = windows(x, length, stride)
    expected = [x[start : start + length] for start in range(0, 10 - length + 1, stride)]
    np.testing.assert_array_equal(made, expected)
    assert np.shares_memory(made, x)
    assert made.dtype == x.dtype


def test_other_series():
    x = np.arange(12.0)
    np.testing.assert_array_equal(windows(x, 3)[..., 0][:2], [[0, 1, 2], [1, 2, 3]])
    np.testing.assert_array_equal(windows(pd.Series(x), 3), windows(x, 3))
    two = windows([x[:5], x[5:]], 4)
    assert two[..., 0].tolist() == [
        [0, 1, 2, 3],
        [1, 2, 3, 4],
        *[[k, k + 1, k + 2, k + 3] for k in range(5, 9)],
    ]
    rows = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    np.testing.assert_array_equal(windows(rows, 2), windows(np.array(rows), 2))
    mixed = pd.DataFrame({"a": [1, 2, 3], "b": [True, False, True]})
    assert windows(mixed, 2).shape == (2, 2, 2)


def test_a_stream_has_every_window_once():
    series = [waves(50), waves(33, seed=2)]
    stream = stream_windows(series, 8, 2, batch_size=5, seed=3)
    expected = windows(series, 8, 2).astype("float32")
    found = np.concatenate([stream[number][0] for number in range(stream.num_batches)])
    assert found.dtype == np.float32
    order = np.lexsort(found[:, 0].T), np.lexsort(expected[:, 0].T)
    np.testing.assert_array_equal(found[order[0]], expected[order[1]])
    first = stream[0][0]
    stream.on_epoch_end()
    assert not np.array_equal(stream[0][0], first)
    plain = stream_windows(series, 8, 2, batch_size=100, shuffle=False)
    np.testing.assert_array_equal(plain[0][0], expected)


@pytest.mark.slow
def test_a_model_trains_on_a_stream():
    stream = stream_windows(waves(300) * [1.0, 0.05], 8, batch_size=64)
    model = create_model("autoencoder", (8, 2), 2, units=(8,), seed=0)
    model.compile("adam")
    history = model.fit(stream, epochs=3, verbose=0).history["nll"]
    assert history[-1] < history[0]


INDEX = pd.date_range("2025-01-01", periods=6, freq="min")


def frame(index):
    return pd.DataFrame({"a": np.arange(len(index), dtype=float)}, index=index)


TIMES = {
    "unsorted": (
        INDEX[[0, 1, 3, 2, 4, 5]],
        r"rise: data.sort_index.*00:02:00 after .*00:03:00, at row 3",
    ),
    "twice": (
        INDEX[[0, 1, 1, 2, 3, 4]],
        "differ: keras_ae.series.resample.*00:01:00 after .*00:01:00, at row 2",
    ),
    "gap": (
        INDEX[[0, 1, 2, 4, 5]],
        "one size, 60 s: .*2025-01-01T00:04:00 after .*00:02:00, at row 3",
    ),
    "numbers": ([0, 1, 2, 4], "one size, 1: .*4 after 2, at row 3"),
    "floats": ([0.0, 0.1, 0.2, 0.35], "one size, 0.1: .*0.35 after 0.2, at row 3"),
    "text": (["a", "b", "c"], "the time for its index"),
    "no time": (pd.DatetimeIndex(["2025-01-01", None, "2025-01-03"]), "a time at each row.*row 1"),
}


@pytest.mark.parametrize("case", TIMES.values(), ids=TIMES)
def test_times_must_be_regular(case):
    index, words = case
    with pytest.raises(ValueError, match=words) as caught:
        windows(frame(index), 2)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "index",
    [INDEX, INDEX.tz_localize("Europe/Oslo"), 1.7e9 + np.arange(9) / 10, range(5, 50, 5)],
    ids=["dates", "zone", "seconds", "numbers"],
)
def test_regular_times(index):
    assert windows(frame(index), 2).shape == (len(index) - 1, 2, 1)


def test_resample_is_pandas_mean_and_line():
    index = INDEX[[0, 1, 3, 4, 5]].append(INDEX[[1]] + pd.Timedelta("20s"))
    data = frame(index)
    regular = resample(data, "1min")
    assert regular["a"].tolist() == [0.0, 3.0, 2.5, 2.0, 3.0, 4.0]  # (1 + 5) / 2, then a line
    assert windows(regular, 3).shape == (4, 3, 1)


RESAMPLES = {
    "gap": (frame(INDEX[[0, 1, 5]]), "1min", {}, "max_gap=1.*3 steps.*column 0 from .*00:02:00"),
    "none": (frame(INDEX[[0, 1, 3]]), "1min", {"max_gap": 0}, "max_gap=0.*1 steps"),
    "ends": (frame(INDEX).assign(a=[np.nan, 1, 2, 3, 4, 5]), "1min", {}, "both ends.*00:00:00"),
    "step": (frame(INDEX), "1 fortnight", {}, "`step` must be"),
    "array": (np.zeros(3), "1min", {}, "`data` must be a data frame.*a ndarray"),
    "index": (frame([1, 2]), "1min", {}, "`data` must be a data frame.*an index of int64"),
    "max_gap": (frame(INDEX), "1min", {"max_gap": -1}, "`max_gap` must be an integer >= 0"),
}


@pytest.mark.parametrize("case", RESAMPLES.values(), ids=RESAMPLES)
def test_what_resample_refuses(case):
    data, step, options, words = case
    with pytest.raises((TypeError, ValueError), match=words) as caught:
        resample(data, step, **options)
    assert "\n" not in str(caught.value)


WRONG = {
    "long": ((waves(5), 6), {}, "`length` must be at most.*5 points"),
    "length": ((waves(5), 0), {}, "`length` must be an integer >= 1"),
    "stride": ((waves(5), 2, 0), {}, "`stride` must be an integer >= 1"),
    "empty": ((np.zeros((0, 2)), 1), {}, "no axis of size 0"),
    "words": ((np.array([["a"]]), 1), {}, "`data` must be an array of numbers"),
}
STREAMS = {
    "batch_size": ((waves(5), 2), {"batch_size": 0}, "`batch_size` must be"),
    "shuffle": ((waves(5), 2), {"shuffle": 1}, "`shuffle` must be"),
    "seed": ((waves(5), 2), {"seed": -1}, "`seed` must be"),
}


@pytest.mark.parametrize("case", [*WRONG.values(), *STREAMS.values()], ids=[*WRONG, *STREAMS])
def test_bad_arguments(case):
    arguments, options, words = case
    makers = (stream_windows,) if options else (windows, stream_windows)
    for make in makers:
        with pytest.raises((TypeError, ValueError), match=words):
            make(*arguments, **options)


@pytest.mark.parametrize("shape", [-0.2, 0.0, 0.3])
def test_a_tail_s_quantile(shape):
    """A generalized Pareto distribution's own tail is known: scipy has its quantiles."""
    law = stats.genpareto(shape)
    scores = law.rvs(40_000, random_state=0)
    found = peaks_over_threshold(scores, 1e-4)
    assert found == pytest.approx(law.isf(1e-4), rel=0.15)
    level = np.quantile(scores, 0.98)
    fit = stats.genpareto.fit(scores[scores > level] - level, floc=0)
    peaks = (scores > level).sum()
    expected = level + stats.genpareto.isf(1e-4 * len(scores) / peaks, *fit)
    assert found == pytest.approx(expected, rel=1e-2)


@pytest.mark.parametrize(
    ("scores", "options", "words"),
    [
        (np.arange(100.0), {"risk": 1e-3}, "at least 10 values"),
        (np.arange(1e4), {"risk": 0.1}, "`risk` must be a number > 0 and < 0.02"),
        (np.arange(1e4), {"risk": 1e-3, "level": 0.2}, "`level` must be a number >= 0.5"),
        ([np.nan], {"risk": 1e-3}, "`scores` must be finite"),
    ],
)
def test_what_a_tail_refuses(scores, options, words):
    with pytest.raises(ValueError, match=words):
        peaks_over_threshold(scores, **options)
