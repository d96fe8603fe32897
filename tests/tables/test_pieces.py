"""What a column is shows in all its pieces, in whatever pieces it comes."""

import fractions

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from keras_ae.tables._cells import NUMBER, Cells
from keras_ae.tables._facts import MAX_DIFFERENT, Numbers
from keras_ae.tables._infer import Column
from keras_ae.tables._moments import Moments
from tests.tables.frames import assert_same


def test_moments_of_pieces_are_those_of_the_whole():
    """Far from 0, where sums of squares would cancel."""
    values = 5.4e6 + np.random.default_rng(0).gamma(2.0, 1e-3, 2000)
    moments = Moments()
    for piece in np.split(values, [1, 2, 300, 1900]):
        moments.see(piece)
    exact = [fractions.Fraction(value) for value in values]
    mean = sum(exact) / len(exact)
    variance = sum((value - mean) ** 2 for value in exact) / len(exact)
    assert moments.mean == pytest.approx(float(mean), rel=1e-15)
    assert moments.deviation == pytest.approx(float(variance) ** 0.5, rel=1e-12)
    assert moments.skewness == pytest.approx(stats.skew(values - 5.4e6), rel=1e-9)
    alone = Moments()
    alone.see(values)
    assert (alone.mean, alone.deviation) == (values.mean(), values.std())


def test_decimals_are_judged_by_all_pieces():
    numbers = Numbers()
    for piece in ([2.0, 3.0], [2.5], [0.125]):
        numbers.see(Cells("a", NUMBER, np.array(piece), "float64"))
    assert (numbers.decimals, numbers.are_whole, numbers.low, numbers.high) == (3, False, 0.125, 3)
    numbers.see(Cells("a", NUMBER, np.array([1 / 3]), "float64"))
    assert numbers.decimals is None


PIECES = {
    "numbers, then words": (["1", "2", "5"], ["low", "high", "low", "low", "low"]),
    "numbers, then a few words": (["1", "2", "5", "7"], ["low"]),
    "numbers, then a name": (["1", "2", "5"], ["007", "5"]),
    "numbers, then unclear ones": (["1", "2", "5"], ["3 %"]),
    "dates, then words": (["2024-01-01", "2024-01-02"], ["never", "never"]),
    "dates, then times": (["2024-01-01", "2024-01-02"], ["2024-01-03T10:00:05.5"]),
    "dates that don't exist, then words": (["2024-02-30", "2024-01-01"], ["never"]),
    "dates that don't exist": (["2024-02-30", "2024-01-01"], ["2024-01-01"]),
    "zones, then none": (["2024-01-01T10:00Z"], ["2024-01-01T10:00"]),
    "nothing, then text": ([None, None], ["a", "b"]),
    "words for nothing, then numbers": (["n/a", "?"], ["1", "2.5", "-"]),
    "nothing at all": ([None, None], [None]),
    "too large, then words": (["1e400", "2"], ["x", "y", "z", "z"]),
    "too large": (["1e400", "2"], ["3"]),
    "a float late": ([1.0, 2.0, None], [2.5]),
    "running": (list(range(30)), list(range(30, 60))),
    "running, then not": (list(range(30)), list(range(31, 60))),
    "all different": ([f"u{each}" for each in range(30)], [f"v{each}" for each in range(30)]),
    "a late repetition": ([f"u{each}" for each in range(30)], ["u7", "v"]),
    "negative late": ([1, 2, 3], [-4]),
    "merging late": ([1, 2, 3], [2**60, 5]),
    "infinite late": ([1.5, 2], [float("inf")]),
}


@pytest.mark.parametrize("pieces", PIECES.values(), ids=PIECES)
@pytest.mark.parametrize("kind", [None, "categorical", "count"])
def test_what_a_column_is_shows_in_all_its_pieces(pieces, kind):
    whole = pd.Series([cell for piece in pieces for cell in piece])
    outcomes = []
    for parts in ([whole.iloc[: len(pieces[0])], whole.iloc[len(pieces[0]) :]], [whole]):
        column, row = Column("a", kind), 0
        try:
            for part in parts:
                column.see(part, row)
                row += len(part)
            outcomes.append(column.column())
        except ValueError as error:
            outcomes.append(str(error))
    if isinstance(outcomes[1], str):
        assert outcomes[0] == outcomes[1]
    else:
        assert_same([outcomes[0]], [outcomes[1]])


def test_pieces_of_several_types_are_refused():
    column = Column("a")
    column.see(pd.Series(["a", "b"]))
    column.see(pd.Series([True, False]))
    with pytest.raises(ValueError, match="'a' must hold values of one type.*: text and truths"):
        column.column()


def test_values_beyond_what_is_remembered(monkeypatch):
    """Of so many text cells each may name its row; one that comes twice shows that they don't."""
    count = MAX_DIFFERENT + 1000
    names = pd.Series([f"u{each}" for each in range(count)])
    for parts, kind in (
        ([names, names + "x"], "identifier"),
        ([names[:500], names[500:]], "identifier"),
        ([names, names[:1]], None),
        ([names[:500], names[500:], names[700:701]], None),
    ):
        column = Column("a")
        for part in parts:
            column.see(part)
        if kind:
            assert column.column().kind == kind
            continue
        with pytest.raises(ValueError, match="at most 1,000 categories: pool .* in 11,001 rows"):
            column.column()
