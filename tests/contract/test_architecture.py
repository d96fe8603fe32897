"""Imports go down only, heavy ones are lazy, files stay short, and every folder is shipped."""

import ast
import collections
import tomllib

import pytest

from tests.environments import ROOT

FLOORS = [
    {
        "_arrays",
        "_files",
        "_backend",
        "_checks",
        "_config",
        "_extras",
        "_float32",
        "_gradients",
        "_loading",
        "_parquet",
        "_progress",
        "_registration",
        "_untuned",
    },
    {"probability"},
    {"layers", "execution"},
    {"models"},
    {"datasets", "evaluation", "plotting"},
    {"training"},
    {"estimators", "tables"},
    {"series"},
    {"export"},
    {"report", "distributed"},
    {"commands"},
    {"cli"},
    {"__init__", "__main__"},
]
FLOOR = {part: height for height, parts in enumerate(FLOORS) for part in parts}
PACKAGE = [
    path
    for folder in ("keras_ae", "export")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not path.is_relative_to(ROOT / "keras_ae" / "export")
]
ALL = [
    *PACKAGE,
    *sorted((ROOT / "tests").rglob("*.py")),
    *sorted((ROOT / "benchmarks").rglob("*.py")),
]
BACKEND_MODULES = {"keras_ae/execution/on_jax.py", "keras_ae/execution/on_tensorflow.py"}
HEAVY = {
    "PIL",
    "jax",
    "matplotlib",
    "pandas",
    "sklearn",
    "tensorflow",
    "tensorflow_probability",
    "torch",
}
# Keras gives every model a method `export`: what it calls stands above, imported at the call.
UPWARD_AT_CALL = {"keras_ae/models/autoencoder.py": {"export"}}
# What draws with matplotlib is imported only to draw, and estimators are scikit-learn's.
HEAVY_ALLOWED = {
    "keras_ae/plotting": {"matplotlib"},
    "keras_ae/estimators": {"sklearn"},
    "keras_ae/series": {"sklearn"},
}


def relative(path):
    return path.relative_to(ROOT).as_posix()


def part(path):
    inside = path.relative_to(ROOT)
    return "export" if inside.parts[0] == "export" else inside.with_suffix("").parts[1]


def imported(tree):
    """Yield the modules that a tree imports from this package, below `keras_ae`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            assert node.level == 0, f"a relative import at line {node.lineno}"
            if module == "keras_ae":
                yield from (alias.name for alias in node.names)
            elif module.startswith("keras_ae."):
                yield module.split(".")[1]
        elif isinstance(node, ast.Import):
            names = (alias.name.split(".") for alias in node.names)
            yield from (name[1] for name in names if name[0] == "keras_ae" and len(name) > 1)


def at_import(tree):
    """Return what of a tree runs when the module is imported, as far as it imports."""
    return ast.Module(
        [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    )


def top_level_imports(tree):
    """Yield the packages that are imported when the module is, TYPE_CHECKING blocks left out."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


MAX_LINES = 300  # of a file
MAX_FOLDER_LINES = 2_500  # of code: neither blank lines, nor comments, nor docstrings


def trees():
    """Return the parsed files of the package by their place."""
    return {path: ast.parse(path.read_text("utf-8")) for path in PACKAGE}


# One test looks at all files: thousands of small ones would take longer to hand out than to run.
def test_imports_go_down():
    found = {}
    for path, tree in trees().items():
        own = part(path)
        if own == "__init__":
            continue  # the package's front: names at first use
        at_call = UPWARD_AT_CALL.get(relative(path), set())
        names = set(imported(tree)) - {own} - at_call
        unknown = names - set(FLOOR)
        assert not unknown, f"{relative(path)} imports modules without a floor: {sorted(unknown)}"
        up = {name for name in names if FLOOR[name] >= FLOOR[own] and FLOOR[own] > 0}
        found[relative(path)] = up | at_call & set(imported(at_import(tree)))
    assert {path: names for path, names in found.items() if names} == {}


def test_heavy_imports_are_lazy():
    found = {}
    for path, tree in trees().items():
        allowed = set()
        for folder, names in HEAVY_ALLOWED.items():
            allowed |= names if relative(path).startswith(folder) else set()
        found[relative(path)] = set(top_level_imports(tree)) & HEAVY - allowed
    assert {path: names for path, names in found.items() if names} == {}


