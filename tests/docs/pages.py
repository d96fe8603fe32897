"""The pages of the documentation, and their links to the source."""

from pathlib import Path

from docs.hooks.source_pages import LINK

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))


def links(page):
    """Return (path, name) of each link to a file of the repository; the name may be empty."""
    return LINK.findall(page.read_text("utf-8"))
