"""A figure on a page."""

from __future__ import annotations

import dataclasses

from matplotlib.figure import Figure

from keras_ae import _checks


@dataclasses.dataclass(frozen=True)
class ReportPicture:
    """A figure of a report, with the words that belong to it.

    Args:
        figure: `matplotlib.figure.Figure`. The report shows it on light pages as it is, on dark
            ones with light text on a dark ground.
        alt: String, what the picture shows, for those who don't see it; not empty.
        caption: String, below the picture; possibly empty.
        wide: Whether it takes the whole width of the page; others stand side by side where there
            is room.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `alt` is empty.

    Example:
        >>> from keras_ae.plotting import training_curves
        >>> figure = training_curves({"loss": [2.0, 1.0]})
        >>> ReportPicture(figure, "Loss falls from 2 to 1").wide
        False
    """

    figure: Figure
    alt: str
    caption: str = ""
    wide: bool = False

    def __post_init__(self) -> None:
        _checks.instance("figure", self.figure, Figure, "a `matplotlib.figure.Figure`")
        _checks.instance("alt", self.alt, str, "a string that isn't empty")
        _checks.instance("caption", self.caption, str, "a string")
        _checks.boolean("wide", self.wide)
        if not self.alt.strip():
            raise ValueError(
                f"`alt` must be a string that isn't empty. Received: {_checks.shown(self.alt)}"
            )
