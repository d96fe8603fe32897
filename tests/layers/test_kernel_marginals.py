"""Kernel marginals against SciPy's densities, and what makes them robust."""

import numpy as np
import pytest
from keras import ops
from scipy import integrate, stats

from keras_ae.layers import KernelMarginals

TABLE = np.random.default_rng(0).standard_t(3, size=(201, 3)) * [1.0, 50.0, 0.1] + [0, 5.0, -3.0]


def nats(layer, x):
    return ops.convert_to_numpy(layer(np.asarray(x, "float32")))


def density(layer, column, x):
    """Return the density of a column in its own units, by SciPy."""
    scale = layer.scale[column]
    kernels = stats.norm(layer.centers[column], layer.bandwidth * scale)
    tail = stats.cauchy(layer.location[column], scale).pdf(x)
    return (1 - layer.tail) * kernels.pdf(np.asarray(x)[..., None]).mean(-1) + layer.tail * tail


def test_it_is_scipy_s_mixture():
    layer = KernelMarginals.of(TABLE, kernels=16)
    found = nats(layer, TABLE)
    for column, scale in enumerate(layer.scale):
        expected = -np.log(density(layer, column, TABLE[:, column]) * scale)
        np.testing.assert_allclose(found[:, column], expected, rtol=1e-4, atol=1e-4)


def test_it_is_a_density():
    layer = KernelMarginals.of(TABLE[:, :1], kernels=8)
    z = np.concatenate([-np.geomspace(1e6, 1e-6, 20_000), np.geomspace(1e-6, 1e6, 20_000)])
    found = np.exp(-nats(layer, layer.location[0] + z[:, None] * layer.scale[0])[:, 0])
    assert integrate.trapezoid(found, z) == pytest.approx(1.0, abs=2e-3)


def test_kernels_stand_on_quantiles_in_scales_of_the_column():
    layer = KernelMarginals.of(TABLE, kernels=5)
    expected = np.quantile(TABLE, (0.1, 0.3, 0.5, 0.7, 0.9), axis=0, method="inverted_cdf")
    np.testing.assert_allclose(np.transpose(layer.centers), expected)
    np.testing.assert_allclose(layer.location, TABLE.mean(axis=0))
    np.testing.assert_allclose(layer.scale, TABLE.std(axis=0))


def test_ten_times_as_far_is_twice_log_ten_nats_more():
    layer = KernelMarginals.of(TABLE)
    far = nats(layer, [[1e4, 0, 0], [1e5, 0, 0], [1e30, 0, 0]])[:, 0]
    assert far[1] - far[0] == pytest.approx(2 * np.log(10), abs=0.01)
    assert np.isfinite(far).all()


def test_a_constant_column_has_a_scale_of_one():
    layer = KernelMarginals.of(np.full((10, 1), 7.0))
    assert layer.scale == [1.0]
    usual, other = nats(layer, [[7.0], [12.0]])[:, 0]
    assert other > usual + 5


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.zeros(3), r"`x` must be of shape \(rows, columns\)"),
        (np.zeros((0, 3)), "`x` must have no axis of size 0"),
        ([[np.nan]], "`x` must be finite"),
    ],
)
def test_what_it_can_not_be_made_of(table, message):
    with pytest.raises(ValueError, match=message):
        KernelMarginals.of(table)
