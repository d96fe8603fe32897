"""Imports go down only, heavy ones are lazy, files stay short, and every folder is shipped."""

import ast
import tomllib
from pathlib import Path

import pytest

from keras_ae.export.formats import FORMATS, SOURCE

ROOT = Path(__file__).parents[2]
FLOORS = [
    {
        "_arrays",
        "_files",
        "_backend",
        "_checks",
        "_config",
        "_extras",
        "_float32",
        "_loading",
        "_registration",
        "_untuned",
    },
    {"_shuffled_batches"},
    {"probability"},
    {"layers"},
    {"models"},
    {"datasets", "evaluation", "plotting"},
    {"training"},
    {"estimators"},
    {"export"},
    {"report"},
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
BACKEND_MODULES = {
    f"keras_ae/models/{name}.py"
    for name in (
        "_blocks_jax",
        "_blocks_tensorflow",
        "_compiled_jax",
        "_compiled_tensorflow",
        "_replicas",
    )
}
HEAVY = {
    "PIL",
    "jax",
    "matplotlib",
    "sklearn",
    "tensorflow",
    "tensorflow_probability",
    "torch",
}
# Keras gives every model a method `export`: what it calls stands above, imported at the call.
UPWARD_AT_CALL = {"keras_ae/models/autoencoder.py": {"export"}}
# What draws with matplotlib is imported only to draw, and estimators are scikit-learn's.
HEAVY_ALLOWED = {"keras_ae/plotting": {"matplotlib"}, "keras_ae/estimators": {"sklearn"}}


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


@pytest.mark.parametrize("path", PACKAGE, ids=relative)
def test_imports_go_down(path):
    own = part(path)
    if own == "__init__":
        return  # the package's front: names at first use
    tree = ast.parse(path.read_text("utf-8"))
    at_call = UPWARD_AT_CALL.get(relative(path), set())
    assert not at_call & set(imported(at_import(tree)))
    names = set(imported(tree)) - {own} - at_call
    unknown = names - set(FLOOR)
    assert not unknown, f"modules without a floor: {sorted(unknown)}"
    level = [name for name in sorted(names) if FLOOR[name] >= FLOOR[own] and FLOOR[own] > 0]
    assert not level, f"imports from its own floor or above: {level}"


@pytest.mark.parametrize("path", PACKAGE, ids=relative)
def test_heavy_imports_are_lazy(path):
    allowed = set()
    for folder, names in HEAVY_ALLOWED.items():
        allowed |= names if relative(path).startswith(folder) else set()
    heavy = set(top_level_imports(ast.parse(path.read_text("utf-8")))) & HEAVY - allowed
    assert not heavy


@pytest.mark.parametrize("path", PACKAGE, ids=relative)
def test_the_core_knows_no_backend(path):
    if part(path) not in {"probability", "layers", "models"} or relative(path) in BACKEND_MODULES:
        return
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    assert not names & {"tensorflow", "jax", "torch"}


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


@pytest.mark.parametrize("path", ALL, ids=relative)
def test_no_file_is_long(path):
    assert len(path.read_text("utf-8").splitlines()) <= 300


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


# What may say a format's name outside of the format's own folder in export/formats/, and why.
MAY_NAME_FORMATS = {
    "export/formats/__init__.py": "the table: a row for each format",
    "export/serving": "TensorFlow Serving serves SavedModels alone",
    "keras_ae/models/autoencoder.py": "Keras' default of `model.export(format=...)`",
}


def words_of_code(tree):
    """Yield the names and the texts of a tree: neither comments nor docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in docstrings:
                yield node.value
        else:
            for field in ("id", "attr", "arg", "name", "module", "asname"):
                value = getattr(node, field, None)
                if isinstance(value, str):
                    yield value


def formats_named(tree):
    """Return what a tree's code says that names a format."""
    names = {name for each in FORMATS.values() for name in (each.name, each.title)}
    names |= {each.keras_name for each in FORMATS.values()}
    names = {name.lower().replace("_", "") for name in names}
    folder = "savedmodels"  # where bundles are kept
    return [
        word
        for word in words_of_code(tree)
        if any(name in word.lower().replace("_", "").replace(folder, "") for name in names)
    ]


@pytest.mark.parametrize("path", PACKAGE, ids=relative)
def test_only_its_own_folder_names_a_format(path):
    place = relative(path)
    own = [name for name in FORMATS if place.startswith(f"export/formats/{name}/")]
    if own or any(place.startswith(allowed) for allowed in MAY_NAME_FORMATS):
        return
    assert not formats_named(ast.parse(path.read_text("utf-8")))


def test_what_may_name_formats_does():
    for place in MAY_NAME_FORMATS:
        found = [path for path in PACKAGE if relative(path).startswith(place)]
        assert any(formats_named(ast.parse(path.read_text("utf-8"))) for path in found), place


def modules_imported(path):
    """Return the modules of the exporters that a file imports, as paths of modules."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("keras_ae.export"):
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_knows_no_other_but_the_source_of_all(name):
    others = [other for other in FORMATS if other not in (name, SOURCE.name)]
    for path in (ROOT / "export" / "formats" / name).glob("*.py"):
        for module in modules_imported(path):
            parts = module.split(".")
            assert module != "keras_ae.export.formats.FORMATS", relative(path)
            assert not (parts[2:3] == ["formats"] and parts[3:4] and parts[3] in others)


# Rooms of the exporters from the ground up: a room imports those before it and what is in none.
ROOMS = ("formats", "proof", "bundle", "latency")


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_of_the_exporters_import_those_before_them(room):
    later = ROOMS[ROOMS.index(room) + 1 :]
    for path in (ROOT / "export" / room).rglob("*.py"):
        rooms = {
            module.split(".")[2] for module in modules_imported(path) if module.count(".") > 1
        }
        assert not rooms & set(later), relative(path)


def test_no_room_is_large():
    lines = {}
    for path in PACKAGE:
        lines[path.parent] = lines.get(path.parent, 0) + len(path.read_text("utf-8").splitlines())
    rooms = {relative(room): count for room, count in lines.items() if room != ROOT / "export"}
    large = {
        room: count for room, count in rooms.items() if room.startswith("export") and count > 2500
    }
    assert not large
