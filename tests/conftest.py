"""What all tests share: quiet libraries, no screen, compiled code kept, one seed."""

import atexit
import os
import shutil
import tempfile

if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    # Models of one shape compile to one program, here and in the processes that tests start.
    _folder = tempfile.mkdtemp(prefix="keras_ae_jax_")
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    os.environ["JAX_COMPILATION_CACHE_DIR"] = _folder
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

import keras
import pytest


def pytest_configure(config):
    """Let JAX compile again what another process is just writing to the cache."""
    reading = "ignore:Error reading persistent compilation cache entry:UserWarning"
    config.addinivalue_line("filterwarnings", reading)


@pytest.fixture(autouse=True)
def _one_seed():
    """Start the global noise anew, so that a test alone is the test in the suite."""
    keras.utils.set_random_seed(0)