def test_the_core_knows_no_backend():
    found = {}
    for path, tree in trees().items():
        core = part(path) in {"probability", "layers", "execution", "models"}
        if not core or relative(path) in BACKEND_MODULES:
            continue
        names = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add((node.module or "").split(".")[0])
        found[relative(path)] = names & {"tensorflow", "jax", "torch"}
    assert {path: names for path, names in found.items() if names} == {}


def of_one_kind():
    """Return the names of the classes that only their owners may tell apart.

    What a model can do is asked of the model: `functions()`, `penalties`, `prior`, `is_bound`. The
    base classes are what arguments are checked by.
    """
    folders = [
        "models",
        *(f"layers/{kind}" for kind in ("bottlenecks", "posteriors", "penalties")),
    ]
    paths = [path for folder in folders for path in (ROOT / "keras_ae" / folder).glob("*.py")]
    classes = {
        node.name
        for path in paths
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    }
    return classes - {"Autoencoder", "Bottleneck", "Posterior", "Penalty"}


def test_only_models_ask_for_a_class():
    names = of_one_kind()
    assert {"VariationalAutoencoder", "NormalBottleneck", "KLPenalty", "NormalPosterior"} <= names
    found = []
    for path in PACKAGE:
        if path.is_relative_to(ROOT / "keras_ae" / "models"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            asks = isinstance(node, ast.Call) and getattr(node.func, "id", "") in {
                "isinstance",
                "issubclass",
            }
            asks = asks or (
                isinstance(node, ast.Compare)
                and any(isinstance(each, (ast.Is, ast.IsNot)) for each in node.ops)
            )
            asked = {
                getattr(each, "id", getattr(each, "attr", ""))
                for each in (ast.walk(node) if asks else ())
            }
            found += [f"{relative(path)}:{node.lineno}: {name}" for name in asked & names]
    assert not found


def test_no_file_is_long():
    lines = {relative(path): len(path.read_text("utf-8").splitlines()) for path in ALL}
    assert {path: count for path, count in lines.items() if count > MAX_LINES} == {}


def code_lines(tree):
    """Return how many lines hold code."""
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    places = (node for node in ast.walk(tree) if hasattr(node, "lineno"))
    code = (
        node for node in places if not isinstance(node, ast.Expr) and id(node) not in docstrings
    )
    return len({line for node in code for line in (node.lineno, node.end_lineno)})


def test_no_folder_is_large():
    """Of code; a room of the exporters doesn't have as many lines of any kind."""
    lines = collections.Counter()
    for path, tree in trees().items():
        folder = relative(path.parent)
        room = folder.startswith("export/")
        lines[folder] += len(path.read_text("utf-8").splitlines()) if room else code_lines(tree)
    assert {path: count for path, count in lines.items() if count > MAX_FOLDER_LINES} == {}
    assert lines["export"] > MAX_FOLDER_LINES / 2  # they are counted


def test_every_folder_is_shipped():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    listed = settings["tool"]["setuptools"]["packages"]
    found = {path.parent.relative_to(ROOT).as_posix().replace("/", ".") for path in PACKAGE}
    found = {f"keras_ae.{name}" if name.startswith("export") else name for name in found}
    assert sorted(listed) == sorted(found)


def test_every_folder_is_a_package():
    for folder in {path.parent for path in PACKAGE}:
        assert (folder / "__init__.py").is_file(), relative(folder)


def test_export_is_a_link():
    link = ROOT / "keras_ae" / "export"
    assert link.is_symlink()
    assert link.readlink().as_posix() == "../export"


def test_the_owner_s_folders_are_there():
    for name in ("keras_ae", "export", "tests", "saved_models", "pyproject.toml", "README.md"):
        assert (ROOT / name).exists()


@pytest.mark.parametrize("floor", ["probability", "layers", "execution", "models"])
def test_keras_is_imported_before_any_part_of_what_the_models_need(floor):
    """Whichever module is imported first: Keras' import brings the models, which need them all."""
    tree = ast.parse((ROOT / "keras_ae" / floor / "__init__.py").read_text("utf-8"))
    names = [
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert names[:2] == ["keras_ae", "keras"]  # the extras, which tell that Keras is missing
