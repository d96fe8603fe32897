"""The page of a table's model: what it says of columns, hidden cells and new rows."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp
from sklearn.metrics import root_mean_squared_error

from keras_ae import report
from keras_ae.report.columns import distance, missing_share
from keras_ae.report.hidden_cells import errors_of
from keras_ae.report.table_rows import TableRows
from keras_ae.tables import TableModel
from tests.plotting.pages import Page


@pytest.fixture
def rows(trained, frame):
    return TableRows(trained, frame, "the data", 0)


def test_numbers_and_dates_differ_by_the_statistic_of_kolmogorov_and_smirnov():
    random = np.random.default_rng(0)
    one, other = random.normal(size=90).round(1), random.normal(0.3, 2, 40).round(1)
    expected = ks_2samp(one, other).statistic
    assert distance(one, other, "numeric") == pytest.approx(expected)
    gaps = np.insert(one, 3, np.nan)
    assert distance(gaps, other, "positive") == pytest.approx(expected)
    dates = [(each * 1e9).astype("int64").astype("datetime64[us]") for each in (one, other)]
    assert distance(*dates, "datetime") == pytest.approx(expected)
    assert distance(one * np.nan, other, "numeric") is None


def test_categories_differ_by_their_total_variation():
    one, other = np.array(["a", "b", None, "a", "a"], object), np.array(["a", "c"], object)
    shares = pd.DataFrame({"one": {"a": 0.75, "b": 0.25}, "other": {"a": 0.5, "c": 0.5}})
    expected = shares.fillna(0).diff(axis=1).other.abs().sum() / 2
    assert distance(one, other, "categorical") == pytest.approx(expected)
    assert missing_share(one) == pytest.approx(0.2)


def test_errors_of_imputed_cells_are_those_of_scikit_learn():
    random = np.random.default_rng(0)
    real, imputed = random.normal(size=50), random.normal(size=50)
    hidden = np.arange(50) < 20
    known = ~hidden
    ours, mean, words = errors_of(real, imputed, hidden, known, "numeric")
    assert ours == pytest.approx(root_mean_squared_error(real[hidden], imputed[hidden]))
    guess = np.full(20, real[known].mean())
    assert mean == pytest.approx(root_mean_squared_error(real[hidden], guess))
    assert words == "root mean squared error"
    days = [(each * 86_400e6).astype("int64").astype("datetime64[us]") for each in (real, imputed)]
    ours_in_days, _, words = errors_of(*days, hidden, known, "datetime")
    assert ours_in_days == pytest.approx(ours, rel=1e-6)
    assert words.endswith("days")
    names = np.array(["a", "b", "b", "a", "b"], object)
    made = np.array(["b", "b", "b", "a", "b"], object)
    found = errors_of(names, made, np.arange(5) < 2, np.arange(5) > 1, "binary")
    assert found == (0.5, 0.5, "share of wrong ones")


def test_the_columns_are_what_pandas_has(rows, frame):
    columns = rows.columns()
    assert [column.name for column in columns.columns] == list(frame)
    by_name = {column.name: column for column in columns.columns}
    for name in ("amount", "north", "items"):
        np.testing.assert_array_equal(by_name[name].real, frame[name].to_numpy("float64"))
    assert (by_name["time"].real == frame.time.to_numpy()).all()
    countries = frame.country.astype(object).where(frame.country.notna(), None)
    assert by_name["country"].real.tolist() == countries.tolist()
    assert by_name["size"].order == ["S", "M", "L"]
    assert not by_name["one"].is_modelled
    assert columns.codes.shape == columns.generated.shape == (120, 7)
    for name, share in frame.isna().mean().items():
        assert missing_share(by_name[name].real) == pytest.approx(share)


def test_the_strangest_rows_are_those_of_the_scores(rows, trained, frame):
    shuffled = TableRows(trained, frame.set_index(np.arange(500, 620)), "the data", 0)
    table = shuffled.worst_rows()
    scores = pd.Series(trained.score(frame), np.arange(500, 620)).nlargest(10)
    assert [row[0] for row in table.rows] == [str(name) for name in scores.index]
    assert [row[1] for row in table.rows] == [f"{score:,.2f}" for score in scores]


@pytest.mark.slow
def test_the_page_of_a_model_in_memory(undrawn, trained, frame, tmp_path):
    labelled = frame.assign(fraud=(np.arange(120) % 10 == 0).astype(int))
    path = report.write(
        trained,
        labelled,
        tmp_path / "page.html",
        labels="fraud",
        title="Payments",
        history={"loss": [3.0, 2.0]},
    )
    page = Page(path.read_text("utf-8"))
    words = " | ".join(page.words)
    for title in ("Columns", "Associations", "Missing cells", "Hidden cells", "Anomaly scores"):
        assert title in words
    assert "New rows" not in words  # without rows of training
    assert "Examples |" not in words
    assert "rows of the data | 120" in words
    assert "amount | positive | " in words
    assert "Strangest of 120 rows" in words
    assert "the rows labelled 1; the model has not seen the labels" in words
    alts = [each["alt"] for each in page.all("img")]
    assert any(alt.startswith("ROC curve, AUROC 0.") for alt in alts)
    # A histogram a modelled column; three heatmaps; gaps; loss; map, KL; scores, ROC.
    assert len(alts) == 7 + 3 + 1 + 1 + 2 + 2


@pytest.mark.slow
def test_the_page_of_rows_that_were_held_out(undrawn, trained, frame, tmp_path):
    from keras_ae.report.table_subject import table_subject
    from keras_ae.report.write import write_page

    subject = table_subject(
        trained,
        frame[80:],
        "country",
        name="payments",
        part="test part",
        seed=0,
        training=frame[:80],
    )
    write_page(subject, tmp_path / "page.html")
    words = " | ".join(Page((tmp_path / "page.html").read_text("utf-8")).words)
    assert "generated | 40 | " in words
    assert "held out | 40 | " in words
    assert "Accuracy of classifiers of country on the rows that were held out" in words
    assert "ROC" not in words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": TableModel()}, "A TableModel must be fitted before it is used"),
        ({"data": 3}, "`data` must be a data frame"),
        ({"data": {"a": [1]}}, "`data` must have the columns 'time'"),
        ({"labels": "none"}, "`labels` must be one of time, amount"),
        ({"labels": [1]}, "strings of shape (120,), one for each example. Received"),
        ({"anomalies": {"a": [1]}}, "`data` must have the columns 'time'"),
        ({"max_examples": 0}, "`max_examples` must be an integer >= 1"),
    ],
)
def test_what_is_refused_writes_nothing(trained, frame, tmp_path, changes, words):
    given = {"model": trained, "data": frame, "path": tmp_path / "page.html", **changes}
    with pytest.raises((TypeError, ValueError)) as raised:
        report.write(**given)
    assert words in str(raised.value)
    assert not list(tmp_path.iterdir())
