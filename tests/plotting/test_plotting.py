"""Figures: what they show and say, and that they become pictures."""

import io
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image
from sklearn.decomposition import PCA

from keras_ae.plotting import (
    code_bars,
    interpolations,
    kl_bars,
    latent_map,
    latent_traversals,
    manifold,
    reconstructions,
    roc,
    samples,
    save,
    score_histogram,
    scored_series,
    training_curves,
)
from keras_ae.plotting._figure import CLASS_COLOURS
from tests.plotting.figures import random, texts

HISTORY = {
    "loss": [220.0, 150.0, 140.0],
    "val_loss": [180.0, 155.0, 150.0],
    "nll": [200.0, 130.0, 118.0],
    "val_nll": [160.0, 134.0, 127.0],
    "kl": [20.0, 20.0, 22.0],
    "val_kl": [20.0, 21.0, 23.0],
    "learning_rate": [1e-3, 1e-3, 1e-4],
}


def decode(latent):
    return 1 / (1 + np.exp(-latent @ random(latent.shape[1], 64))).reshape(-1, 8, 8)


FIGURES = {
    "training_curves": lambda: training_curves(HISTORY),
    "reconstructions": lambda: reconstructions(random(12, 28, 28, 1), random(12, 28, 28)),
    "reconstructions_lines": lambda: reconstructions(random(7, 9), random(7, 9)),
    "samples": lambda: samples(random(20, 8, 6, 3)),
    "samples_large": lambda: samples(random(3, 100, 300), columns=3),
    "samples_many": lambda: samples(random(120, 28, 28), columns=120),
    "samples_one_pixel": lambda: samples(random(4, 1, 1, 1)),
    "samples_lines": lambda: samples(random(3, 40)),
    "latent_map": lambda: latent_map(random(50, 5), np.arange(50) % 10),
    "interpolations": lambda: interpolations(random(3, 7, 28, 28), labels=["0 to 1"] * 3),
    "latent_traversals": lambda: latent_traversals(decode, np.zeros(12)),
    "manifold": lambda: manifold(decode),
    "code_bars": lambda: code_bars(np.arange(24).reshape(3, 8)),
    "kl_bars": lambda: kl_bars(random(16)),
    "score_histogram": lambda: score_histogram(random(99), np.arange(99) % 2, 0.9),
    "roc": lambda: roc(random(99), np.arange(99) % 2, 0.9),
    "scored_series": lambda: scored_series(random(99, 2), random(99), 0.9, random(99) > 0.95),
    "latent_histogram": lambda: latent_map(random(50, 1), np.arange(50) % 3),
}


def legend_texts(legend):
    return texts(legend.get_texts())


def picture(figure):
    return figure.axes[0].get_images()[0].get_array()


@pytest.mark.parametrize("suffix", [".png", ".PNG", ".pdf", ".svg"])
def test_save_writes_the_format_of_the_suffix(tmp_path, suffix):
    written = save(training_curves(HISTORY), tmp_path / f"figure{suffix}")
    beginning = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}[suffix.lower()]
    assert written.read_bytes().startswith(beginning)
    assert list(tmp_path.iterdir()) == [written]


@pytest.mark.parametrize("make", FIGURES.values(), ids=FIGURES)
def test_the_picture_decodes_and_is_not_blank(make, tmp_path):
    path = save(make(), tmp_path / "figure.png")
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("L"))
    assert 0.002 < (pixels < 200).mean() < 0.98
    assert len(np.unique(pixels)) > 10
    height, width = pixels.shape
    assert 300 <= width <= 1500
    assert 60 <= height <= 1500
    # Nothing touches the border: no text is cut off.
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert border.min() == 255


def test_a_notebook_shows_the_figure():
    with Image.open(io.BytesIO(samples(random(4, 5, 5))._repr_png_())) as image:
        assert image.format == "PNG"


