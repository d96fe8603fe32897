import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_ae.evaluation import active_units


@given(st.lists(st.sampled_from([0.0, 0.05, 0.2, 3.0]), min_size=1, max_size=8))
def test_counts_the_dimensions_that_vary(scales):
    means = np.random.default_rng(0).normal(size=(1000, len(scales))) * scales + 7.0
    assert active_units(means) == sum(scale > 0.1 for scale in scales)


def test_the_threshold_is_a_variance():
    means = [[0.0, 0.0], [1.0, 0.2]]  # variances 0.25 and 0.01
    assert [active_units(means, threshold) for threshold in (0.0, 0.011, 0.25)] == [2, 1, 0]


def test_a_common_offset_costs_no_digits():
    means = 1e6 + np.array([[0.0], [0.25]] * 50, "float32")
    assert active_units(means) == 1


@pytest.mark.parametrize(
    ("means", "threshold", "message"),
    [
        ([1.0, 2.0], 0.01, r"`means` must have shape \(examples, latent_dim\).* shape=\(2,\)"),
        ([[1.0, 2.0]], 0.01, "at least 2 examples"),
        ([[1.0], [np.nan]], 0.01, "`means` must be finite. Received: 1 NaN"),
        ([[1.0], [2.0]], -0.1, "`threshold` must be a number >= 0"),
        ([[1.0], [2.0]], "low", "`threshold` must be a number"),
    ],
)
def test_bad_arguments(means, threshold, message):
    with pytest.raises((TypeError, ValueError), match=message):
        active_units(means, threshold)
