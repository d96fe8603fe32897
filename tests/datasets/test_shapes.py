import dataclasses

import numpy as np
import pytest
from scipy import ndimage

from keras_ae.datasets import DataError, load_dataset
from keras_ae.datasets.shapes import PLACES_PER_AXIS, RADII_PIXELS, SHAPES, shapes


@pytest.fixture(scope="module")
def data():
    return shapes()


@pytest.fixture(scope="module")
def grid(data):
    """Return the images by shape, scale, orientation, x and y."""
    counts = tuple(data.factors_train.max(0) + 1)
    assert np.prod(counts) == len(data.x_train)
    return data.x_train.reshape(*counts, 32, 32)


def test_the_factors_are_every_combination_once(data):
    assert len(np.unique(data.factors_train, axis=0)) == len(data.x_train) == 6144
    assert len({image.tobytes() for image in data.x_train}) == 6144
    np.testing.assert_array_equal(data.y_train, data.factors_train[:, 0])
    assert data.class_names == SHAPES


def test_the_images_are_what_the_factors_say(grid):
    """Areas grow with the square of the scale; centres move with x and y alone."""
    areas = grid.sum((-1, -2)).mean((2, 3, 4))
    for square_ellipse_heart in areas:
        np.testing.assert_allclose(
            square_ellipse_heart / np.square(RADII_PIXELS), square_ellipse_heart[0] / 25, rtol=0.02
        )
    # A square in the unit circle has area 2, the ellipse pi / 2.
    np.testing.assert_allclose(areas[:2, -1] / 64, [2.0, np.pi / 2], rtol=0.01)
    for view in grid[:2, 1, 3].reshape(-1, PLACES_PER_AXIS, PLACES_PER_AXIS, 32, 32):
        for x in (0, 5):
            for y in (0, 7):
                centre = ndimage.center_of_mass(view[x, y])
                assert centre == pytest.approx((2 * y + 8.5, 2 * x + 8.5), abs=0.01)


def test_orientation_turns_clockwise_by_an_eighth_of_a_right_angle(grid):
    for shape, name in enumerate(SHAPES):
        flat, turned = (grid[shape, 3, o, 3, 3, 6:24, 6:24] for o in (0, 4))
        off = [
            np.abs(ndimage.rotate(flat, angle, reshape=False, order=1) - turned).mean()
            for angle in (-45.0, 45.0)
        ]
        assert off[0] < 0.04  # what interpolation leaves at the edges
        assert name == "square" or off[1] > 3 * off[0]


def test_nothing_is_cut_off(grid):
    ink = grid.sum((0, 1, 2, 3, 4))
    assert ink[[0, -1]].sum() == ink[:, [0, -1]].sum() == 0
    assert (grid.min(), grid.max()) == (0.0, 1.0)


def test_the_factors_follow_the_examples():
    data = load_dataset("shapes", test_fraction=0.1, seed=2, max_examples=100)
    assert data.factors_train.shape == data.factors_test.shape == (100, 5)
    whole = shapes()
    place = (data.factors_test * [2048, 512, 64, 8, 1]).sum(1)
    np.testing.assert_array_equal(data.x_test, whole.x_train[place])
    np.testing.assert_array_equal(data.y_test, data.factors_test[:, 0])
    place = (data.factors_train * [2048, 512, 64, 8, 1]).sum(1)
    np.testing.assert_array_equal(data.x_train, whole.x_train[place])


def test_factors_that_dont_fit_are_refused(data):
    with pytest.raises(DataError, match=r"`factors_train` of shape \(6144, 5\).*\(6144, 4\)"):
        dataclasses.replace(data, factors_train=data.factors_train[:, 1:])
