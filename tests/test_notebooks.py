"""Every notebook runs from top to bottom, draws its pictures and warns of nothing."""

import re

import pytest

from tests.environments import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LIMIT = 200_000  # bytes of all notebooks
# Trainings and an imputation that take long are done with less here; what a notebook asserts must
# hold even so.
SHORTER = {
    "denoising": {"epochs=20": "epochs=8"},
    "export_and_serve": {"epochs=60": "epochs=10"},
    "first_vae": {"epochs=20": "epochs=5"},
    "images_and_tokens": {"max_examples=4000": "max_examples=1200"},
    "sparse_features": {"epochs=30": "epochs=6", "epochs=8": "epochs=2"},
    "tables": {"epochs=40": "epochs=15", "impute(payments,": "impute(payments, 500,"},
}
# As in pyproject.toml: other packages' own warnings, by name.
EXPECTED = ("distutils Version classes are deprecated", "__array__ implementation doesn't accept")


def test_there_are_eight_small_notebooks_without_outputs():
    import nbformat

    names = {path.stem for path in NOTEBOOKS}
    others = {"anomaly_detection", "series", "tables", "export_and_serve"}
    others |= {"images_and_tokens", "sparse_features"}
    assert names == {"first_vae", "denoising", *others}
    assert sum(path.stat().st_size for path in NOTEBOOKS) < LIMIT
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert not any(cell.outputs or cell.execution_count for cell in code), path.name


def shortened(path):
    """Return the text of a notebook that trains for less."""
    text = path.read_text("utf-8")
    for long, short in SHORTER.get(path.stem, {}).items():
        assert text.count(long) == 1
        text = text.replace(long, short)
    return text


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_runs(path, tmp_path, monkeypatch):
    import nbclient
    import nbformat

    monkeypatch.setenv("PYTHONWARNINGS", "default")
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    folder = tmp_path / "work"
    folder.mkdir()
    notebook = nbformat.reads(shortened(path), as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute()

    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    said = "".join(output.text for output in outputs if output.output_type == "stream")
    warned = [line for line in said.splitlines() if re.search(r"\w+Warning: ", line)]
    assert not [line for line in warned if not any(words in line for words in EXPECTED)], said
    assert any("image/png" in output.get("data", {}) for output in outputs)
