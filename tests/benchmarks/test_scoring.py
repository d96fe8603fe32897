"""The rows a second in docs/scale.md are the measured ones."""

import json

from benchmarks import install_sizes, scoring

RESULT = json.loads((install_sizes.RESULT.parent / "scoring.json").read_text("utf-8"))


def test_the_page_shows_the_committed_result():
    page = (install_sizes.ROOT / "docs" / "scale.md").read_text("utf-8")
    assert f"<!-- scoring -->\n\n{scoring.table(RESULT)}" in page
    said = f"{RESULT['rows']:,} rows in {RESULT['files']} files"
    assert said in " ".join(page.split())


def test_ratios_are_of_one_round():
    rounds = [
        {"plain loop": {"whole": 2.0, "steady": 4.0}, "local": {"whole": 1.0, "steady": 4.0}},
        {"plain loop": {"whole": 4.0, "steady": 4.0}, "local": {"whole": 4.0, "steady": 2.0}},
    ]
    found = scoring.summary("local", rounds)
    assert found["whole_of_plain_each_round"] == [0.5, 1.0]
    assert (found["whole_of_plain"], found["steady_of_plain"]) == (0.75, 0.75)
