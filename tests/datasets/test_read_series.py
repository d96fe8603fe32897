"""Windows of a .csv file: times, parts that share no point, and what is refused."""

import numpy as np
import pytest

from keras_ae.datasets import DataError, read_series
from keras_ae.series import windows

VALUES = np.arange(40.0).reshape(20, 2)
DATES = [f"2025-01-01 00:{minute:02}:00" for minute in range(20)]


def written(path, times, values=VALUES):
    rows = [f"{time},{one},{other}" for time, (one, other) in zip(times, values, strict=True)]
    path.write_text("\n".join(["when,a,b", *rows]))
    return path


@pytest.mark.parametrize(
    "times",
    [DATES, [f"{each.replace(' ', 'T')}Z" for each in DATES], range(20), np.arange(20) / 10],
    ids=["dates", "iso", "whole", "tenths"],
)
def test_windows_in_time(tmp_path, times):
    path = written(tmp_path / "log.csv", times)
    data = read_series(path, 4, 2, time="when", test_fraction=0.25)
    np.testing.assert_array_equal(data.x_train, windows(VALUES[:15], 4, 2))
    np.testing.assert_array_equal(data.x_test, windows(VALUES[15:], 4, 2))
    assert data.x_train.dtype == np.float32
    assert data.feature_names == ("a", "b")
    assert data.y_train is None
    assert len(data.sha256) == 64


def test_without_times(tmp_path):
    path = written(tmp_path / "log.csv", range(20))
    data = read_series(path, 5)
    assert data.x_train.shape == (16, 5, 3)
    assert data.x_test.shape == (0, 5, 3)


REFUSED = {
    "gap": (DATES[:5] + DATES[6:], {}, ValueError, "one size, 60 s.*00:06:00 after .*at row 5"),
    "order": (DATES[::-1], {}, ValueError, "`.*log.csv: when` must have times that rise"),
    "words": (["noon"] * 20, {}, DataError, "times as numbers or in ISO 8601.*'noon'"),
    "column": (DATES, {"time": "at"}, DataError, "`time` to be one of the columns.*time='at'"),
    "no time": (DATES, {"time": None}, DataError, "a number in every cell"),
    "long": (DATES, {"length": 30}, DataError, "30 points or more to train on. Received: 20"),
    "test": (DATES, {"test_fraction": 0.1}, DataError, "4 points or more to test on. Received: 2"),
    "length": (DATES, {"length": 0}, ValueError, "`length` must be an integer >= 1"),
    "stride": (DATES, {"stride": 0.5}, TypeError, "`stride` must be an integer >= 1"),
    "share": (DATES, {"test_fraction": 1}, ValueError, "`test_fraction` must be a number"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(case, tmp_path):
    times, changes, kind, words = case
    path = written(tmp_path / "log.csv", times, VALUES[: len(times)])
    with pytest.raises(kind, match=words) as caught:
        read_series(path, **{"length": 4, "time": "when", **changes})
    assert "\n" not in str(caught.value)


def test_a_missing_value(tmp_path):
    path = written(tmp_path / "log.csv", DATES)
    path.write_text(path.read_text().replace("7.0", ""))
    with pytest.raises(ValueError, match=r"must be finite. Received: 1 NaN.*first at \(3, 1\)"):
        read_series(path, 4, time="when")