def test_save_replaces_whole_files_or_nothing(tmp_path):
    path = tmp_path / "figure.png"
    path.write_bytes(b"before")
    figure = samples(random(4, 5, 5))
    figure.set_size_inches(1e6, 1e6)
    with pytest.raises(ValueError, match="Image size"):
        save(figure, path)
    assert path.read_bytes() == b"before"
    folder = tmp_path / "folder.png"
    folder.mkdir()
    with pytest.raises(OSError, match=r"folder\.png"):
        save(samples(random(4, 5, 5)), folder)
    assert sorted(tmp_path.iterdir()) == [path, folder]
    save(samples(random(4, 5, 5)), str(path))
    assert path.read_bytes().startswith(b"\x89PNG")


def test_training_curves_have_a_panel_each_in_nats():
    figure = training_curves(HISTORY, title="A run")
    assert figure.get_suptitle() == "A run"
    assert [axes.get_title().split()[0] for axes in figure.axes] == ["loss", "nll", "kl"]
    assert figure.axes[0].get_ylabel() == "nats per example"
    assert {axes.get_xlabel() for axes in figure.axes} == {"epoch"}
    assert legend_texts(figure.axes[0].get_legend()) == ["training", "validation"]
    for axes, name in zip(figure.axes, ("loss", "nll", "kl"), strict=True):
        training, validation = axes.get_lines()
        np.testing.assert_array_equal(training.get_xdata(), [1, 2, 3])
        np.testing.assert_array_equal(training.get_ydata(), HISTORY[name])
        np.testing.assert_array_equal(validation.get_ydata(), HISTORY[f"val_{name}"])
        assert training.get_linestyle() != validation.get_linestyle()


def test_training_curves_of_what_there_is():
    (axes,) = training_curves({"loss": [2.0, np.nan], "rate": [0.1]}).axes
    assert len(axes.get_lines()) == 1


def test_training_curves_of_a_penalty_by_name():
    history = {**HISTORY, "mmd": [3.0, 2.0, 1.0], "val_mmd": [3.0, 2.5, 2.0]}
    figure = training_curves(history, penalties=("mmd",))
    assert [axes.get_title() for axes in figure.axes][2] == "mmd"
    np.testing.assert_array_equal(figure.axes[2].get_lines()[1].get_ydata(), history["val_mmd"])


def test_image_reconstructions_stand_under_their_originals():
    x = random(4, 3, 5, 1)
    figure = reconstructions(x, 1 - x, n=2, labels=[7, 2, 1, 0], corrupted=0 * x, title="Digits")
    (axes,) = figure.axes
    assert axes.get_title(loc="left") == "Digits"
    assert texts(axes.get_yticklabels()) == ["original", "corrupted", "reconstruction"]
    assert texts(axes.get_xticklabels()) == ["7", "2"]
    assert axes.get_xlabel() == ""
    shown = picture(figure)
    assert shown.shape == (3 * 3 + 2, 2 * 5 + 1, 4)
    for row, images in enumerate((x, 0 * x, 1 - x)):
        for column in range(2):
            cell = shown[4 * row : 4 * row + 3, 6 * column : 6 * column + 5, :3]
            np.testing.assert_allclose(cell, np.repeat(images[column], 3, axis=-1))


def test_pixels_are_whole_numbers_of_dots():
    figure = reconstructions(random(10, 28, 28), random(10, 28, 28))
    extent = figure.axes[0].get_window_extent()
    dots = extent.width / picture(figure).shape[1]
    assert dots == pytest.approx(round(dots), abs=1e-6)
    assert dots == pytest.approx(extent.height / picture(figure).shape[0])


def test_images_are_shown_in_the_unit_range():
    x = random(2, 3, 3)
    figure = reconstructions(x, 4 * x - 2)
    assert figure.axes[0].get_xlabel() == "values outside [0, 1] are clipped"
    np.testing.assert_allclose(picture(figure)[4:, :3, 0], np.clip(4 * x[0] - 2, 0, 1))
    whole = (255 * random(1, 3, 3, 3)).astype("uint8")
    np.testing.assert_allclose(picture(samples(whole))[..., :3], whole[0] / 255, atol=1e-6)


