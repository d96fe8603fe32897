"""Associations of mixed columns, against scipy's tests and pandas' correlations."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from keras_ae.evaluation import association_matrix

NUMBERS, NAMED = ("a", "b", "c"), ("k", "m")


@pytest.fixture(scope="module")
def frame():
    """Return numbers with ties and categories that depend on each other, some cells missing."""
    random = np.random.default_rng(0)
    a = random.normal(size=400)
    frame = pd.DataFrame({"a": a, "b": np.exp(a + random.normal(size=400))})
    frame["c"] = random.poisson(2, 400) - (a > 0)
    frame["k"] = random.integers(0, 4, 400) * 10 + (a > 0.5)
    frame["m"] = np.where(random.random(400) < 0.7, frame.k % 3, random.integers(0, 3, 400))
    for place, name in enumerate(frame):
        frame[name] = frame[name].where(random.random(400) > 0.05 * place)
    return frame


@pytest.fixture(scope="module")
def found(frame):
    matrix = association_matrix(frame, categorical=(3, 4))
    np.testing.assert_array_equal(matrix, matrix.T)
    np.testing.assert_array_equal(np.diag(matrix), np.ones(5))
    return pd.DataFrame(matrix, frame.columns, frame.columns)


def test_numbers_have_the_rank_correlations_of_pandas(frame, found):
    expected = frame[[*NUMBERS]].corr(method="spearman")
    np.testing.assert_allclose(found.loc[[*NUMBERS], [*NUMBERS]], expected, rtol=1e-12)


def test_categories_have_the_v_of_scipy(frame, found):
    table = pd.crosstab(frame.k, frame.m).to_numpy()
    assert found.k.m == pytest.approx(stats.contingency.association(table, "cramer"), rel=1e-12)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("name", NAMED)
def test_one_of_each_has_the_statistic_of_kruskal_and_wallis(frame, found, number, name):
    rows = frame[[number, name]].dropna()
    groups = [rows[number][rows[name] == each] for each in rows[name].unique()]
    statistic = stats.kruskal(*groups).statistic
    assert found[number][name] ** 2 * (len(rows) - 1) == pytest.approx(statistic, rel=1e-10)


def test_a_logarithm_changes_nothing(frame, found):
    changed = association_matrix(frame.assign(b=np.log(frame.b)), categorical=(3, 4))
    np.testing.assert_array_equal(changed, found)


def test_what_can_not_be_said_is_nan():
    nan = np.nan
    rows = [[1.0, 5.0, nan, 0.0], [2.0, 5.0, nan, 1.0], [4.0, 5.0, 1.0, nan], [3.0, 5.0, 2.0, nan]]
    found = association_matrix(rows, categorical=[3])
    expected = np.isnan(found)
    assert expected.tolist() == [
        [False, True, False, False],
        [True, True, True, True],
        [False, True, False, True],
        [False, True, True, False],
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 2.0],), "`x` must have shape (rows, columns). Received: shape=(2,)"),
        (([[1.0, np.inf]],), "`x` must be finite"),
        (([["a"]],), "`x` must be an array of numbers"),
        (([[1.0]], (1,)), "`categorical` must be places from 0 to 0. Received: categorical=(1,)"),
        (([[1.0]], (-1,)), "`categorical` must be an integer >= 0"),
        (([[1.0]], 0), "`categorical` must be a sequence of integers"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises((TypeError, ValueError)) as raised:
        association_matrix(*arguments)
    assert message in str(raised.value)
