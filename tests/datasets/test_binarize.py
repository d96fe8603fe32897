"""One fixed draw of black and white images."""

import numpy as np
import pytest

from keras_ae.datasets import binarize

GREY = np.tile(np.linspace(0, 1, 11), (20_000, 1))


def test_frequencies_are_the_grey_levels():
    drawn = binarize(GREY, seed=3)
    assert drawn.dtype == np.float32
    assert set(np.unique(drawn)) == {0.0, 1.0}
    error = np.sqrt(GREY[0] * (1 - GREY[0]) / len(GREY))
    assert (np.abs(drawn.mean(0) - GREY[0]) <= 4 * error).all()


def test_the_draw_depends_on_the_seed_alone():
    first = binarize(GREY, seed=3)
    assert np.array_equal(first, binarize(GREY.astype("float32"), seed=3))
    assert not np.array_equal(first, binarize(GREY, seed=4))
    assert np.array_equal(first, binarize(first, seed=9))
    # More examples begin with the same draws, past the size that is drawn at a time.
    assert np.array_equal(first[:5000], binarize(GREY[:5000], seed=3))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.arange(4, dtype="uint8")[None] * 80, r"`x` must lie in \[0, 1\].*divide by 255"),
        (np.zeros((0, 3)), "`x` must have no axis of size 0"),
        (np.full((2, 2), np.nan), "`x` must be finite"),
        ([["a"]], "`x` must be an array of numbers"),
    ],
)
def test_bad_data_are_named(x, message):
    with pytest.raises(ValueError, match=message):
        binarize(x)


def test_a_bad_seed_is_named():
    with pytest.raises(ValueError, match="`seed` must be an integer >= 0. Received: seed=-1"):
        binarize(GREY, seed=-1)
