"""New rows are judged by what a classifier learns of them, and by how near they are."""

import numpy as np
import pandas as pd
import pytest

from keras_ae.tables import TableSchema, nearest_record_distance, synthetic_utility


def rows(seed, noise=0.3):
    random = np.random.default_rng(seed)
    x = random.normal(size=(400, 2))
    kind = np.where(x[:, 0] + noise * random.normal(size=400) > 0, "yes", "no")
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "kind": kind})


@pytest.mark.slow  # its threads wait for one another on a busy machine
def test_rows_that_keep_what_matters_are_as_useful_as_real_ones():
    train, test = rows(0), rows(1)
    schema = TableSchema.infer(train)
    good = synthetic_utility(rows(2), train, test, "kind", schema)
    assert good.real > 0.8
    assert abs(good.synthetic - good.real) < 0.07
    shuffled = train.assign(kind=train["kind"].sample(frac=1, random_state=0).to_numpy())
    assert synthetic_utility(shuffled, train, test, "kind", schema).synthetic < 0.65
    assert synthetic_utility(train.assign(kind="no"), train, test, "kind", schema).synthetic == 0.5


def test_copies_are_nearer_than_new_rows():
    train = rows(0)
    schema = TableSchema.infer(train)
    assert not nearest_record_distance(train.head(20), train, schema).any()
    fresh = nearest_record_distance(rows(3), train, schema)
    assert np.median(fresh) > 0.05
    near = train.assign(a=train["a"] + 1e-3)
    assert nearest_record_distance(near, train, schema).max() < 0.01
    one = train.head(1)
    deviation = train["b"].std(ddof=0)
    far = nearest_record_distance(one.assign(b=one["b"] + 2 * deviation, a=None), one, schema)
    assert far[0] == pytest.approx(np.sqrt(4 + 1), abs=0.01)  # missing in one alone: 1


def test_a_column_without_cells_tells_nothing():
    train = rows(0)
    schema = TableSchema.infer(train)
    empty = train.assign(a=None)
    assert not nearest_record_distance(empty, empty, schema).any()
    assert nearest_record_distance(train, empty, schema).min() >= 1  # missing in one alone


def test_wrong_arguments():
    train = rows(0)
    schema = TableSchema.infer(train)
    with pytest.raises(ValueError, match="`target` must be one of kind"):
        synthetic_utility(train, train, train, "a", schema)
    with pytest.raises(ValueError, match="`test` must have at least two values of column 'kind'"):
        synthetic_utility(train, train, train.assign(kind=train["kind"].iloc[0]), "kind", schema)
    alone = train[["kind"]]
    with pytest.raises(ValueError, match="`schema` must have a column to predict"):
        synthetic_utility(alone, alone, alone, "kind", TableSchema.infer(alone))
    with pytest.raises(TypeError, match="`schema` must be a TableSchema"):
        nearest_record_distance(train, train, "schema")
    with pytest.raises(ValueError, match="none called 'b'"):
        nearest_record_distance(train.drop(columns="b"), train, schema)
