"""The reference lists public names, each once, and gets those that it doesn't list."""

import re
from types import SimpleNamespace

import pytest

from docs.hooks import further_names
from tests.contract.public_names import PACKAGES, public_objects
from tests.docs.pages import ROOT

REFERENCE = ROOT / "docs" / "reference"
# The names at the top are those of `keras_ae.models`.
NAMES = [package.removeprefix("keras_ae.") for package in PACKAGES if "." in package]


def with_further_names(name, markdown):
    page = SimpleNamespace(file=SimpleNamespace(src_uri=f"reference/{name}.md"))
    config = SimpleNamespace(config_file_path=str(ROOT / "mkdocs.yml"))
    return further_names.on_page_markdown(markdown, page=page, config=config)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_of_a_package_has_its_names_once(name):
    page = with_further_names(name, (REFERENCE / f"{name}.md").read_text("utf-8"))
    listed = re.findall(r"^::: ([\w.]+)$", page, re.MULTILINE)
    public = [each for each in public_objects() if each.startswith(f"keras_ae.{name}.")]
    assert sorted(listed) == sorted(public)


def test_a_name_that_no_section_lists_stands_at_the_end():
    page = with_further_names("export", "# Export\n\n::: keras_ae.export.verify\n")
    head, _, further = page.partition("## Further names")
    assert "::: keras_ae.export.verify" in head
    assert "::: keras_ae.export.export_model" in further
    assert "verify" not in further
