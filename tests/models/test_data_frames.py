"""Data frames of mixed types, and what is no dense array: one line that names the column."""

import types

import numpy as np
import pytest
import scipy.sparse

from keras_ae import _arrays, create_model
from keras_ae.estimators import AnomalyDetector

X = np.random.default_rng(0).normal(size=(32, 2)).astype("float32")


class NAType:
    """As pandas.NA: no number, and no truth."""

    def __bool__(self):
        raise TypeError("boolean value of NA is ambiguous")


class Column:
    """A column as pandas has it: a type with a kind, values that may be missing."""

    def __init__(self, values, kind="O"):
        self.values = np.asarray(values, object)
        self.dtype = types.SimpleNamespace(kind=kind)

    def __array__(self, dtype=None, copy=None):
        return self.values.astype(dtype or object)

    def to_numpy(self, dtype, na_value):
        missing = [isinstance(value, NAType) for value in self.values]
        return np.where(missing, na_value, self.values).astype(dtype)


class Frame:
    """A frame whose types differ, which pandas gives as an array of objects."""

    def __init__(self, **columns):
        self._columns = columns
        self.columns = list(columns)
        self.shape = len(next(iter(columns.values())).values), len(columns)

    def __len__(self):
        return self.shape[0]

    def items(self):
        return self._columns.items()

    def to_numpy(self):
        return np.stack([column.values for column in self._columns.values()], axis=1)

    def __array__(self, dtype=None, copy=None):
        return self.to_numpy().astype(dtype or object)


def frame(**more):
    flags = Column([True, False] * 16, "b")
    return Frame(age=Column(X[:, 0].tolist(), "f"), flag=flags, **more)


def test_columns_of_several_types_are_one_array():
    table = _arrays.numbers("x", frame(count=Column([3, NAType()] * 16, "i")))
    np.testing.assert_array_equal(table[:, 0], X[:, 0])
    np.testing.assert_array_equal(table[:4, 1], [1.0, 0.0, 1.0, 0.0])
    np.testing.assert_array_equal(table[:4, 2], [3.0, np.nan, 3.0, np.nan])


def test_models_and_estimators_take_them():
    table = frame()
    model = create_model("autoencoder", (2,), latent_dim=1, units=(4,), seed=0)
    model.compile("adam", run_eagerly=True)
    model.fit(table, verbose=0)
    array = _arrays.numbers("x", table)
    np.testing.assert_array_equal(model.encode(table), model.encode(array))
    np.testing.assert_array_equal(model.anomaly_score(table), model.anomaly_score(array))
    detector = AnomalyDetector(members=1, steps=0, random_state=0).fit(table)
    np.testing.assert_array_equal(detector.score_samples(table), detector.score_samples(array))


def test_an_array_whose_mask_hides_nothing_is_a_plain_one():
    array = _arrays.numbers("x", np.ma.masked_less(X, X.min()))
    assert type(array) is np.ndarray
    np.testing.assert_array_equal(array, X)


REFUSED = {
    "text": (frame(city=Column(["Oslo"] * 32)), "encode it .* the text 'Oslo' in column 'city'"),
    "numbers in quotes": (frame(n=Column(["1"] * 32)), "the text '1' in column 'n'"),
    "missing": (frame(n=Column([NAType()] * 32, "i")), "must be finite. Received: 32 NaN of 96"),
    "sparse": (scipy.sparse.csr_array(X), "must be a dense array: call toarray.* csr_array"),
    "masked": (np.ma.masked_less(X, X.min() / 2), r"filled\(numpy.nan\).* masked of 64 values"),
    "ragged": ([[1.0], [1.0, 2.0]], "must hold examples of one shape.* a ragged list"),
    "words": ([["a", "b"]], "must be an array of numbers. Received: dtype=<U1"),
}


@pytest.fixture(scope="module")
def models():
    """Return models of two and of three columns, which refuse what they are given."""
    made = {width: create_model("autoencoder", (width,), 1, units=(4,)) for width in (2, 3)}
    for model in made.values():
        model.compile("adam")
    return made


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("method", ["fit", "encode", "anomaly_score"])
def test_what_models_refuse(models, kind, method):
    data, words = REFUSED[kind]
    model = models[len(getattr(data, "columns", "xy"))]
    with pytest.raises((TypeError, ValueError), match=words) as caught:
        getattr(model, method)(data)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["text", "numbers in quotes", "masked"])
def test_what_estimators_refuse(kind):
    data, words = REFUSED[kind]
    with pytest.raises((TypeError, ValueError), match=words):
        AnomalyDetector(steps=1).fit(data)


def test_rounding_is_warned_of():
    model = create_model("autoencoder", (1,), latent_dim=1, units=(4,))
    model.compile("adam", run_eagerly=True)
    seconds = np.array([[1760000001], [1760000002], [1760000100]])
    for method in (lambda x: model.fit(x, verbose=0), model.encode, model.anomaly_score):
        with pytest.warns(UserWarning, match="`x`: float32 leaves 2 of the 3 different values"):
            method(seconds)
