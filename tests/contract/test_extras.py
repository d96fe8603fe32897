"""Promise: a package that isn't installed is told in one line, with what installs it."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from keras_ae._extras import EXTRAS, OWN, installed, line
from keras_ae.export.formats import FORMATS
from tests.contract.public_names import PACKAGES
from tests.contract.test_architecture import PACKAGE, ROOT, relative
from tests.environments import REFERENCE
from tests.export.absent import only_with, without

# Imported only by what Keras, TensorFlow or JAX calls, or the command line where it has begun.
GUARDED_ELSEWHERE = {"jax", "keras", "rich", "tensorflow", "typer"}
DISTRIBUTIONS = {
    "PIL": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "tensorflow_probability": "tensorflow-probability",
    "tf_keras": "tf-keras",
    "yaml": "pyyaml",
}
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
ONE_LINE = r"`\w+` is needed to [^\n]+\. Install it with: pip install 'keras-ae\[\w+\]'"


def required(statements):
    """Return the modules that `_extras.require` names among statements."""
    calls = (node.value for node in statements if isinstance(node, ast.Expr))
    return {
        argument.value
        for call in calls
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "_extras.require"
        for argument in call.args
    }


def imports(statements):
    """Yield (module, modules required before it) of the imports in a body and its blocks."""
    for place, node in enumerate(statements):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            yield name.split(".")[0], required(statements[:place])
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        for block in ("body", "handlers", "orelse", "finalbody"):
            yield from imports(getattr(node, block, []))


def bare_imports(path):
    """Return the optional packages that a file imports without having required them."""
    before_all = required(ast.parse((path.parent / "__init__.py").read_text("utf-8")).body)
    if relative(path).startswith(("keras_ae/estimators/", "keras_ae/series/")):
        before_all.add("sklearn")  # its names are loaded by `_extras.load`
    return {
        module
        for module, before in imports(ast.parse(path.read_text("utf-8")).body)
        if module in (EXTRAS.keys() | OWN.keys()) - GUARDED_ELSEWHERE
        and module not in before | before_all
    }


def test_every_package_that_is_imported_is_known():
    """What `export_model` needs, it lists itself: keras_ae/export/formats.py."""
    trees = (ast.parse(path.read_text("utf-8")) for path in PACKAGE)
    found = {module for tree in trees for module, _ in imports(tree.body)}
    exports = {module for each in FORMATS.values() for module, _ in each.packages}
    exports |= {module for each in FORMATS.values() for module, *_ in each.quantizers}
    known = {"keras_ae", "numpy", "flatbuffers"} | exports | EXTRAS.keys() | OWN.keys()
    assert not found - sys.stdlib_module_names - known


def test_what_is_optional_is_required_before_it_is_imported():
    found = {relative(path): bare_imports(path) for path in PACKAGE}
    assert not {path: modules for path, modules in found.items() if modules}


def installs(extra):
    """Return the names of the distributions that an extra brings."""
    names = set()
    for requirement in SETTINGS["optional-dependencies"][extra]:
        name, inner = re.match(r"([\w-]+)(?:\[([\w,-]+)\])?", requirement).groups()
        own = inner.split(",") if name == "keras-ae" else []
        names |= set().union(*map(installs, own)) if own else {name}
    return names


@pytest.mark.parametrize("module", EXTRAS)
def test_the_extra_that_is_named_brings_the_package(module):
    assert DISTRIBUTIONS.get(module, module) in installs(EXTRAS[module][1])


def test_the_package_itself_needs_numpy_only():
    assert [re.match(r"[\w-]+", each)[0] for each in SETTINGS["dependencies"]] == ["numpy"]


def test_all_has_every_extra_to_train_and_export_has_all():
    extras = {extra for _, extra in EXTRAS.values()} - {"jax", "cluster"}
    assert installs("all") == set().union(*map(installs, extras))
    assert installs("export") > installs("all") | installs("runtime")
    assert installs("dev") > installs("export") | installs("jax") | installs("cluster")


def test_a_folder_without_the_package_is_no_package(tmp_path, monkeypatch):
    (tmp_path / "left_behind").mkdir()
    (tmp_path / "there.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert [installed(name) for name in ("left_behind", "there", "nowhere")] == [
        False,
        True,
        False,
    ]


def python(path, *arguments, **environment):
    """Return the exit code, stdout and stderr of another Python with that PYTHONPATH."""
    variables = {
        key: value for key, value in os.environ.items() if not key.startswith(("KERAS", "PYTEST"))
    }
    result = subprocess.run(
        [sys.executable, *arguments],
        env={**variables, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
    )
    return result.returncode, result.stdout, result.stderr


def test_with_numpy_alone_every_public_name_is_there_or_says_what_it_needs(tmp_path):
    code = f"""
import importlib, keras_ae

for package in {PACKAGES!r}:
    try:
        module = importlib.import_module(package)
    except ImportError as error:
        print(package, error)
        continue
    for name in module.__all__:
        try:
            getattr(module, name)
        except ImportError as error:
            print(f"{{package}}.{{name}}", error)
