"""Links from the documentation to lines of the source lead where they say."""

import pytest

from tests.docs.source_links import ROOT, line_of, links, pages, renewed

LINKS = {(page.name, *link) for page in pages() for link in links(page.read_text("utf-8"))}


@pytest.mark.parametrize(("page", "name", "path", "line"), sorted(LINKS))
def test_the_link_leads_to_the_definition(page, name, path, line):
    assert line == line_of(name, path), f"{page}: run `python tests/docs/source_links.py`"


def test_the_maths_page_links_to_what_it_derives():
    linked = {name for page, name, _, _ in LINKS if page == "maths.md"}
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


def test_every_link_to_a_line_names_what_it_leads_to():
    for page in pages():
        text = page.read_text("utf-8")
        assert text.count(".py#L") == len(links(text)), page


def test_links_are_renewed():
    path = "keras_ae/layers/sampling.py"
    text = f"[`Sampling.call`](../{path}#L1)"
    (found,) = links(renewed(text))
    line = (ROOT / path).read_text("utf-8").splitlines()[found[2] - 1]
    assert line.strip().startswith("def call(")
    with pytest.raises(LookupError, match="doesn't define Sampling.jump"):
        renewed(text.replace("call", "jump"))
