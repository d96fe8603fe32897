"""Windows of a series: a column of panels a window, a row a channel."""

import numpy as np
import pytest

from keras_ae.plotting import interpolations, latent_traversals, reconstructions, samples

WINDOWS = np.random.default_rng(0).normal(size=(5, 12, 2)).astype("float32")
CHANNELS = ["level", "flow"]


def lines(axes):
    return [line.get_ydata() for line in axes.get_lines()]


def test_reconstructions_are_two_lines_a_channel():
    figure = reconstructions(
        WINDOWS, WINDOWS + 1, n=2, labels=list("abcde"), channels=CHANNELS, corrupted=WINDOWS - 1
    )
    assert len(figure.axes) == 4
    for place, axes in enumerate(figure.axes):
        window, channel = place % 2, place // 2
        drawn = lines(axes)
        for line, values in zip(drawn, (WINDOWS, WINDOWS - 1, WINDOWS + 1), strict=True):
            np.testing.assert_array_equal(line, values[window, :, channel])
    assert [axes.get_ylabel() for axes in figure.axes] == ["level", "", "flow", ""]
    assert [axes.get_title() for axes in figure.axes] == ["a", "b", "", ""]
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == ["original", "corrupted", "reconstruction"]


def test_the_panels_of_a_channel_share_their_axis():
    figure = samples(WINDOWS * [1.0, 1000.0], channels=CHANNELS)
    assert len(figure.axes) == 10  # two rows of at most three windows, two channels each
    limits = [axes.get_ylim() for axes in figure.axes]
    assert len({*limits[:3], *limits[6:8]}) == 1
    assert len({*limits[3:6], *limits[8:]}) == 1
    assert limits[3][1] > 100 * limits[0][1]


def test_paths_are_lines_from_dark_to_light():
    paths = np.stack([WINDOWS[:3], WINDOWS[2:]])
    figure = interpolations(paths, channels=CHANNELS)
    np.testing.assert_array_equal(lines(figure.axes[3])[1], paths[1, 1, :, 1])
    figure = latent_traversals(
        lambda latent: WINDOWS[:1] * latent[:, :1, None],
        [0.0, 0.0],
        (1, 0),
        (1, 3),
        channels=CHANNELS,
    )
    assert [axes.get_title() for axes in figure.axes[:2]] == ["dimension 1", "dimension 0"]
    np.testing.assert_array_equal(lines(figure.axes[0])[1], 0 * WINDOWS[0, :, 0])
    np.testing.assert_array_equal(lines(figure.axes[3])[1], 3 * WINDOWS[0, :, 1])


def test_many_channels_are_cut_and_counted():
    many = np.repeat(WINDOWS, 10, axis=2)
    figure = samples(many[:1], channels=[f"channel {place}" for place in range(20)])
    assert len(figure.axes) == 8
    assert figure.get_suptitle() == "Samples (the first 8 of 20 channels)"


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: samples(WINDOWS, channels=["a"]), "`images` must be windows (n, time, 1), as"),
        (lambda: samples(WINDOWS[0], channels=CHANNELS), "Received: shape=(12, 2)"),
        (lambda: samples(WINDOWS, channels=[]), "`channels` must be a non-empty sequence"),
        (lambda: samples(WINDOWS, channels="ab"), "`channels` must be a non-empty sequence"),
        (lambda: samples(WINDOWS, channels=[1, 2]), "`channels` must be"),
        (
            lambda: interpolations(WINDOWS, channels=CHANNELS),
            "`paths` must be an array (pairs, steps, ...) of windows",
        ),
        (
            lambda: latent_traversals(lambda latent: latent, [0.0], channels=CHANNELS),
            "`decode(latent)` must be windows (n, time, 2)",
        ),
        (
            lambda: reconstructions(WINDOWS, WINDOWS[:, 1:], channels=CHANNELS),
            "`reconstruction` must have the shape of `x`",
        ),
    ],
)
def test_errors(draw, words):
    with pytest.raises((TypeError, ValueError)) as raised:
        draw()
    assert words in str(raised.value)