"""
    exit_code, output, errors = python(only_with(tmp_path, "numpy"), "-c", code)
    assert (exit_code, errors) == (0, "")
    said = dict(each.split(" ", 1) for each in output.splitlines())
    assert all(re.fullmatch(ONE_LINE, text) for text in said.values())
    assert said["keras_ae.create_model"] == line("keras")
    assert said["keras_ae.plotting"] == line("matplotlib")
    assert not {name for name in said if name.startswith(("keras_ae.export", "keras_ae.datasets"))}


@pytest.mark.parametrize(("backend", "other"), [("tensorflow", "jax"), ("jax", "tensorflow")])
@pytest.mark.parametrize("how", ["import keras_ae.layers", "import keras_ae, keras", "list"])
def test_a_backend_that_is_absent_names_the_other_one(backend, other, how, tmp_path):
    chosen = {} if backend == "tensorflow" else {"KERAS_BACKEND": backend}
    chosen["KERAS_HOME"] = str(tmp_path)
    command = ["-m", "keras_ae", "list"] if how == "list" else ["-c", how]
    exit_code, output, errors = python(without(tmp_path, backend), *command, **chosen)
    assert (exit_code, output) == (2 if command[0] == "-m" else 1, "")
    assert errors.splitlines()[-1].split(": ", 1)[1] == (
        f"Keras is set to run on {backend}, which isn't installed. Install it with: pip install "
        f"'keras-ae[{backend}]'; or, as {other} is installed, set KERAS_BACKEND={other}"
    )


@pytest.mark.slow
def test_a_backend_that_keras_file_names_is_the_one_that_is_needed(tmp_path):
    (tmp_path / "keras.json").write_text('{"backend": "jax"}')
    path = without(tmp_path, "tensorflow")
    code = "import keras_ae.layers, keras; print(keras.config.backend())"
    assert python(path, "-c", code, KERAS_HOME=str(tmp_path)) == (0, "jax\n", "")


def test_no_backend_at_all_says_what_to_install(tmp_path):
    path = without(tmp_path, "tensorflow", "jax")
    exit_code, _, errors = python(path, "-m", "keras_ae", "list", KERAS_HOME=str(tmp_path))
    assert (exit_code, errors) == (
        2,
        "keras-ae: Keras is set to run on tensorflow, which isn't installed. Install it with: pip "
        "install 'keras-ae[tensorflow]'; or jax with: pip install 'keras-ae[jax]', and set "
        "KERAS_BACKEND=jax\n",
    )


@pytest.mark.parametrize(
    ("absent", "arguments"),
    [
        ("typer", ["list"]),
        ("rich", ["--help"]),
        ("keras", ["list"]),
        ("matplotlib", ["train", "--output", "out"]),
        ("matplotlib", ["demo", "--no-export", "--output", "out"]),
        ("yaml", ["train", "--config", "pyproject.toml"]),
    ],
)
def test_the_command_line_says_what_a_command_needs(absent, arguments, tmp_path):
    path = without(tmp_path, absent)
    answer = python(path, "-m", "keras_ae", *arguments)
    assert answer == (2, "", f"keras-ae: {line(absent)}\n")
    assert not Path("out").exists()


def test_an_export_says_that_it_needs_tensorflow_before_the_model_is_loaded(tmp_path):
    command = ["-m", "keras_ae", "export", str(REFERENCE / "model.keras"), "--formats", "onnx"]
    command += ["--output", str(tmp_path / "out")]
    exit_code, output, errors = python(without(tmp_path, "tensorflow"), *command)
    assert (exit_code, output) == (1, "")
    assert errors.startswith("keras-ae: An export needs tensorflow (for onnx). ")
    assert errors.count("\n") == 1


def test_an_onnx_file_needs_numpy_and_its_runtime(tmp_path):
    """It runs, and is proven; the bundle's other files are said not to be run."""
    code = f"""
import sys
import numpy as np
from keras_ae.export import load_artifact, verify

with load_artifact({str(REFERENCE)!r}, format="onnx") as artifact:
    golden = np.load({str(REFERENCE)!r} + "/golden.npz")
    latent = artifact.encode(golden["sample/inputs/x"])
    assert np.allclose(latent, golden["sample/outputs/encode/latent"], 1e-4, 1e-5)
print(verify({str(REFERENCE)!r}, formats=("onnx",), verbose=True).proven)
print({{each.status for each in verify({str(REFERENCE)!r}).artifacts if each.format != "onnx"}})
"""
    # Beside them what ONNX Runtime itself imports.
    path = only_with(tmp_path, "numpy", "onnxruntime", "flatbuffers", "google", "packaging")
    exit_code, output, errors = python(path, "-c", code)
    assert (exit_code, output.split("\n")[0]) == (0, "True"), errors
    assert "not" in output.split("\n")[1]
