"""Links from pages to files of the repository lead to pages of the site, and there to lines.

A page links to a definition as `../keras_ae/layers/sampling.py#Sampling.call`. Where the
repository is shown, that opens the file. For the site this makes a page of each file that is
linked to, and finds the line of the definition when the site is built: none can be out of date.
"""

from __future__ import annotations

import ast
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

LINK = re.compile(r"\]\(\.\./([\w./-]+\.(?:py|ipynb))(?:#([\w.]+))?\)")


def on_files(files: Any, config: Any) -> Any:
    """Add a page for each source file that a page links to."""
    root = Path(config.config_file_path).parent
    pages = [file for file in files if file.is_documentation_page()]
    linked = {path for page in pages for path, _ in LINK.findall(page.content_string)}
    for path in sorted(linked):
        if path.endswith(".py"):
            text = _page(path, (root / path).read_text("utf-8"))
            files.append(File.generated(config, _source_page(path), content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Point the page's links to files of the repository at their pages."""
    root = Path(config.config_file_path).parent
    start = posixpath.dirname(page.file.src_uri)

    def link(match: re.Match[str]) -> str:
        path, name = match.groups()
        target = _source_page(path) if path.endswith(".py") else f"{path[:-6]}.md"
        anchor = f"#L-{line_of(name, root / path)}" if name else ""
        return f"]({posixpath.relpath(target, start or '.')}{anchor})"

    return LINK.sub(link, markdown)


def line_of(name: str, path: Path) -> int:
    """Return the line where a function, class or method is defined, such as `Sampling.call`.

    Raises:
        PluginError: The file doesn't define it.
    """
    nodes = ast.parse(path.read_text("utf-8")).body
    for part in name.split("."):
        found = [
            node
            for node in nodes
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == part
        ]
        if not found:
            raise PluginError(f"{path}: expected a definition of {name}. Received: none")
        nodes = found[0].body
    return found[0].lineno


def _page(path: str, code: str) -> str:
    """Return a page with a file's code; HTML, since MkDocs finds no anchors in blocks of code."""
    formatter = HtmlFormatter(linenos="inline", lineanchors="L", anchorlinenos=True)
    block = highlight(code, PythonLexer(), formatter)
    return f"---\nsearch:\n  exclude: true\n---\n# {path}\n\n{block}"


def _source_page(path: str) -> str:
    return f"source/{path}.md"
