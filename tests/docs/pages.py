"""The pages of the documentation, and their links to the source."""

from docs.hooks.source_pages import LINK
from tests.environments import ROOT

PAGES = sorted((ROOT / "docs").rglob("*.md"))


def links(page):
    """Return (path, name) of each link to a file of the repository; the name may be empty."""
    return LINK.findall(page.read_text("utf-8"))
