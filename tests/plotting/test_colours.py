"""Colours: told apart with every colour vision deficiency."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from keras_ae.plotting._figure import BLUE, CLASS_COLOURS, GREY, ORANGE

# Machado, Oliveira and Fernandes, 2009: full deficiencies, on linear RGB.
DEFICIENCIES = {
    "none": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "red": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]],
    "green": [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9690]],
    "blue": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]],
}


@pytest.mark.parametrize("deficiency", DEFICIENCIES.values(), ids=DEFICIENCIES)
@pytest.mark.parametrize("colours", [CLASS_COLOURS, (BLUE, ORANGE, GREY)])
def test_colours_are_told_apart_by_the_colour_blind(colours, deficiency):
    rgb = np.array([to_rgb(colour) for colour in colours])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = (linear @ np.transpose(deficiency)).clip(0, 1)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    x, y, z = np.cbrt(seen @ to_xyz.T / [0.9505, 1.0, 1.089]).T
    lab = np.stack([116 * y, 500 * (x - y), 200 * (y - z)], axis=-1)
    # A difference of 2.3 is just noticeable (CIE 1976).
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(lab, 2)) > 15
