"""The comparison of imputers: what is hidden, how it is judged, what is counted."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.reproduce import imputation, not_miwae


def test_hidden_cells_alone_are_judged_and_means_err_by_a_deviation():
    x = imputation.read("wine", Path())
    seen = []

    def truth(table):
        seen.append(np.isnan(table).mean())
        return np.where(np.isnan(table), x, -99.0)

    hidden = imputation.hidden_at_random(x, 0.3)
    found = imputation.errors(x, hidden, {"truth": truth, "mean": imputation.by_mean})
    assert found["truth"] == 0
    assert found["mean"] == pytest.approx(1.0, abs=0.1)
    assert seen == [pytest.approx(0.3, abs=0.03)]


def test_each_case_counts_for_the_smallest_error():
    row = {"miwae": 0.5, "iterative": 0.6, "knn": 0.4, "mean": 1.0}
    other = {**row, "knn": 0.7}
    found = imputation.summary({"a": {"10%": row}, "b": {"10%": other}})
    assert found["cases"] == 2
    assert found["best"] == {"miwae": 1, "iterative": 0, "knn": 1, "mean": 0}
    assert found["mean"]["10%"]["knn"] == 0.55


def test_what_is_hidden_for_its_value_is_above_the_mean_in_half_of_the_columns():
    x = imputation.read("wine", Path())
    hidden = not_miwae.hidden_above_the_mean(x)
    assert (x[hidden] > 0).all()
    assert (x[:, :6][~hidden[:, :6]] <= 0).all()
    assert not hidden[:, 6:].any()
    assert (hidden[:, :6].mean(axis=0) > 0.3).all()
    # The mean of what is left is below 0, and what is hidden is above: it errs by more than 1.
    assert imputation.errors(x, hidden, {"mean": imputation.by_mean})["mean"] > 1.3


def test_the_published_figures_stand_beside_the_mean_of_the_tables():
    row = {"not_miwae": 0.5, "miwae": 1.0, "iterative": 0.9, "knn": 1.1, "mean": 1.2}
    found = not_miwae.result_of({"a": row, "b": {**row, "not_miwae": 1.0}}, 1.0)
    assert found["evidence"][0]["published"] == "1.035, 1.410"
    assert found["evidence"][0]["here"] == "1 of 2; 0.750, 0.900"
    assert found["best"]["not_miwae"] == found["best"]["iterative"] == 1