def test_vector_reconstructions_are_lines():
    x = random(7, 12)
    figure = reconstructions(x, 1 - x, n=6, labels=list("abcdefg"), corrupted=0 * x)
    assert [axes.get_title() for axes in figure.axes] == list("abcdef")
    for axes, original in zip(figure.axes, x, strict=False):
        drawn = [line.get_ydata() for line in axes.get_lines()]
        np.testing.assert_allclose(drawn, [original, 0 * original, 1 - original])
    assert legend_texts(figure.legends[0]) == ["original", "corrupted", "reconstruction"]
    assert (figure.get_supxlabel(), figure.get_supylabel()) == ("feature", "value")


def test_samples_fill_a_grid_row_by_row():
    images = random(5, 4, 4)
    shown = picture(samples(images, columns=3))
    assert shown.shape == (2 * 4 + 1, 3 * 4 + 2, 4)
    np.testing.assert_allclose(shown[5:, 5:9, 0], images[4])
    np.testing.assert_array_equal(shown[5:, 5:9, 3], 1)
    np.testing.assert_array_equal(shown[5:, 10:, 3], 0)  # where there is none, the page is seen
    assert len(samples(random(5, 4), columns=3).axes) == 5


def test_latent_map_of_two_dimensions_is_the_latent():
    labels = np.arange(30) % 3
    latent = random(30, 2) + [[0, 3], [3, 0], [3, 3]] * 10
    figure = latent_map(latent, labels)
    axes = figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("latent dimension 0", "latent dimension 1")
    (points,) = axes.collections
    colours = {
        tuple(np.round(point, 5)): tuple(colour[:3])
        for point, colour in zip(points.get_offsets(), points.get_facecolors(), strict=True)
    }
    for row, label in zip(latent.astype("float32"), labels, strict=True):
        assert colours[tuple(np.round(row.astype(float), 5))] == to_rgb(CLASS_COLOURS[label])
    assert legend_texts(figure.legends[0]) == ["0", "1", "2"]
    for text, label in zip(axes.texts, range(3), strict=True):
        assert text.get_text() == str(label)
        np.testing.assert_allclose(text.get_position(), np.median(latent[labels == label], 0))


def test_latent_map_projects_and_says_so():
    latent = random(40, 6) * [5, 4, 1, 1, 1, 1]
    figure = latent_map(latent)
    pca = PCA(2).fit(latent)
    first, second = pca.explained_variance_ratio_
    axes = figure.axes[0]
    assert axes.get_xlabel() == f"principal component 1 ({first:.0%} of the variance)"
    assert axes.get_ylabel() == f"principal component 2 ({second:.0%} of the variance)"
    assert axes.get_title(loc="left") == "Latent space (6 dimensions projected on two)"
    drawn = np.asarray(axes.collections[0].get_offsets())
    expected = pca.transform(latent)
    np.testing.assert_allclose(
        np.sort(np.abs(drawn), axis=0), np.sort(np.abs(expected), axis=0), rtol=1e-3, atol=1e-4
    )


def test_latent_map_of_a_collapsed_latent():
    axes = latent_map(np.zeros((5, 3))).axes[0]
    assert axes.get_xlabel() == "principal component 1 (0% of the variance)"


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (np.arange(30) % 2 == 0, ["False", "True"]),
        ((np.arange(30) % 3).astype("float32").reshape(-1, 1), ["0", "1", "2"]),
        (["cat", "dog", "cat"] * 10, ["cat", "dog"]),
    ],
)
def test_labels_that_are_classes(labels, names):
    assert legend_texts(latent_map(random(30, 2), labels).legends[0]) == names


@pytest.mark.parametrize("labels", [np.arange(30), np.linspace(0, 1, 30)])
def test_labels_that_are_a_scale(labels):
    figure = latent_map(random(30, 2), labels)
    assert not figure.legends
    assert figure.axes[1].get_ylabel() == "label"


def test_one_dimension_is_a_histogram():
    axes = latent_map(random(60, 1), np.arange(60) % 4).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("latent dimension 0", "examples")
    assert sum(bar.get_height() for bar in axes.patches) == 60


@pytest.mark.slow
def test_drawing_needs_neither_pyplot_nor_a_display_nor_keras():
    code = (
        "import sys, numpy as np, keras_ae.plotting as p; p.latent_map(np.eye(4))._repr_png_(); "
        "print([m for m in ('matplotlib.pyplot', 'keras', 'tensorflow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
