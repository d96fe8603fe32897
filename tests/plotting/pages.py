"""A page as a test sees it: its parts, its pictures, and what it would fetch."""

import base64
import html.parser
import io
import re

import numpy as np
from PIL import Image

VOID = {"img", "link", "meta", "source", "br", "hr"}


class Page(html.parser.HTMLParser):
    """The elements of a page, and its text.

    Args:
        text: String, the HTML.
    """

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.words, self.css = [], [], [], ""
        self.source = text
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.css += data
        elif data.strip():
            self.words.append(" ".join(data.split()))

    def all(self, tag):
        """Return the attributes of all elements of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    def check(self):
        """Fail unless the page holds all it shows, and says in words what its pictures show."""
        addresses = [
            value
            for _, attributes in self.elements
            for name, value in attributes.items()
            if name in ("src", "srcset", "href", "data", "poster", "action")
        ]
        assert all(each.startswith(("data:image/png;base64,", "#")) for each in addresses)
        assert not re.search(r"url\(|@import", self.css)
        assert {"script", "iframe", "object", "link"}.isdisjoint(tag for tag, _ in self.elements)
        anchors = {attributes["id"] for attributes in self.all("section")}
        assert {each for each in addresses if each.startswith("#")} <= {f"#{a}" for a in anchors}
        for image in self.all("img"):
            assert image["alt"].strip()
        light = [decode(image["src"]) for image in self.all("img")]
        dark = [decode(source["srcset"]) for source in self.all("source")]
        assert len(light) == len(dark)
        for one, other in zip(light, dark, strict=True):
            assert one.shape == other.shape
            assert len(np.unique(one)) > 10  # not blank
            assert one[0, 0] > 250 > 60 > other[0, 0]  # on white, and on nearly black
        assert 'color-scheme" content="light dark"' in self.source
        assert "@media print" in self.css
        return len(light)


def decode(uri):
    """Return the grey values of a picture in a data URI."""
    content = base64.b64decode(uri.removeprefix("data:image/png;base64,"), validate=True)
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("L"))


def read(path):
    """Return a page, how many pictures it has after a look at each, and its words."""
    page = Page(path.read_text("utf-8"))
    return page, page.check(), " | ".join(page.words)


def unread(path):
    """Return a page whose pictures aren't looked at, and its words."""
    page = Page(path.read_text("utf-8"))
    return page, " | ".join(page.words)
