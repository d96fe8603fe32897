"""Public names that no section of the reference lists stand at the end of their package's page."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

LISTED = re.compile(r"^::: ([\w.]+)$", re.MULTILINE)


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Add what the package has in `__all__` and the page doesn't list."""
    folder, _, name = page.file.src_uri.removesuffix(".md").rpartition("/")
    root = Path(config.config_file_path).parent
    module = root / "keras_ae" / name / "__init__.py"
    if folder != "reference" or not module.is_file():
        return markdown
    package = f"keras_ae.{name}"
    listed = set(LISTED.findall(markdown))
    names = [f"{package}.{each}" for each in public_names(module)]
    further = [f"::: {each}" for each in names if each not in listed]
    return "\n\n".join([markdown, "## Further names", *further]) if further else markdown


def public_names(module: Path) -> list[str]:
    """Return `__all__` of a module, which is not imported."""
    for node in ast.parse(module.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return names
    raise ValueError(f"{module}: expected a module with __all__. Received: one without")
