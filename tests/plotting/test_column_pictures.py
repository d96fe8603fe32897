"""Pictures of columns: histograms, associations, missing cells, and the strangest rows."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import dates

from keras_ae.evaluation import association_matrix
from keras_ae.plotting import association_heatmap, column_histogram, missing_bars, worst_rows
from tests.plotting.figures import outlines, texts

RANDOM = np.random.default_rng(0)
SIZES = np.exp(RANDOM.normal(3, 1.5, 400))


def bars(figure):
    """Return the widths of the bars, a list for each of real and generated cells."""
    return [[bar.get_width() for bar in group] for group in figure.axes[0].containers]


@pytest.mark.parametrize(
    ("kind", "real", "generated", "scale"),
    [
        (
            "numeric",
            RANDOM.normal(5_400_000, 300, 200),
            RANDOM.normal(5_400_000, 400, 90),
            "linear",
        ),
        ("positive", SIZES, SIZES[:50] * 2, "log"),
        ("positive", RANDOM.uniform(5, 6, 50), None, "linear"),
        ("count", np.floor(SIZES), np.floor(SIZES[:70]), "symlog"),
        ("count", RANDOM.poisson(9, 300), None, "linear"),
        (None, RANDOM.normal(size=50), None, "linear"),
    ],
)
def test_numbers_are_in_shares_of_each_group_in_their_own_units(kind, real, generated, scale):
    figure = column_histogram(real, generated, kind)
    axes = figure.axes[0]
    assert axes.get_xscale() == scale
    groups = [real] if generated is None else [real, generated]
    for line, group in zip(outlines(figure.axes[0]), groups, strict=True):
        heights, edges, _ = line.get_data()
        inside = np.clip(group, edges[0], edges[-1])
        expected = np.histogram(inside, edges)[0] * 100 / len(group)
        np.testing.assert_allclose(heights, expected)
        assert heights.sum() == pytest.approx(100)
    if "end" not in axes.get_xlabel():
        assert edges[0] <= min(map(np.min, groups))
        assert edges[-1] >= max(map(np.max, groups))


def test_whole_numbers_have_bins_of_whole_numbers():
    _, edges, _ = outlines(column_histogram([0, 1, 1, 3, 5], kind="count").axes[0])[0].get_data()
    assert edges.tolist() == [-0.5, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    _, edges, _ = outlines(column_histogram(np.floor(SIZES), kind="count").axes[0])[0].get_data()
    widths = np.diff(edges)
    assert (widths == np.rint(widths)).all()
    assert (np.diff(widths) >= 0).all()


def test_cells_far_out_are_put_into_the_end_bins():
    figure = column_histogram([*RANDOM.normal(size=400), 1e6, -1e6], kind="numeric")
    heights, edges, _ = outlines(figure.axes[0])[0].get_data()
    assert edges[-1] < 50
    assert heights.sum() == pytest.approx(100)
    assert figure.axes[0].get_xlabel() == "2 cells beyond are in the end bins"


def test_one_value_has_a_bin():
    heights, _, _ = outlines(column_histogram([7.0, 7.0, None]).axes[0])[0].get_data()
    assert heights.tolist() == [100.0]


@pytest.mark.parametrize("dtype", ["datetime64[s]", object])
def test_dates_are_on_an_axis_of_dates(dtype):
    days = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[D]")
    cells = days.astype(dtype) if dtype is not object else days.astype(object)
    figure = column_histogram(cells, None, title="day")
    axis = figure.axes[0].xaxis
    assert isinstance(axis.get_major_formatter(), dates.ConciseDateFormatter)
    heights, edges, _ = outlines(figure.axes[0])[0].get_data()
    expected = np.histogram(dates.date2num(days), edges)[0] * 100 / len(days)
    np.testing.assert_allclose(heights, expected)


def test_categories_are_bars_of_shares_the_rare_ones_pooled():
    real = np.repeat([f"c{place}" for place in range(20)], np.arange(20, 0, -1))
    generated = ["c0", "c19", "new", None]
    figure = column_histogram(real, generated, "categorical", title="$a$")
    names = texts(figure.axes[0].get_yticklabels())
    assert names == [f"c{place}" for place in range(9)] + ["12 others"]
    shares = pd.Series(real).value_counts(normalize=True, sort=False) * 100
    expected = [*shares.iloc[:9], shares.iloc[9:].sum()]
    np.testing.assert_allclose(bars(figure)[0], expected)
    np.testing.assert_allclose(bars(figure)[1], [100 / 3, *[0] * 8, 200 / 3])
    legend = texts(figure.legends[0].get_texts())
    assert legend == ["real (210)", "generated (4, 25.0% missing)"]


@pytest.mark.parametrize(
    ("cells", "order", "names"),
    [
        (pd.Series([3.0, 1.0, 1.0, None]), [1, 3], ["1", "3"]),
        (pd.array([True, None, False, False], "boolean"), [False, True], ["False", "True"]),
        (pd.Series(["S", "M", "M", "L"], dtype="category"), ["S", "M", "L"], ["S", "M", "L"]),
        (["S", "M", "M", None], None, ["M", "S"]),
    ],
)
def test_categories_have_their_order(cells, order, names):
    figure = column_histogram(cells, None, "ordinal", order)
    assert texts(figure.axes[0].get_yticklabels()) == names


def test_long_names_lose_their_middle():
    figure = column_histogram(
        ["a name that is much too long, 1", "a name that is much too long, 2"]
    )
    assert texts(figure.axes[0].get_yticklabels()) == ["a name tha…ng, 1", "a name tha…ng, 2"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"real": []}, "`real` must be the cells of a column, shape (rows,)"),
        ({"real": [[1.0]]}, "`real` must be the cells of a column, shape (rows,)"),
        ({"real": [None, np.nan]}, "`real` must have a cell that isn't missing. Received: 2, 100"),
        ({"generated": ["a"]}, "`generated` must hold numbers. Received: ['a']"),
        ({"generated": [np.inf]}, "`generated` must be finite"),
        ({"kind": "datetime"}, "`real` must hold dates. Received: [1.0, 2.0]"),
        ({"kind": "numbers"}, "`kind` must be one of numeric, positive, count"),
        ({"order": 3}, "`order` must be a sequence of categories"),
        ({"title": 3}, "`title` must be a string"),
    ],
)
def test_what_a_histogram_refuses(changes, words):
    with pytest.raises((TypeError, ValueError)) as raised:
        column_histogram(**{"real": [1.0, 2.0], **changes})
    assert words in str(raised.value)


def test_a_heatmap_shows_the_matrix_on_one_scale():
    x = RANDOM.normal(size=(50, 3)).cumsum(axis=1)
    x[:, 2] = np.nan
    matrix = association_matrix(x)
    figure = association_heatmap(matrix, ["age", "income", "nothing"], "Real")
    axes, image = figure.axes[0], figure.axes[0].images[0]
    np.testing.assert_array_equal(np.ma.filled(image.get_array(), np.nan), matrix)
    assert image.get_clim() == (-1.0, 1.0)
    assert texts(axes.get_xticklabels()) == ["age", "income", "nothing"]
    r = f"{matrix[0, 1]:.2f}"
    assert texts(axes.texts) == ["1.00", r, r, "1.00"]  # none where nothing is defined
    assert not association_heatmap(np.eye(12)).axes[0].texts


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([[1.0, 0.5]],), "`associations` must be a square matrix of numbers from -1 to 1"),
        (([[3.0]],), "Received: 3 among them"),
        (([["a"]],), "`associations` must be an array of numbers"),
        ((np.eye(2), ["a"]), "`names` must be a sequence of 2 strings, one a column. Received: 1"),
        ((np.eye(2), None, 3), "`title` must be a string"),
    ],
)
def test_what_a_heatmap_refuses(arguments, words):
    with pytest.raises((TypeError, ValueError)) as raised:
        association_heatmap(*arguments)
    assert words in str(raised.value)


def test_missing_bars_are_the_shares_of_pandas():
    frame = pd.DataFrame({"a": [1, None, 3, 4], "b": ["x", None, None, None], "c": [1, 2, 3, 4]})
    figure = missing_bars(frame.isna().mean(), {"a": 0.5, "b": 0.0, "c": 0.0})
    assert texts(figure.axes[0].get_yticklabels()) == ["b", "a"]
    assert bars(figure) == [[75.0, 25.0], [0.0, 50.0]]
    assert texts(figure.legends[0].get_texts()) == ["real", "generated"]
    many = missing_bars({f"c{place}": place / 40 for place in range(40)})
    assert len(many.axes[0].patches) == 30
    told = "missing, %\n9 more columns have gaps\n1 column has no missing cell"
    assert many.axes[0].get_xlabel() == told
    assert missing_bars({"a": 0.0}).axes[0].get_xlabel().endswith("1 column has no missing cell")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([0.5],), "`real` must be a dictionary from columns to their shares"),
        ((pd.DataFrame({"a": [0.5]}),), "`real` must be a dictionary from columns to their"),
        (({},), "Received: no columns"),
        (({"a": 1.5},), "`real` must be a number >= 0 and <= 1. Received: real=1.5"),
        (({"a": 0.5}, {"b": 0.5}), "`generated` must have the columns of `real`, ['a']"),
        (({"a": 0.5}, None, 3), "`title` must be a string"),
    ],
)
def test_what_missing_bars_refuse(arguments, words):
    with pytest.raises((TypeError, ValueError)) as raised:
        missing_bars(*arguments)
    assert words in str(raised.value)


def test_the_strangest_rows_come_first_with_what_adds_most():
    added = pd.DataFrame({"a": [1.0, 5.0, 2.0], "b": [2.0, 0.5, 7.0], "KL": [0.5, 1.0, 1.0]})
    cells = {"a": [1234.5, None, 0.25], "b": np.array(["2024-01-02T03:04:05"] * 3, "M8[us]")}
    table = worst_rows(added.sum(axis=1), added, cells, ["x", "y", "z"], n=2, columns=2)
    assert table.head == ("row", "score, nats", "contributes most", "second")
    assert table.rows == (
        ("z", "10.00", "b = 2024-01-02 03:04:05: 7.00", "a = 0.25: 2.00"),
        ("y", "6.50", "a = missing: 5.00", "KL: 1.00"),
    )
    four = worst_rows([3.0], {name: [1.0] for name in "abcd"}, {"a": [True]}, columns=9, row="r")
    assert four.head == ("r", "score, nats", "contributes most", "second", "third", "4th")
    assert four.rows[0][2] == "a = True: 1.00"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scores": [[1.0]]}, "`scores` must be an array (rows,) of numbers"),
        ({"contributions": [1.0]}, "`contributions` must be a dictionary or data frame"),
        ({"contributions": {}}, "`contributions` must have at least one column"),
        (
            {"contributions": {"a": [1.0]}},
            "one value for each of the 2 rows. Received: shape=(1,)",
        ),
        ({"contributions": {"a": [1.0, np.nan]}}, "`contributions` must be finite"),
        ({"values": {"a": [1.0]}}, "`values` must hold one value for each of the 2 rows"),
        ({"names": ["a"]}, "`names` must hold one name for each of the 2 rows. Received: 1 names"),
        ({"n": 0}, "`n` must be an integer >= 1"),
        ({"columns": 0}, "`columns` must be an integer >= 1"),
        ({"unit": 3}, "`unit` must be a string"),
        ({"caption": 3}, "`caption` must be a"),
        ({"row": 3}, "`row` must be a string"),
    ],
)
def test_what_a_table_of_rows_refuses(changes, words):
    given = {"scores": [1.0, 2.0], "contributions": {"a": [1.0, 2.0]}, **changes}
    with pytest.raises((TypeError, ValueError)) as raised:
        worst_rows(**given)
    assert words in str(raised.value)
