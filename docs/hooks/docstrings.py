"""Docstrings, which are plain text with formulas in ASCII, as the Markdown that shows them."""

from __future__ import annotations

import re
from typing import Any

import griffe

# A line that starts with a formula, such as `log p(x) = sum[ ... ]` or `KL ~= ...`.
FORMULA = re.compile(r"(?:log )?[\w*|]+(?:\(.*?\)+)?(?:\[.*?\])? ~?= ")
SECTION = re.compile(r"\w[\w ]*:$")
# Our headings, as those that the parser of docstrings knows.
HEADINGS = {
    "Example:": "Examples:",
    "Call arguments:": "Other Parameters: Call arguments:",
    "Reference:": "Quote: Reference",
}


class PlainDocstrings(griffe.Extension):
    """Keep `x**2` from becoming bold type, and formulas on lines of their own."""

    def on_object(self, *, obj: Any, **_: Any) -> None:
        """Rewrite the docstring of an object."""
        if obj.docstring is not None:
            obj.docstring.value = to_markdown(obj.docstring.value)


def to_markdown(text: str) -> str:
    """Return a docstring with its headings renamed and its prose escaped."""
    lines, written = text.split("\n"), []
    margin, heading, code, begins = 0, "", False, True
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        words = line.strip()
        indent = len(line) - len(line.lstrip())
        if not words:
            begins = True
            written.append(line)
            continue
        if indent == 0:
            is_heading = bool(SECTION.match(line)) and following.startswith("    ")
            margin, heading = (4, line) if is_heading else (0, "")
            line = HEADINGS.get(heading, line)
        if begins:
            code = indent >= margin + 4
        code, begins = code or words.startswith(">>>"), False
        written.append(line if code else _prose(line, heading, bool(following.strip())))
    return "\n".join(written)


def _prose(line: str, heading: str, goes_on: bool) -> str:
    """Return a line of text, not of code."""
    if heading == "Returns:" and not line.startswith(heading):
        line = line.replace(": ", "&#58; ")  # else griffe takes what is before it for a type
    if not heading and goes_on and FORMULA.match(line):
        line = f"{line}  "  # Markdown's way to end a line
    return _escaped(line)


def _escaped(line: str) -> str:
    """Escape asterisks outside of backticks, but for those of an argument's name."""
    name = re.match(r" *\*\*?\w+:|", line)
    start = name.group() if name else ""
    parts = line[len(start) :].split("`")
    parts[::2] = [part.replace("*", r"\*") for part in parts[::2]]
    return start + "`".join(parts)
