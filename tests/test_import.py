"""Importing the package in a Python of its own: what it loads, registers and refuses."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

import keras_ae
from keras_ae import layers
from tests.environments import PYTHONPATH

ROOT = Path(keras_ae.__file__).parents[1]
LIGHT = "import keras_ae, sys; "
HEAVY = ("keras", "tensorflow", "tensorflow_probability", "jax", "matplotlib", "sklearn")


def start(code, *arguments, path=str(ROOT), **environment):
    """Start another Python that has this one's backend."""
    variables = {
        **os.environ,
        "KERAS_BACKEND": keras.backend.backend(),
        "PYTHONPATH": path,
        **environment,
    }
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    """Return what it printed, and the last line of its errors if it failed."""
    output, errors = process.communicate(timeout=120)
    return output.strip(), errors.strip().splitlines()[-1] if process.returncode else ""


def test_the_package_alone_loads_nothing_heavy():
    code = (
        LIGHT + f"print([name for name in {HEAVY} if name in sys.modules], keras_ae.__version__)"
    )
    assert finish(start(code)) == (f"[] {keras_ae.__version__}", "")


def test_listing_the_names_loads_nothing_heavy():
    code = LIGHT + "print(set(keras_ae.__all__) <= set(dir(keras_ae)), 'keras' in sys.modules)"
    assert finish(start(code)) == ("True False", "")


@pytest.mark.slow
def test_a_command_waits_for_nothing_that_it_does_not_use():
    """TensorFlow and Keras import JAX and scikit-learn where they find them."""
    code = (
        "import sys; from keras_ae.commands.start import start; start(); "
        "print(sorted({'jax', 'sklearn', 'tensorflow'} & set(sys.modules))); "
        "import sklearn, keras_ae.estimators"
    )
    assert finish(start(code)) == (f"['{keras.backend.backend()}']", "")


@pytest.mark.slow
def test_beside_keras_the_package_adds_its_own_modules_only():
    """The models and layers are imported with Keras; what they need is Keras, NumPy and Python."""
    code = (
        "import sys, keras; keras.ops.add; before = set(sys.modules); import keras_ae; "
        "keras_ae.create_model; added = set(sys.modules) - before; "
        "print(sorted({name.split('.')[0] for name in added} - set(sys.stdlib_module_names)), "
        "'keras_ae.layers' in added, 'keras_ae.plotting' in added)"
    )
    assert finish(start(code)) == ("['keras_ae'] True False", "")


@pytest.fixture
def saved(tmp_path):
    mean, scale = keras.Input((2,)), keras.Input((2,))
    outputs = layers.Sampling(seed=0)(*layers.KLPenalty(beta=0.5)(mean, scale))
    keras.Model([mean, scale], outputs).save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


LOAD = """
model = keras.models.load_model(sys.argv[1])
print([type(layer).__name__ for layer in model.layers[-2:]], type(keras.__loader__).__name__)
"""
ORDERS = (
    "import sys, keras, keras_ae",
    # Some libraries look whether Keras is there without importing it.
    "import sys, keras_ae, importlib.util; importlib.util.find_spec('keras'); import keras",
    "import sys, keras_ae.layers, keras",
    "import sys, keras_ae.execution.shuffled_batches, keras",
)


@pytest.mark.slow
def test_a_saved_model_loads_whichever_is_imported_first(saved):
    processes = [start(order + LOAD, saved, path=PYTHONPATH) for order in ORDERS]
    expected = ("['KLPenalty', 'Sampling'] SourceFileLoader", "")
    assert [finish(process) for process in processes] == [expected] * len(ORDERS)


@pytest.mark.parametrize("backend", ["torch", "numpy"])
def test_another_backend_is_refused_in_one_clear_line(backend):
    _, error = finish(start("import keras_ae.layers", KERAS_BACKEND=backend))
    assert error == (
        "ImportError: KERAS_BACKEND must be tensorflow or jax for keras_ae. "
        f"Received: KERAS_BACKEND={backend}"
    )


def test_an_empty_backend_is_keras_default():
    assert finish(start("import keras_ae", KERAS_BACKEND="")) == ("", "")


def test_a_backend_that_keras_was_configured_with_is_refused(tmp_path):
    (tmp_path / "keras.json").write_text('{"backend": "numpy"}')
    process = start("import keras_ae, keras", KERAS_BACKEND="", KERAS_HOME=str(tmp_path))
    assert finish(process)[1].endswith("Received: KERAS_BACKEND=numpy")


@pytest.mark.parametrize("name", keras_ae.__all__)
def test_every_name_is_there(name):
    part = getattr(keras_ae, name)
    if isinstance(part, type(keras_ae)):
        assert part is importlib.import_module(f"keras_ae.{name}")
    else:
        assert part is getattr(keras_ae.models, name)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'keras_ae' has no attribute 'Autoencodr'"):
        keras_ae.Autoencodr  # noqa: B018 - the access is the test
