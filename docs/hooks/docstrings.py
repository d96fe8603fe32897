"""Docstrings, which are plain text with formulas in ASCII, as the Markdown that shows them."""

from __future__ import annotations

import re
from typing import Any

import griffe

SECTION = re.compile(r"\w[\w ]*:$")
# Our headings, as those that the parser of docstrings knows.
HEADINGS = {
    "Example:": "Examples:",
    "Call arguments:": "Other Parameters: Call arguments:",
    "Reference:": "Quote: Reference",
}


class PlainDocstrings(griffe.Extension):
    """Keep `x**2` from becoming bold type, and name sections as griffe does."""

    def on_object(self, *, obj: Any, **_: Any) -> None:
        """Rewrite the docstring of an object."""
        if obj.docstring is not None:
            obj.docstring.value = to_markdown(obj.docstring.value)


def to_markdown(text: str) -> str:
    """Return a docstring with its headings renamed and the asterisks of its prose escaped."""
    lines, written = text.split("\n"), []
    margin, code, begins = 0, False, True
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        words = line.strip()
        indent = len(line) - len(line.lstrip())
        if not words:
            begins = True
            written.append(line)
            continue
        if indent == 0:
            heading = bool(SECTION.match(line)) and following.startswith("    ")
            margin = 4 if heading else 0
            if heading:
                line = HEADINGS.get(line, line)
        if begins:
            code = indent >= margin + 4
        code, begins = code or words.startswith(">>>"), False
        written.append(line if code else _escaped(line))
    return "\n".join(written)


def _escaped(line: str) -> str:
    """Escape asterisks outside of backticks, but for those of an argument's name."""
    name = re.match(r" *\*\*?\w+:|", line)
    start = name.group() if name else ""
    parts = line[len(start) :].split("`")
    parts[::2] = [part.replace("*", r"\*") for part in parts[::2]]
    return start + "`".join(parts)
