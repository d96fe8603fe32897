"""Links from the documentation to the source lead to what they name."""

import re
from types import SimpleNamespace

import pytest
from mkdocs.exceptions import PluginError

from docs.hooks.source_pages import line_of, on_page_markdown
from tests.docs.pages import PAGES, ROOT, links

SAMPLING = "keras_ae/layers/sampling.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_definition(page):
    found = links(page)
    assert len(re.findall(r"\]\(\.\./[\w./-]+\.(?:py|ipynb)", page.read_text("utf-8"))) == len(
        found
    )
    for path, name in found:
        assert (ROOT / path).is_file()
        if name:
            assert line_of(name, ROOT / path)


def test_the_maths_page_links_to_what_it_derives():
    linked = {name for _, name in links(ROOT / "docs" / "maths.md")}
    assert linked >= {
        "normal_log_prob",
        "continuous_bernoulli_log_normalizer",
        "MaskingNoise.corrupt",
        "kl_discrete",
        "kl_normal",
        "kl_multivariate_normal",
        "evidence_bound",
        "Sampling.call",
        "SoftplusScale.call",
        "KLPenalty.total",
        "importance_weighted_bound",
        "mmd_unbiased",
    }


def test_a_link_s_text_is_what_it_leads_to():
    text = (ROOT / "docs" / "maths.md").read_text("utf-8")
    for words, name in re.findall(r"\[`([\w.]+)`\]\([^)#]+\.py#([\w.]+)\)", text):
        assert words == name
    assert text.count(".py#") == len(re.findall(r"\[`[\w.]+`\]\([^)#]+\.py#", text))


def test_the_site_s_link_has_the_line_of_the_definition():
    page = SimpleNamespace(file=SimpleNamespace(src_uri="reference/index.md"))
    config = SimpleNamespace(config_file_path=str(ROOT / "mkdocs.yml"))
    made = on_page_markdown(f"[`call`](../{SAMPLING}#Sampling.call)", page=page, config=config)
    (line,) = re.findall(rf"^\[`call`\]\(\.\./source/{SAMPLING}\.md#L-(\d+)\)$", made)
    assert (ROOT / SAMPLING).read_text("utf-8").splitlines()[int(line) - 1].strip() == "def call("


def test_a_link_to_nothing_is_an_error():
    with pytest.raises(PluginError, match=r"expected a definition of Sampling\.jump"):
        line_of("Sampling.jump", ROOT / SAMPLING)
