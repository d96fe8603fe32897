"""A part of a page."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from keras_ae import _checks
from keras_ae.plotting.report_picture import ReportPicture
from keras_ae.plotting.report_table import ReportTable


@dataclasses.dataclass(frozen=True)
class ReportSection:
    """A part of a report: a heading, then text, pictures, tables and code in this order.

    Args:
        title: String, the heading; the sections of a report have different ones.
        text: String, a paragraph below it; possibly empty.
        pictures: Sequence of `ReportPicture`.
        tables: Sequence of `ReportTable`.
        code: String, shown as it is; possibly empty.

    Raises:
        TypeError: An argument is of the wrong type.

    Example:
        >>> ReportSection("Again", code="keras-ae demo").title
        'Again'
    """

    title: str
    text: str = ""
    pictures: Sequence[ReportPicture] = ()
    tables: Sequence[ReportTable] = ()
    code: str = ""

    def __post_init__(self) -> None:
        for name in ("title", "text", "code"):
            _checks.instance(name, getattr(self, name), str, "a string")
        for name, kind in (("pictures", ReportPicture), ("tables", ReportTable)):
            expected = f"a sequence of `{kind.__name__}`"
            held = tuple(_checks.items(name, getattr(self, name), expected))
            for item in held:
                _checks.instance(name, item, kind, expected)
            object.__setattr__(self, name, held)  # frozen; an iterator is read once
