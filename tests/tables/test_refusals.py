"""Columns that can't be used: each is refused by its name, in one line."""

import datetime

import numpy as np
import pandas as pd
import pytest

from keras_ae.tables import TableSchema

BAD = {
    "all missing": ({"a": [None, None], "b": [1, 2]}, "'a' must have a cell that isn't missing"),
    "many categories": (
        {"a": [f"c{i // 2}" for i in range(3000)]},
        "'a' must have at most 1,000 categories: pool .* 1,500 in 3,000 rows",
    ),
    "mixed types": (
        {"a": [1, "x", 3]},
        "'a' must hold values of one type.*1 in row 0.*'x' in row",
    ),
    "mixed text": (
        {"a": ["1", "2", "many"]},
        "'a' must hold numbers as 1,000.5 or text, not both.*'many'",
    ),
    "lists": ({"a": [[1], [2]]}, "'a' must hold numbers, text, truths or dates.*a list in row 0"),
    "complex": ({"a": [1j, 2j]}, "'a' must hold real numbers"),
    "durations": ({"a": pd.to_timedelta([1, 2])}, "'a' must hold.*total_seconds"),
    "infinite": (
        {"a": [1.5, np.inf, 2]},
        "'a' must hold finite numbers.*1 infinite, first in row 1",
    ),
    "placeholder": (
        {"a": [datetime.date(2024, 1, 1), datetime.date(9999, 12, 31), datetime.date(2024, 1, 2)]},
        "'a' must hold dates from 1684 to 2255.*9999-12-31.*make it missing",
    ),
    "no date": ({"a": ["2024-02-30", "2024-01-01"]}, "'a' must hold dates that exist.*2024-02-30"),
    "huge": ({"a": [10**400, 1, 2]}, "'a' must hold finite numbers"),
    "huge as text": ({"a": ["1e400", "1", "2"]}, "'a' must hold finite numbers"),
    "squares": ({"a": [1e300, -1e300, 2.5]}, r"'a' must hold numbers below 1e\+100"),
    "merging": ({"a": [2**60, 2**60 + 1]}, r"'a' must hold whole numbers below 2\*\*53"),
    "percent": ({"a": ["3 %", "4.5%", "5%"]}, "'a' must hold numbers as 1,000.5.*'3 %' in row 0"),
    "comma": ({"a": ["1.000,50", "2,5", "3"]}, "'a' must hold numbers as 1,000.5.*'1.000,50'"),
    "brackets": ({"a": ["(5)", "7", "8"]}, r"'a' must hold numbers as 1,000.5.*'\(5\)' in row 0"),
    "some zones": (
        {"a": ["2024-01-01T00:00Z", "2024-01-02T00:00"]},
        "'a' must hold dates that all have a time zone, or none. Received: none in row 1",
    ),
    "categories that are dates": (
        pd.DataFrame({"a": pd.Categorical(pd.to_datetime(["2024-01-01", "2024-01-02"]))}),
        "'a' must have categories of text, numbers or truths",
    ),
    "a series": (pd.Series([1, 2]), "`data` must be a data frame"),
    "large": ({"a": [2**60, 1, 2**61, 7]}, r"'a' must hold whole numbers below 2\*\*53"),
    "empty": ({"a": []}, "`data` must have rows and columns"),
    "names": (pd.DataFrame([[1, 2]]), "text for its columns' names. Received: 0"),
    "twice": (pd.DataFrame([[1, 2]], columns=["a", "a"]), "each column's name once"),
    "unequal": ({"a": [1, 2], "b": [1]}, "`data` must be a data frame, a dict"),
}


@pytest.mark.parametrize(("data", "words"), BAD.values(), ids=BAD)
def test_what_can_t_be_used_is_refused_in_one_line(data, words):
    with pytest.raises(ValueError, match=words) as error:
        TableSchema.infer(data)
    assert "\n" not in str(error.value)
