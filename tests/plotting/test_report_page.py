"""A page: what is put on it, and that it holds all it shows."""

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from keras_ae.plotting import (
    ReportPicture,
    ReportSection,
    ReportTable,
    latent_map,
    samples,
    score_histogram,
    training_curves,
    write_report,
)
from keras_ae.plotting._dark import INK, PAPER, darkened
from keras_ae.plotting._figure import BLUE, ORANGE
from tests.plotting.figures import random
from tests.plotting.pages import Page


def curves():
    return training_curves({"loss": [3.0, 2.0], "val_loss": [3.5, 2.5]})


def test_a_page_holds_all_it_shows(tmp_path):
    sections = [
        ReportSection(
            "Latent space & more",
            "Two <pictures>.",
            [
                ReportPicture(latent_map(random(50, 2), np.arange(50) % 5), 'A "map"', "<b>"),
                ReportPicture(samples(random(6, 5, 5)), "Samples", wide=True),
            ],
        ),
        ReportSection(
            "Numbers",
            tables=[
                ReportTable(("name", "value"), [("a", "1.5"), ("<script>x</script>", "-2e-05")]),
                ReportTable((), [("version", "0.1.0")], "Versions"),
            ],
            code="keras-ae demo > log && echo <done>",
        ),
    ]
    figures = [("ELBO", "-104.2", "nats per example")]
    path = write_report(tmp_path / "page.html", "<VAE>", sections, "Trained & scored.", figures)
    assert list(tmp_path.iterdir()) == [path]
    page = Page(path.read_text("utf-8"))
    assert page.check() == 2
    assert [image["alt"] for image in page.all("img")] == ['A "map"', "Samples"]
    for words in ("<VAE>", "Trained & scored.", "-104.2", "Two <pictures>.", "Versions", "0.1.0"):
        assert words in page.words
    assert "<script>x</script>" in page.words
    assert "keras-ae demo > log && echo <done>" in page.words
    assert [link["href"] for link in page.all("a")] == ["#latent-space-more", "#numbers"]
    assert sum(cell.get("class") == "number" for cell in page.all("td")) == 2
    assert {"lang": "en"} in page.all("html")


def test_a_page_replaces_whole_files_or_nothing(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("before")
    bad = ReportPicture(curves(), "Curves")
    bad.figure.set_size_inches(1e6, 1e6)
    with pytest.raises(ValueError, match="Image size"):
        write_report(path, "A", [ReportSection("B", pictures=[bad])])
    assert (path.read_text(), list(tmp_path.iterdir())) == ("before", [path])
    assert "before" not in write_report(str(path), "A", []).read_text()


def test_a_figure_is_darkened_in_a_copy():
    figure = score_histogram(random(50), np.arange(50) % 2, threshold=0.5)
    before = figure._repr_png_()
    dark = darkened(figure)
    assert figure._repr_png_() == before
    axes = dark.axes[0]
    assert to_hex(dark.get_facecolor()) == PAPER == to_hex(axes.get_facecolor())
    assert to_hex(axes.xaxis.label.get_color()) == INK == to_hex(dark._suptitle.get_color())
    assert {to_hex(label.get_color()) for label in axes.get_xticklabels()} == {INK}
    edges = [patch.get_edgecolor() for patch in axes.patches]
    colours = {to_hex(edge).upper() for edge in edges if edge[3]}
    assert colours == {BLUE, ORANGE}
    assert min(to_rgb(axes.lines[0].get_color())) > 0.7  # the threshold, nearly black before
    points = darkened(latent_map(random(50, 2), np.arange(50) % 5))
    assert to_hex(points.axes[0].texts[0].get_color()) == INK


def test_pyplot_does_not_keep_the_copy():
    from matplotlib import pyplot

    figure, axes = pyplot.subplots()
    axes.plot([1, 2])
    before = pyplot.get_fignums()
    assert to_hex(darkened(figure).get_facecolor()) == PAPER
    assert pyplot.get_fignums() == before
    pyplot.close(figure)


@pytest.mark.parametrize(
    ("cell", "numeric"),
    [
        ("1,234", True),
        ("-1.5e-05", True),
        ("5%", True),
        ("0.4 %", True),
        ("", False),
        ("-", False),
    ],
)
def test_a_column_of_numbers_is_recognised(cell, numeric):
    assert ReportTable((), [("name", cell)]).numeric == (False, numeric)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: ReportPicture("figure", "a"), TypeError, "`figure` must be a `matplotlib"),
        (lambda: ReportPicture(curves(), " "), ValueError, "`alt` must be a string that isn't"),
        (lambda: ReportPicture(curves(), "a", wide=1), TypeError, "`wide` must be True or False"),
        (lambda: ReportTable(("a",), []), ValueError, "`rows` must be at least one row"),
        (lambda: ReportTable(("a",), [("b", "c")]), ValueError, "lengths [1, 2]"),
        (lambda: ReportTable(("a",), [(1,)]), TypeError, "`rows` must hold strings. Received: 1"),
        (lambda: ReportSection(1), TypeError, "`title` must be a string"),
        (lambda: ReportSection("a", pictures=["b"]), TypeError, "a sequence of `ReportPicture`"),
        (lambda: write_report("a.htm", "a", []), ValueError, "`path` must end in .html"),
        (lambda: write_report("a.html", "a", ["b"]), TypeError, "a sequence of `ReportSection`"),
        (
            lambda: write_report("a.html", "a", [ReportSection("b"), ReportSection("b")]),
            ValueError,
            "`sections` must have different titles. Received: b, b",
        ),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error) as raised:
        make()
    assert message in str(raised.value)
