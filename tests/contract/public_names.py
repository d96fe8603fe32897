"""The public names of the package, as text. Run as a script it renews the committed list.

python tests/contract/public_names.py
"""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

LIST = Path(__file__).with_name("public_api.txt")
PACKAGES = (
    "keras_ae",
    "keras_ae.datasets",
    "keras_ae.distributed",
    "keras_ae.estimators",
    "keras_ae.evaluation",
    "keras_ae.export",
    "keras_ae.layers",
    "keras_ae.models",
    "keras_ae.plotting",
    "keras_ae.probability",
    "keras_ae.report",
    "keras_ae.series",
    "keras_ae.tables",
    "keras_ae.training",
)


def public_objects():
    """Return every public class and function by its dotted name."""
    objects = {}
    for package in PACKAGES:
        module = importlib.import_module(package)
        for name in module.__all__:
            value = getattr(module, name)
            if not inspect.ismodule(value):
                objects[f"{package}.{name}"] = value
    return objects


def surface():
    """Return one line for each public name, with its arguments; classes with their methods."""
    lines = []
    for name, value in sorted(public_objects().items()):
        lines.append(f"{name}({', '.join(arguments(value))})")
        if inspect.isclass(value):
            for method, function in sorted(methods(value).items()):
                lines.append(f"    .{method}({', '.join(arguments(function))})")
    return "\n".join(lines) + "\n"


def methods(value):
    """Return a class's public methods by name, with those of its bases in private modules."""
    private = ("keras_ae.models._", "keras_ae.execution.", "keras_ae.tables._")
    bases = [each for each in value.__mro__[1:] if each.__module__.startswith(private)]
    return {
        name: function
        for owner in (*reversed(bases), value)
        for name, function in vars(owner).items()
        if not name.startswith("_") and inspect.isfunction(function)
    }


def arguments(value):
    """Return the names of the arguments, without self."""
    if hasattr(value, "_fields"):  # a named tuple
        return list(value._fields)
    function = value.__init__ if inspect.isclass(value) else value
    if inspect.isclass(value) and not inspect.isfunction(function):  # an exception's own
        return []
    parameters = inspect.signature(function).parameters.values()
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return [stars.get(p.kind, "") + p.name for p in parameters if p.name != "self"]


if __name__ == "__main__":
    LIST.write_text(surface(), "utf-8")
