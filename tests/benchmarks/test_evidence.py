"""The evidence on the pages is what the committed results say."""

import itertools
import json

import pytest

from benchmarks import evidence_table
from benchmarks.imputation_table import METHODS, imputation
from benchmarks.reproduce import burda_mnist

RESULTS = evidence_table.results()


@pytest.mark.parametrize("name", evidence_table.PAGES)
def test_the_pages_show_the_committed_results(name):
    text = (evidence_table.ROOT / name).read_text("utf-8")
    assert evidence_table.with_tables(text) == text


@pytest.mark.parametrize("name", evidence_table.EVIDENCE_PAGES)
def test_all_evidence_is_on_the_pages(name):
    text = (evidence_table.ROOT / name).read_text("utf-8")
    for result in RESULTS:
        for entry in result["evidence"]:
            assert f"| {entry['what']} |" in text


def test_a_changed_result_would_show(monkeypatch):
    text = (evidence_table.ROOT / "README.md").read_text("utf-8")
    changed = [dict(RESULTS[0], evidence=[{"what": "w", "published": None, "here": 0.5}])]
    monkeypatch.setattr(evidence_table, "results", lambda: changed)
    assert "| w |  | 0.5 |\n" in evidence_table.with_tables(text)


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result["script"])
def test_results_say_where_they_come_from(result):
    folder = evidence_table.ROOT / "benchmarks"
    scripts = {path.stem for path in (*folder.glob("*.py"), *(folder / "reproduce").glob("*.py"))}
    assert result["script"] in scripts
    assert result["minutes"] > 0
    assert result["machine"]
    assert {"seed", "runs", "seeds"} & set(result)


def test_the_curve_joins_both_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(evidence_table, "RESULTS", tmp_path)
    assert evidence_table.curve() == ""
    (tmp_path / "reproduce").mkdir()
    for name, points in (("vae_k1", {1: 120.0, 4: 110.25}), ("iwae_k5", {4: 108.0})):
        curve = [{"epoch": epoch, "nll": nll} for epoch, nll in points.items()]
        path = tmp_path / "reproduce" / f"burda_mnist_{name}.json"
        path.write_text(json.dumps({"curve": curve}))
    assert evidence_table.curve().splitlines()[2:] == [
        "| 1 | 120.00 |  |",
        "| 4 | 110.25 | 108.00 |",
    ]


def test_the_smallest_error_of_each_case_is_bold():
    result = json.loads((evidence_table.RESULTS / "reproduce" / "imputation.json").read_text())
    head, lines = imputation(result)
    cases, means = lines[: result["cases"]], lines[result["cases"] :]
    assert [line[1] for line in means] == ["10 %", "30 %", "50 %"]
    assert all(sum(cell.startswith("**") for cell in line) == 1 for line in lines)
    assert {line[:2] for line in cases} == {
        (name.replace("_", " "), rate.replace("%", " %"))
        for name, table in result["tables"].items()
        for rate in table
    }
    for place, name in enumerate(METHODS, 2):
        bold = [line[place] for line in cases if line[place].startswith("**")]
        assert len(bold) == result["best"][name], head[place]


def test_burda_s_schedule_is_3280_epochs_in_pieces():
    pieces = burda_mnist.segments(8)
    assert pieces[:4] == [(0, 0, 1), (1, 1, 4), (2, 4, 13), (3, 13, 33)]
    assert pieces[-1][2] == 3280
    assert all(a[2] == b[1] for a, b in itertools.pairwise(pieces))
    assert max(last - first for _, first, last in pieces) == burda_mnist.EVERY
    assert burda_mnist.segments(6)[-1][2] == 364
