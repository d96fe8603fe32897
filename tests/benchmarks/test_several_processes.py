"""docs/scale.md says of several processes what was measured."""

import json

from benchmarks import install_sizes, several_processes

FOLDER = install_sizes.RESULT.parent
RESULT = json.loads((FOLDER / "several_processes.json").read_text("utf-8"))


def test_the_page_has_what_was_measured():
    page = (FOLDER.parents[1] / "docs" / "scale.md").read_text("utf-8")
    assert f"<!-- several processes -->\n\n{several_processes.table(RESULT)}" in page
    few, many = (several_processes.added_ms(RESULT, size) for size in (256, 2048))
    assert f"{few:.0f} ms more than half of one process' step at batch 256" in page
    assert f"and {many:.0f} ms at batch 2,048" in page
