import pickle

import numpy as np
import pytest

from keras_ae.datasets import DataError, Dataset

X = np.arange(200, dtype="float32").reshape(100, 2)


def make(**changes):
    fields = {"x_train": X, "y_train": X[:, 0], "x_test": X[:0], "y_test": None} | changes
    return Dataset("pairs", **fields, source="here")


def test_split_parts_the_examples_and_keeps_labels_beside_them():
    data = make().split(test_fraction=0.25, seed=3)
    assert (len(data.x_train), len(data.x_test)) == (75, 25)
    merged = np.sort(np.concatenate([data.x_train, data.x_test]), axis=0)
    np.testing.assert_array_equal(merged, X)
    np.testing.assert_array_equal(data.y_train, data.x_train[:, 0])
    np.testing.assert_array_equal(data.y_test, data.x_test[:, 0])
    assert (np.diff(data.x_test[:, 0]) > 0).all()


def test_split_follows_the_seed():
    first, same, other = (make().split(0.2, seed=seed).x_test for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_split_leaves_a_test_part_alone():
    data = make(x_test=X[:3], y_test=X[:3, 0])
    assert data.split(0.5) is data
    assert make().split(test_fraction=0).x_test.shape == (0, 2)


@pytest.mark.parametrize(("fraction", "tested"), [(0.001, 1), (0.999, 99)])
def test_split_leaves_no_part_empty(fraction, tested):
    assert len(make().split(fraction).x_test) == tested


def test_one_example_can_not_be_split():
    with pytest.raises(DataError, match=r"here: expected at least 2 examples.*Received: 1"):
        make(x_train=X[:1], y_train=None).split()


def test_limited_is_a_seeded_choice_of_both_parts():
    data = make(x_test=X[:50], y_test=X[:50, 0]).limited(10, seed=1)
    assert (len(data.x_train), len(data.x_test)) == (10, 10)
    np.testing.assert_array_equal(data.y_train, data.x_train[:, 0])
    assert (np.diff(data.x_train[:, 0]) > 0).all()
    assert data.x_train[:, 0].max() > 20
    np.testing.assert_array_equal(make().limited(1000).x_train, X)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"x_test": np.zeros((3, 5))}, "shape (2,). Received: (5,)"),
        ({"y_train": X[:7, 0]}, "100 labels in `y_train`. Received: 7"),
        ({"y_test": X[:7, 0]}, "0 labels in `y_test`. Received: 7"),
        ({"feature_names": ("a",)}, "2 feature names. Received: 1"),
    ],
)
def test_parts_that_do_not_fit(changes, expected):
    with pytest.raises(DataError) as caught:
        make(**changes)
    assert expected in str(caught.value)


@pytest.mark.parametrize("fraction", [-0.1, 1, float("nan")])
def test_bad_fraction(fraction):
    with pytest.raises(ValueError, match="`test_fraction` must be a number >= 0 and < 1"):
        make().split(fraction)


def test_bad_limit():
    with pytest.raises(ValueError, match="`max_examples` must be an integer >= 1"):
        make().limited(0)


def test_errors_are_one_line_and_survive_another_process():
    error = DataError("a.csv", "numbers", ValueError("two\nlines"))
    assert str(error) == "a.csv: expected numbers. Received: ValueError: two lines"
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, DataError)
    assert str(again) == str(error)
    assert str(DataError("a", "b", FileNotFoundError(2, "No such file"))).endswith(
        ": No such file"
    )
