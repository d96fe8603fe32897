"""Promise: a format is a folder and a row; the exporters' rooms import in one direction."""

import ast

import pytest

from keras_ae.export.formats import FORMATS, SOURCE
from tests.contract.test_architecture import PACKAGE, ROOT, relative

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


def test_only_its_own_folder_names_a_format():
    found = {}
    for path in PACKAGE:
        place = relative(path)
        own = [name for name in FORMATS if place.startswith(f"export/formats/{name}/")]
        if not own and not any(place.startswith(allowed) for allowed in MAY_NAME_FORMATS):
            found[place] = formats_named(ast.parse(path.read_text("utf-8")))
    assert {place: words for place, words in found.items() if words} == {}


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
