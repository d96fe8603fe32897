"""The comparison of imputers: what is hidden, how it is judged, what is counted."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.reproduce import imputation


def test_hidden_cells_alone_are_judged_and_means_err_by_a_deviation():
    x = imputation.read("wine", Path())
    seen = []

    def truth(table):
        seen.append(np.isnan(table).mean())
        return np.where(np.isnan(table), x, -99.0)

    found = imputation.errors(x, 0.3, {"truth": truth, "mean": imputation.by_mean})
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
