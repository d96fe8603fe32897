"""The site is built strictly, and needs nothing from outside."""

import re
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag

import pytest

from docs.hooks.source_pages import line_of
from tests.contract.public_names import public_objects
from tests.docs.pages import ROOT, links
from tests.subprocesses import run

# What a browser fetches by itself, unlike a link that a reader follows.
FETCHED = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src")}
RELATIONS = {"stylesheet", "icon", "preload", "preconnect", "dns-prefetch"}


class Page(HTMLParser):
    """The addresses and anchors of a page."""

    def __init__(self, text):
        super().__init__()
        self.fetched, self.links, self.anchors = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.anchors |= {values[name] for name in ("id", "name") if values.get(name)}
        self.fetched += [values[name] for kind, name in FETCHED if tag == kind and name in values]
        if tag == "link" and RELATIONS & set(values.get("rel", "").split()):
            self.fetched.append(values["href"])
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = ["-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    run([sys.executable, *command], cwd=ROOT, NO_MKDOCS_2_WARNING="1")
    return {
        path.relative_to(folder).as_posix(): Page(path.read_text("utf-8"))
        for path in folder.rglob("*.html")
    }, folder


@pytest.mark.slow
def test_nothing_comes_from_outside(site):
    pages, folder = site
    for name, page in pages.items():
        outside = [each for each in page.fetched if re.match(r"(\w+:)?//", each)]
        assert not outside, name
    for sheet in folder.rglob("*.css"):
        assert not re.findall(
            r"(?:@import|url\()\s*['\"]?(?:https?:)?//", sheet.read_text("utf-8")
        )


@pytest.mark.slow
def test_links_within_the_site_lead_somewhere(site):
    pages, folder = site
    for name, page in pages.items():
        if name == "404.html":  # its addresses are those of a server's root
            continue
        for link in page.links:
            target, anchor = urldefrag(link)
            if re.match(r"\w+:", target):
                continue
            path = ((folder / name).parent / target).resolve() if target else folder / name
            assert path.exists(), f"{name}: {link}"
            other = pages.get(path.relative_to(folder.resolve()).as_posix())
            if anchor and other is not None:
                assert unquote(anchor) in other.anchors, f"{name}: {link}"


@pytest.mark.slow
def test_every_public_name_has_its_place(site):
    pages, _ = site
    anchors = set().union(*(page.anchors for name, page in pages.items() if "reference" in name))
    assert {name for name in public_objects() if name.count(".") > 1} <= anchors


@pytest.mark.slow
def test_the_maths_page_leads_to_lines(site):
    pages, _ = site
    expected = {
        f"source/{path}.html#L-{line_of(name, ROOT / path)}"
        for path, name in links(ROOT / "docs" / "maths.md")
        if name
    }
    assert expected
    assert expected <= set(pages["maths.html"].links)
