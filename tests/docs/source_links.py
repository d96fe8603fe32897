"""The links from pages to lines of the source. Run as a script it renews their line numbers.

python tests/docs/source_links.py
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\[`([\w.]+)`\]\(\.\./([\w/]+\.py)#L(\d+)\)")


def pages():
    """Return the pages of the documentation."""
    return sorted((ROOT / "docs").rglob("*.md"))


def links(text):
    """Return (name, path, line) of each link to a line of the source."""
    return [(name, path, int(line)) for name, path, line in LINK.findall(text)]


def line_of(name, path):
    """Return the line where a function, class or method is defined, such as `Sampling.call`.

    Raises:
        LookupError: The file doesn't define it.
    """
    nodes = ast.parse((ROOT / path).read_text("utf-8")).body
    kinds = (ast.FunctionDef, ast.ClassDef)
    for part in name.split("."):
        found = [node for node in nodes if isinstance(node, kinds) and node.name == part]
        if not found:
            raise LookupError(f"{path} doesn't define {name}")
        nodes = found[0].body
    return found[0].lineno


def renewed(text):
    """Return a page with the right line in each link."""

    def link(match):
        name, path, _ = match.groups()
        return f"[`{name}`](../{path}#L{line_of(name, path)})"

    return LINK.sub(link, text)


if __name__ == "__main__":
    for page in pages():
        page.write_text(renewed(page.read_text("utf-8")), "utf-8")
