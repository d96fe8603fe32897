"""A page of its own for a model."""

from __future__ import annotations

import base64
import importlib.resources
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras_ae import _checks, _extras, _files
from keras_ae.plotting._dark import INK, PAPER, darkened, png
from keras_ae.plotting.report_picture import ReportPicture
from keras_ae.plotting.report_section import ReportSection

TEMPLATE = "report.html"
PIXELS_PER_INCH = 100  # of a figure: its text is then as large as the page's
MAX_SMALL_PICTURE_PIXELS = 480  # wide: such pictures stand three in a row


def write_report(
    path: str | os.PathLike[str],
    title: str,
    sections: Sequence[ReportSection],
    lead: str = "",
    figures: Sequence[tuple[str, str, str]] = (),
) -> Path:
    """Write an HTML page that holds all it shows: text, tables and pictures.

    The page needs no network and no script. It is light or dark as the reader's system is, reads
    on a phone and prints. It is written beside its destination and then moved there.

    Args:
        path: String or path that ends in .html, in a folder that exists. A file that is there
            already is replaced.
        title: String, the page's heading.
        sections: Sequence of `ReportSection` with different titles.
        lead: String, the sentence below the heading; possibly empty.
        figures: Sequence of (name, value, unit), three strings each: what matters most, in large
            type on top.

    Returns:
        The path.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `path` has another suffix, or two sections have the same title.
        OSError: the folder is missing or can't be written to, or the disk is full.

    Example:
        >>> import tempfile
        >>> from keras_ae.plotting import ReportPicture, training_curves
        >>> curves = ReportPicture(training_curves({"loss": [2.0, 1.0]}), "Loss falls from 2 to 1")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     section = ReportSection("Training", pictures=[curves])
        ...     page = write_report(f"{folder}/report.html", "A model", [section])
        ...     page.read_text("utf-8").count("data:image/png;base64,")
        2
    """
    _checks.instance("title", title, str, "a string")
    _checks.instance("lead", lead, str, "a string")
    sections = _checks.items("sections", sections, "a sequence of `ReportSection`")
    for section in sections:
        _checks.instance("sections", section, ReportSection, "a sequence of `ReportSection`")
    titles = [section.title for section in sections]
    if len(set(titles)) < len(titles):
        raise ValueError(
            f"`sections` must have different titles. Received: {', '.join(sorted(titles))}"
        )
    path = page_path(path)
    page = _template().render(
        title=title,
        lead=lead,
        figures=_checked_figures(figures),
        sections=sections,
        paper=PAPER,
        ink=INK,
    )
    with _files.written_beside(path) as beside:
        beside.write_text(page, "utf-8")
    return path


def page_path(path: Any) -> Path:
    """Return a path that a page can have: it ends in .html."""
    path = _checks.path("path", path)
    if path.suffix.lower() != ".html":
        raise ValueError(f"`path` must end in .html. Received: path={_checks.shown(str(path))}")
    return path


def _checked_figures(figures: Any) -> list[tuple[str, ...]]:
    expected = "a sequence of (name, value, unit), three strings each"
    rows = _checks.items("figures", figures, expected)
    checked = [tuple(_checks.items("figures", row, expected)) for row in rows]
    for row in checked:
        if len(row) != 3 or not all(isinstance(each, str) for each in row):
            received = _checks.shown(row)
            raise TypeError(f"`figures` must be {expected}. Received: {received}")
    return checked


def _template() -> Any:
    _extras.require("jinja2")
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["embedded"] = _embedded
    environment.filters["anchor"] = _anchor
    environment.filters["small"] = _small
    source = importlib.resources.files("keras_ae.plotting").joinpath(TEMPLATE)
    return environment.from_string(source.read_text("utf-8"))


def _embedded(picture: ReportPicture) -> dict[str, Any]:
    """Return both versions of a picture as data URIs, and its size in CSS pixels."""
    width, height = picture.figure.get_size_inches() * PIXELS_PER_INCH
    versions = {"light": picture.figure, "dark": darkened(picture.figure)}
    uris = {
        name: "data:image/png;base64," + base64.b64encode(png(figure)).decode()
        for name, figure in versions.items()
    }
    return {**uris, "width": round(width), "height": round(height)}


def _small(pictures: Sequence[ReportPicture]) -> bool:
    """Whether all pictures are small."""
    widths = [picture.figure.get_size_inches()[0] * PIXELS_PER_INCH for picture in pictures]
    return max(widths) <= MAX_SMALL_PICTURE_PIXELS


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
