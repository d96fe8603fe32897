"""The optional packages: what each is for, and which extra of this package installs it."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

# NumPy is all that the package itself needs. Module: (what is done with it, the extra).
EXTRAS = {
    "jax": ("run Keras on JAX", "jax"),
    "jinja2": ("write a report", "plot"),
    "keras": ("build and train models", "tensorflow"),
    "matplotlib": ("draw figures", "plot"),
    "pandas": ("use tables of mixed columns", "tables"),
    "PIL": ("read and write image files", "plot"),
    "pyarrow": ("read and write Parquet files", "cluster"),
    "ray": ("run tasks in Ray", "cluster"),
    "rich": ("run the command line", "cli"),
    "skimage": ("measure structural similarity", "scores"),
    "scipy": ("fit the tail of scores, or pair dictionaries", "estimators"),
    "sklearn": ("use what is scikit-learn's", "estimators"),
    "tensorflow": ("run Keras on TensorFlow", "tensorflow"),
    "tensorflow_probability": ("make its distributions", "probability"),
    "tf_keras": ("import TensorFlow Probability", "probability"),
    "typer": ("run the command line", "cli"),
    "yaml": ("read and write a run's configuration", "cli"),
}
# What no extra installs, as clusters have their own. Module: (what is done with it, its package).
OWN = {
    "apache_beam": ("run tasks in Beam", "apache-beam"),
    "distributed": ("run tasks in Dask", "distributed"),
    "pyspark": ("run tasks in Spark", "pyspark"),
}


def installed(module: str) -> bool:
    """Return whether a module can be found; it isn't imported."""
    spec = importlib.util.find_spec(module)
    # An empty folder, such as an uninstalled package leaves behind, has a spec without a file.
    return spec is not None and spec.origin is not None


def require(*modules: str) -> None:
    """Raise, before they are imported, if modules of the table aren't installed.

    Raises:
        ImportError: In one line, what is missing, what for and what installs it; its `name` is
            the module's.

    Example:
        >>> require("keras", "jax")
    """
    for module in modules:
        if not installed(module):
            raise ImportError(line(module), name=module)


def load(name: str) -> ModuleType:
    """Import a module of this package; if it lacks one of the table, raise as `require` does."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not known(error.name):
            raise
        raise ImportError(line(str(error.name)), name=error.name) from error


def lazily(
    package: str, modules: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return a package's `__getattr__` and `__dir__`, which import names at their first use.

    Args:
        package: String, the package's name.
        modules: Dict from each such name to the full name of its module.
    """

    def get(name: str) -> Any:
        if name in modules:
            return getattr(load(modules[name]), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return get, lambda: sorted({*vars(sys.modules[package]), *modules})


@contextlib.contextmanager
def absent(*modules: str) -> Iterator[None]:
    """Import meanwhile as if modules weren't installed: nobody waits for what others may use.

    Those that are already imported stay. Afterwards all can be imported.

    Example:
        >>> with absent("antigravity"):
        ...     installed("antigravity")
        False
        >>> installed("antigravity")
        True
    """
    hidden = [name for name in modules if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # how Python marks what isn't there
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def known(module: str | None) -> bool:
    """Return whether a module is one of the tables'."""
    return module in EXTRAS or module in OWN


def line(module: str) -> str:
    """Return the line that says how to install a module of the tables.

    Example:
        >>> line("matplotlib")
        "`matplotlib` is needed to draw figures. Install it with: pip install 'keras-ae[plot]'"
    """
    own = module in OWN
    purpose, name = OWN[module] if own else EXTRAS[module]
    package = name if own else f"'keras-ae[{name}]'"
    return f"`{module}` is needed to {purpose}. Install it with: pip install {package}"
