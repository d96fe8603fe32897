"""What all tests share: quiet libraries, no screen, compiled code kept, one seed.

Keras is imported where it is used: the process that hands tests to others needs none.
"""

import atexit
import gc
import importlib
import os
import shutil
import sys
import tempfile

import pytest

from tests.environments import PYTHONPATH, QUICKLY_COMPILED

if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    # Models of one shape compile to one program, here and in the processes that tests start.
    _folder = tempfile.mkdtemp(prefix="keras_ae_jax_")
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    os.environ["JAX_COMPILATION_CACHE_DIR"] = _folder
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
if os.environ.get("KERAS_BACKEND") == "jax":
    os.environ.setdefault("XLA_FLAGS", QUICKLY_COMPILED)
# Bytecode is kept too, even where Python is told not to: hundreds of processes import the package.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

_CHOICES = ("KERAS", "JAX", "XLA", "CUDA")  # variables that other processes would obey
_CHOSEN = {name: value for name, value in os.environ.items() if name.startswith(_CHOICES)}
collect_ignore_glob = ["*_program.py"]  # what tests start as processes of their own


def pytest_configure(config):
    """Let JAX compile again what another process is just writing to the cache."""
    reading = "ignore:Error reading persistent compilation cache entry:UserWarning"
    config.addinivalue_line("filterwarnings", reading)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Leave the garbage collector off while everything is imported."""
    gc.disable()
    yield
    gc.enable()


def pytest_collection_finish():
    """Hold that no module chooses a backend for all processes: collecting imports them all."""
    now = {name: value for name, value in os.environ.items() if name.startswith(_CHOICES)}
    if now != _CHOSEN:
        raise pytest.UsageError(f"Modules change {_CHOSEN} to {now} when they are imported.")
    os.environ["PYTHONPATH"] = PYTHONPATH
    # What was imported stays: the collector needn't look at millions of objects again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


# Files that share what takes long to make; one worker makes it once.
_TOGETHER = {
    "tests/commands/test_bad_input.py": "models",
    "tests/commands/test_report.py": "models",
    "tests/commands/test_train.py": "models",
    "tests/commands/test_use.py": "models",
    "tests/contract/test_backends.py": "trained",
    "tests/contract/test_learning.py": "trained",
    "tests/contract/test_saving.py": "trained",
    "tests/export/test_export_model.py": "bundle",
    "tests/export/test_fewer_bits.py": "precisions",
    "tests/export/test_latency.py": "bundle",
    "tests/export/test_load_artifact.py": "readers",
    "tests/export/test_precisions.py": "bundle",
    "tests/export/test_quantize_onnx.py": "precisions",
    "tests/export/test_quantize_tflite.py": "precisions",
    "tests/export/test_readers.py": "readers",
    "tests/export/test_runtimes.py": "readers",
    "tests/export/test_saved_model_reader.py": "readers",
    "tests/tables/test_export.py": "table",
    "tests/tables/test_model.py": "table",
    "tests/tables/test_report.py": "table",
}
# Files of long tests that share nothing: any worker that is free takes one.
_APART = {
    "tests/contract/test_execution.py",
    "tests/contract/test_export.py",
    "tests/export/test_any_model.py",
    "tests/export/test_any_precision.py",
    "tests/export/test_any_structure.py",
    "tests/test_notebooks.py",
    "tests/training/test_kills.py",
}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Send the tests of a file, or of files that share something, to one worker.

    The scopes with most tests begin, so that what is apart fills the end.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.split("::")[0]
            return nodeid if file in _APART else _TOGETHER.get(file, file)

    return Together(config, log)


@pytest.fixture(autouse=True)
def _one_seed():
    """Start the global noise anew, so that a test alone is the test in the suite."""
    import keras

    keras.utils.set_random_seed(0)


@pytest.fixture
def undrawn(monkeypatch):
    """Put one pixel in the place of each picture, for pages whose words are what is tested."""
    module = importlib.import_module("keras_ae.plotting.write_report")
    monkeypatch.setattr(module, "darkened", lambda figure: figure)
    monkeypatch.setattr(module, "png", lambda figure: b"\x89PNG")


@pytest.fixture
def eager():
    """Run a few steps as they are written on TensorFlow: to trace them takes longer.

    The functions of tf.data stay graphs, which changes nothing of what they give; TensorFlow warns
    of it all the same.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
