"""Python processes for which some packages are not installed."""

from sysconfig import _get_sysconfigdata_name  # of a module that `sysconfig` imports

from tests.environments import ROOT

# Python's own finder, told to find nothing of them; their children inherit it.
SITE = """
import sys
from importlib.machinery import PathFinder

found = PathFinder.find_spec

def find_spec(name, path=None, target=None):
    package = name.split(".")[0]
    return None if {absent} else found(name, path, target)

PathFinder.find_spec = staticmethod(find_spec)
"""


def without(folder, *packages):
    """Return the PYTHONPATH of processes that lack `packages`; write what does it to `folder`."""
    return _path(folder, f"package in {packages!r}")


def only_with(folder, *packages):
    """The same of processes that have this package, `packages` and what comes with Python."""
    present = {"keras_ae", "sitecustomize", _get_sysconfigdata_name(), *packages}
    return _path(folder, f"package not in {present!r} | sys.stdlib_module_names")


def _path(folder, absent):
    (folder / "sitecustomize.py").write_text(SITE.format(absent=absent))
    return f"{folder}:{ROOT}"
