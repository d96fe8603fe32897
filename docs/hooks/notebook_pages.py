"""The notebooks as pages of the site: their text, and their code without outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

FOLDER = "notebooks"


def on_files(files: Any, config: Any) -> Any:
    """Add a page for each notebook of the repository."""
    root = Path(config.config_file_path).parent
    for notebook in sorted((root / FOLDER).glob("*.ipynb")):
        page = f"{FOLDER}/{notebook.stem}.md"
        files.append(File.generated(config, page, content=_markdown(notebook)))
    return files


def _markdown(notebook: Path) -> str:
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    first, *others = [_cell(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    note = f"This page is the notebook `{FOLDER}/{notebook.name}`, which the tests execute."
    return "\n\n".join([first, note, *others]) + "\n"


def _cell(kind: str, source: str) -> str:
    return source if kind == "markdown" else f"```python\n{source}\n```"
