"""What float32 is too coarse for: found where it is, and only there."""

import numpy as np
import pytest

from keras_ae import _float32

RANDOM = np.random.default_rng(0)
NORTHINGS = 5_432_100 + RANDOM.normal(0, 0.05, (1000, 1))
YEAR = 1.76e9 + RANDOM.uniform(0, 3e7, (5000, 1))  # unix seconds and their fractions

FINE = {
    "normal": RANDOM.normal(size=(20_000, 2)),
    "kelvin": RANDOM.normal(293.15, 5, (20_000, 1)),
    "pascal": RANDOM.normal(101_325, 500, (20_000, 1)),
    "wild": RANDOM.standard_cauchy((20_000, 3)) * [1e-3, 1, 1e6],
    "amounts": RANDOM.lognormal(10, 3, (5000, 1)),
    "counts": RANDOM.integers(0, 2**24, (5000, 1)),
    "images": RANDOM.uniform(size=(20, 8, 8, 3)),
    "flags": np.ones((4, 1), bool),
    "float32": NORTHINGS.astype("float32"),
    "missing": np.full((4, 1), np.nan),
    "one axis": RANDOM.normal(size=100),
}
COARSE = {
    "northings": NORTHINGS,
    "one wild": np.concatenate([NORTHINGS, [[0.0]]]),
    "some missing": np.concatenate([NORTHINGS, [[np.nan]], [[np.inf]]]),
    "seconds": np.array([[1760000001], [1760000002], [1760000100]]),
    "seconds of floats": np.array([[1760000001.0], [1760000002.0], [1790000000.0]]),
    "a year": YEAR,
    "ids": np.array([[2**24], [2**24 + 1]]),
    "large ids": np.array([[2**62], [2**62 + 1]]),
    "unsigned": np.array([[2**31], [2**31 + 1]], "uint32"),
    "windows": np.stack([NORTHINGS, 1 + NORTHINGS], axis=1),
}


@pytest.mark.parametrize("name", FINE)
def test_what_float32_holds_is_cast_without_a_word(name):
    np.testing.assert_array_equal(
        _float32.cast("x", FINE[name]), np.asarray(FINE[name], "float32")
    )
    assert not _float32.rounds(FINE[name])


@pytest.mark.parametrize("name", COARSE)
def test_what_merges_is_told(name):
    with pytest.warns(UserWarning, match=r"`x`: float32 leaves [\d,]+ of the [\d,]+ different"):
        _float32.cast("x", COARSE[name])
    assert _float32.rounds(COARSE[name])


def test_the_warning_counts_and_names_the_column():
    table = np.concatenate([np.zeros((1000, 1)), NORTHINGS], axis=1)
    with pytest.warns(UserWarning, match="leaves 1 of the 1,000 different values of column 1"):
        _float32.cast("x", table)


@pytest.mark.parametrize("table", [NORTHINGS, YEAR, COARSE["seconds"]], ids=["m", "s", "int"])
def test_centred_first_nothing_merges(table):
    center = _float32.location(table)
    left = _float32.cast("x", table, center)
    assert len(np.unique(left)) >= 0.99 * len(np.unique(table))
    np.testing.assert_allclose(left, table - np.median(table), rtol=1e-6, atol=1e-6)


def test_only_columns_far_from_0_have_a_location():
    table = np.concatenate([NORTHINGS, FINE["kelvin"][:1000]], axis=1)
    assert _float32.location(table).tolist() == [np.median(NORTHINGS), 0.0]
    for name in ("normal", "kelvin", "pascal", "wild", "amounts", "counts", "float32"):
        assert _float32.location(FINE[name]) is None, name


def test_few_values_that_do_not_merge_are_centred_too():
    table = np.array([[100_000.01], [100_000.02], [100_000.03]])
    left = _float32.cast("x", table, _float32.location(table))
    np.testing.assert_allclose(left[:, 0], [-0.01, 0.0, 0.01], atol=1e-9)


def test_what_is_beyond_float32_is_refused():
    with pytest.raises(ValueError, match="`x` must fit in float32. Received: 1e.39 among"):
        _float32.cast("x", np.array([[1e39], [1.0]]))
