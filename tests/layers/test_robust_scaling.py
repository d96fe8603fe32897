"""Robust scaling against scikit-learn and SciPy."""

import numpy as np
import pytest
from keras import ops
from scipy import stats
from sklearn.preprocessing import RobustScaler

from keras_ae.layers import RobustScaling
from keras_ae.layers.preprocessing import inverse

TABLE = np.random.default_rng(0).standard_t(2, size=(101, 3)) * [1.0, 10.0, 0.1] + [0.0, 5.0, -3.0]


def scaled(layer, table):
    return ops.convert_to_numpy(layer(table.astype("float32")))


def test_it_is_scikit_learn_s():
    layer = RobustScaling.of(TABLE)
    expected = RobustScaler(unit_variance=True).fit_transform(TABLE)
    np.testing.assert_allclose(scaled(layer, TABLE), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.scale, stats.iqr(TABLE, axis=0, scale="normal"), rtol=1e-6)


def test_the_inverse_undoes_it():
    layer = RobustScaling.of(TABLE)
    back = ops.convert_to_numpy(inverse(layer, layer(TABLE.astype("float32"))))
    np.testing.assert_allclose(back, TABLE, rtol=1e-4, atol=1e-5)


def test_wild_rows_move_nothing_much():
    wild = TABLE.copy()
    wild[:10] = 1e6
    before, after = RobustScaling.of(TABLE), RobustScaling.of(wild)
    assert np.all(np.abs(np.subtract(after.center, before.center)) < 0.3 * np.array(before.scale))
    assert np.all(np.array(after.scale) < 2.0 * np.array(before.scale))


def test_columns_without_a_range():
    table = np.zeros((20, 2))
    table[0, 0] = 4.0  # rarely anything but 0: the standard deviation; the other one is constant
    assert RobustScaling.of(table).scale == [pytest.approx(table[:, 0].std()), 1.0]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (np.zeros(3), "shape"),
        (np.zeros((0, 3)), "size 0"),
        (np.array([[1.0], [np.nan]]), "1 NaN"),
    ],
)
def test_it_refuses_what_is_no_table(table, words):
    with pytest.raises(ValueError, match=f"`x`.*{words}"):
        RobustScaling.of(table)
