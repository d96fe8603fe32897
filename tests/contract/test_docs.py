"""Every public object is documented as it is, and every example in README and docs runs."""

import dataclasses
import inspect
import re

import keras
import pytest

from tests.contract.public_names import arguments, methods, public_objects
from tests.environments import ROOT

# The snippets of docs/deployment.md run in tests/export, where there are servers for them.
PAGES = [
    page
    for page in ("README.md", *sorted(f"docs/{path.name}" for path in ROOT.glob("docs/*.md")))
    if "```python\n" in (ROOT / page).read_text("utf-8") and page != "docs/deployment.md"
]
OBJECTS = public_objects()
CLASSES = {name: value for name, value in OBJECTS.items() if inspect.isclass(value)}
METHODS = {
    f"{name}.{method}": function
    for name, value in CLASSES.items()
    for method, function in methods(value).items()
}
# Their class documents them: Keras' layers say how they are called under "Call arguments".
BY_CLASS = {"build", "call", "compute_output_shape"}
# Bases that only subclasses are made of, errors, and results that functions with an example
# return.
WITHOUT_EXAMPLE = {
    "AnomalyScore",
    "Bottleneck",
    "ExportError",
    "Likelihood",
    "MissingDependencyError",
    "MonteCarloKL",
    "ParityError",
    "Posterior",
    "Prior",
    "Quantizer",
    "RayTraining",
    "Run",
    "Scale",
    "StochasticBottleneck",
    "TableBound",
    "UnsupportedModelError",
}


def documented_arguments(text):
    """Return the names in the Args section of a docstring, in order; None without one."""
    section = re.search(r"^(?:Args|Attributes):\n((?:    .*\n|\n)+)", text + "\n", re.MULTILINE)
    if section is None:
        return None
    items = re.findall(r"^    ([*\w]+(?:, [*\w]+)*):", section.group(1), re.MULTILINE)
    return [name for item in items for name in item.split(", ")]


def fields_with_help(value):
    """Return the fields of a dataclass that say in their metadata what they are."""
    fields = dataclasses.fields(value) if dataclasses.is_dataclass(value) else ()
    return [field.name for field in fields if field.metadata.get("help")]


@pytest.mark.parametrize("name", OBJECTS)
def test_args_are_the_signature(name):
    text = inspect.getdoc(OBJECTS[name]) or ""
    assert text, f"{name} has no docstring"
    documented = documented_arguments(text) or fields_with_help(OBJECTS[name])
    assert documented == arguments(OBJECTS[name])


def test_methods_are_documented():
    found = {}
    for name, function in METHODS.items():
        text = inspect.getdoc(function) or ""
        documented = documented_arguments(text)
        if function.__name__ in BY_CLASS:
            continue
        if not text or documented not in (None, arguments(function)):
            found[name] = documented
    assert found == {}


@pytest.mark.parametrize("name", OBJECTS)
def test_there_is_an_example(name):
    text = inspect.getdoc(OBJECTS[name]) or ""
    exempt = OBJECTS[name].__name__ in WITHOUT_EXAMPLE
    assert exempt != (">>>" in text), "an example is missing, or no longer exempt"


def test_exempt_names_exist():
    assert {value.__name__ for value in OBJECTS.values()} >= WITHOUT_EXAMPLE


def test_pages_with_examples_are_found():
    jobs = ("compress", "denoise", "anomalies", "generate", "deploy", "guide", "maths")
    assert {"README.md", "docs/index.md", *(f"docs/{job}.md" for job in jobs)} <= set(PAGES)


# They train for long or export. What is shorter runs by default, docs/index.md among it.
LONG_PAGES = (
    "README.md",
    "docs/compress.md",
    "docs/deploy.md",
    "docs/generate.md",
    "docs/guide.md",
    "docs/scale.md",
    "docs/series.md",
    "docs/sparse.md",
    "docs/tables.md",
    "docs/tokens.md",
)
LONG = {page: [pytest.mark.slow] for page in LONG_PAGES}


@pytest.mark.parametrize("page", [pytest.param(page, marks=LONG.get(page, [])) for page in PAGES])
def test_the_page_s_examples_run(page, tmp_path, monkeypatch):
    """A block under the comment `tensorflow` is about exports, which need that backend."""
    pattern = r"(<!-- tensorflow -->\n)?^```python\n(.*?)^```"
    blocks = re.findall(pattern, (ROOT / page).read_text("utf-8"), re.M | re.S)
    assert blocks
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "example"}
    for marked, block in blocks:
        if not marked or keras.backend.backend() == "tensorflow":
            exec(compile(block, page, "exec"), names)


def test_the_readme_has_the_two_commands():
    text = (ROOT / "README.md").read_text("utf-8")
    commands = re.findall(r"<!-- (\w+) -->\n```bash\npython3.11 -m venv (.*)\n```", text)
    assert [name for name, _ in commands] == ["demo", "tests"]
    assert commands[0][1].endswith("keras-ae demo")
    assert "pytest" in commands[1][1]
    index = (ROOT / "docs/index.md").read_text("utf-8")
    assert all(f"python3.11 -m venv {command}\n" in index for _, command in commands)
