"""Python processes for which some packages are not installed."""

from tests.export.subprocesses import ROOT

# Python's own finder, told to find nothing of them; their children inherit it.
SITE = """
from importlib.machinery import PathFinder

found = PathFinder.find_spec

def find_spec(name, path=None, target=None):
    return None if name.split(".")[0] in {packages!r} else found(name, path, target)

PathFinder.find_spec = staticmethod(find_spec)
"""


def without(folder, *packages):
    """Return the PYTHONPATH of processes that lack `packages`; write what does it to `folder`."""
    (folder / "sitecustomize.py").write_text(SITE.format(packages=packages))
    return f"{folder}:{ROOT}"
