"""The snippets of docs/deployment.md, by the comment above each."""

import re

from tests.environments import ROOT

PAGE = ROOT / "docs" / "deployment.md"


def snippet(name):
    """Return the code under the comment `<!-- name -->`."""
    pattern = rf"^<!-- {name} -->\n```\w+\n(.*?)^```$"
    (code,) = re.findall(pattern, PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return code
