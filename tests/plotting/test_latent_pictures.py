"""Pictures of a latent space: what they show and say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy, norm

from keras_ae.plotting import (
    code_bars,
    interpolations,
    kl_bars,
    latent_map,
    latent_traversals,
    manifold,
)
from keras_ae.plotting._dark import darkened
from keras_ae.plotting._label_places import free_places
from tests.plotting.figures import as_pixels, random, texts


def picture(figure):
    return np.asarray(figure.axes[0].get_images()[0].get_array())[..., :3]


def overlap(one, other):
    return not (
        one.x1 <= other.x0 or other.x1 <= one.x0 or one.y1 <= other.y0 or other.y1 <= one.y0
    )


@pytest.mark.parametrize("spread", [0.0, 0.05, 1.0])
def test_names_in_a_latent_map_do_not_overlap(spread):
    labels = np.arange(500) % 10
    middles = spread * np.random.default_rng(1).normal(size=(10, 2))
    latent = np.random.default_rng(0).normal(size=(500, 2)) + middles[labels]
    names = np.array([f"class {label}" for label in range(10)])
    figure = latent_map(latent, names[labels])
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert len(boxes) == 10
    assert not any(overlap(boxes[i], boxes[j]) for i in range(10) for j in range(i))
    frame = figure.axes[0].get_window_extent()
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 for box in boxes)
    assert all(frame.y0 <= box.y0 and box.y1 <= frame.y1 for box in boxes)


def test_a_name_that_was_moved_has_a_line_to_its_points():
    latent, labels = np.zeros((40, 2)), np.arange(40) % 4
    latent[:4] = [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    axes = latent_map(latent, labels).axes[0]
    moved = [text.get_position() for text in axes.texts]
    ends = [line.get_xydata() for line in axes.artists or axes.lines]
    assert ends
    for start, end in ends:
        np.testing.assert_allclose(start, 0, atol=1e-6)
        assert any(np.allclose(end, place) for place in moved)


@settings(deadline=None, max_examples=60)
@given(
    anchors=st.lists(st.tuples(st.floats(0, 500), st.floats(0, 400)), min_size=1, max_size=10),
    width=st.floats(8, 60),
)
def test_places_are_free_and_inside(anchors, width):
    sizes = np.full((len(anchors), 2), (width, 20.0))
    places = free_places(np.array(anchors), sizes, (0, 0), (500, 400))
    assert (places >= sizes / 2 - 1e-6).all()
    assert (places <= [500, 400] - sizes / 2 + 1e-6).all()
    for one in range(len(places)):
        for other in range(one):
            apart = np.abs(places[one] - places[other])
            assert (apart >= (sizes[one] + sizes[other]) / 2 - 1e-3).any()


def test_what_is_free_already_stays():
    anchors = np.array([[50.0, 50.0], [150.0, 50.0]])
    sizes = np.full((2, 2), 20.0)
    np.testing.assert_array_equal(free_places(anchors, sizes, (0, 0), (200, 100)), anchors)


def test_interpolations_are_rows():
    paths = random(3, 5, 4, 4, 1)
    figure = interpolations(paths, labels=["0 to 1", "2 to 3", "4 to 5"])
    shown = picture(figure)
    np.testing.assert_allclose(shown[5:9, 10:14, 0], paths[1, 2, ..., 0])
    assert texts(figure.axes[0].get_yticklabels()) == ["0 to 1", "2 to 3", "4 to 5"]
    assert texts(figure.axes[0].get_xticklabels()) == ["0%", "25%", "50%", "75%", "100%"]


def test_interpolations_of_vectors_are_lines_from_dark_to_light():
    paths = random(2, 6, 9)
    figure = interpolations(paths)
    for axes, path in zip(figure.axes, paths, strict=True):
        np.testing.assert_allclose([line.get_ydata() for line in axes.get_lines()], path)
        lightness = [np.mean(line.get_color()[:3]) for line in axes.get_lines()]
        assert lightness == sorted(lightness)
    assert texts(figure.legends[0].get_texts()) == ["0%", "60%", "100%"]


def test_a_traversal_changes_its_own_dimension_only():
    latent = np.array([0.1, 0.2, 0.3, 0.4])
    figure = latent_traversals(as_pixels, latent, dimensions=(2, 0), values=(0.5, 0.7, 0.9))
    assert texts(figure.axes[0].get_yticklabels()) == ["dimension 2", "dimension 0"]
    assert texts(figure.axes[0].get_xticklabels()) == ["0.5", "0.7", "0.9"]
    shown = picture(figure)[..., 0]
    for row, dimension in enumerate((2, 0)):
        for column, value in enumerate((0.5, 0.7, 0.9)):
            expected = latent.copy()
            expected[dimension] = value
            np.testing.assert_allclose(
                shown[2 * row, 5 * column : 5 * column + 4], expected, atol=1e-6
            )


def test_traversals_draw_the_first_ten_dimensions():
    names = texts(latent_traversals(as_pixels, np.zeros((1, 12))).axes[0].get_yticklabels())
    assert names == [f"dimension {index}" for index in range(10)]


def test_traversals_of_vectors_are_lines():
    weights = random(3, 7)
    figure = latent_traversals(lambda latent: latent @ weights, np.zeros(3), values=(-1, 0, 2))
    for dimension, axes in enumerate(figure.axes):
        drawn = [line.get_ydata() for line in axes.get_lines()]
        np.testing.assert_allclose(drawn, np.outer((-1, 0, 2), weights[dimension]), atol=1e-6)


def test_a_manifold_grows_to_the_right_and_upwards():
    latent, values = np.array([0.1, 0.2, 0.3]), (0.4, 0.6, 0.8)
    figure = manifold(as_pixels, latent, dimensions=(2, 1), values=values)
    shown = picture(figure)[..., 0]
    for row, up in enumerate(values[::-1]):
        for column, right in enumerate(values):
            np.testing.assert_allclose(
                shown[2 * row, 4 * column : 4 * column + 3], [0.1, up, right], atol=1e-6
            )
    title = figure.axes[0].get_title(loc="left")
    assert title == "Manifold: dimension 2 to the right, dimension 1 upwards"


def test_a_manifold_is_drawn_at_quantiles_of_the_normal_distribution():
    seen = []

    def decode(latent):
        seen.append(latent)
        return as_pixels(latent)

    manifold(decode)
    quantiles = norm.ppf((np.arange(15) + 0.5) / 15)
    np.testing.assert_allclose(np.unique(seen[0][:, 0]), quantiles, atol=1e-5)


def test_kl_bars_stand_by_their_height():
    kl = np.array([[0.5, 2.0, 0.0, 1.0], [1.5, 4.0, 0.0, 1.0]])
    axes = kl_bars(kl).axes[0]
    assert [bar.get_height() for bar in axes.patches] == [3.0, 1.0, 1.0, 0.0]
    assert texts(axes.get_xticklabels()) == ["1", "0", "3", "2"]
    assert axes.get_title(loc="left") == "KL of each latent dimension: 5 nats in all"
    assert axes.get_ylabel() == "KL, nats per example"
    assert len(kl_bars(np.ones(200)).axes[0].patches) == 200


def test_code_bars_show_shares_and_the_entropy_s_exponential():
    counts = np.array([[1, 0, 5, 2], [0, 0, 0, 3]])
    panels = code_bars(counts).axes
    for axes, row in zip(panels, counts, strict=True):
        expected = 100 * np.sort(row)[::-1] / row.sum()
        np.testing.assert_allclose(axes.patches[0].get_data().values, expected, rtol=1e-5)
        np.testing.assert_allclose(axes.lines[0].get_ydata(), 25.0)
    perplexity = (np.exp(entropy(counts[0])) + 1.0) / 2
    words = f"perplexity {perplexity:.3g} of 4, 50 % used"
    assert panels[0].get_title(loc="left") == f"Use of the codes: {words}"
    assert len(darkened(code_bars(counts)).axes) == 2  # reports hold a copy of each figure
