"""Links from pages to files of the repository lead to pages of the site.

A page links to a line as `../keras_ae/probability/bounds.py#L16`, which works where the repository
is shown. For the site this makes a page of each file that is linked to, and a link to its line.
`tests/docs/test_source_links.py` checks that each link names what stands in that line.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

LINK = re.compile(r"\]\(\.\./([\w./-]+\.(?:py|ipynb))(?:#L(\d+))?\)")


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


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Point the page's links to files of the repository at their pages."""
    start = posixpath.dirname(page.file.src_uri)

    def link(match: re.Match[str]) -> str:
        path, line = match.groups()
        target = _source_page(path) if path.endswith(".py") else f"{path[:-6]}.md"
        anchor = f"#L-{line}" if line else ""
        return f"]({posixpath.relpath(target, start or '.')}{anchor})"

    return LINK.sub(link, markdown)


def _page(path: str, code: str) -> str:
    """Return a page with a file's code; HTML, since MkDocs finds no anchors in blocks of code."""
    formatter = HtmlFormatter(linenos="inline", lineanchors="L", anchorlinenos=True)
    return f"---\nsearch:\n  exclude: true\n---\n# {path}\n\n{highlight(code, PythonLexer(), formatter)}"


def _source_page(path: str) -> str:
    return f"source/{path}.md"
