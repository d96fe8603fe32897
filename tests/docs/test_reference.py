"""The reference has every public name, once."""

import re

from tests.contract.public_names import public_objects
from tests.docs.source_links import ROOT

PAGES = sorted((ROOT / "docs" / "reference").glob("*.md"))


def test_every_public_name_is_in_the_reference_once():
    listed = [
        name
        for page in PAGES
        for name in re.findall(r"^::: ([\w.]+)$", page.read_text("utf-8"), re.MULTILINE)
    ]
    # The names at the top are those of `keras_ae.models`.
    public = [name for name in public_objects() if name.count(".") > 1]
    assert sorted(listed) == sorted(public)
