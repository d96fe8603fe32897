"""The examples in the docstrings of `keras_ae.export` run."""

import doctest
import importlib
import pkgutil

import pytest

import keras_ae.export

LONG = {"keras_ae.export.export_model", "keras_ae.export.latency.measure_latency"}  # they export
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
NAMES = [
    pytest.param(module.name, marks=pytest.mark.slow if module.name in LONG else ())
    for module in pkgutil.walk_packages(keras_ae.export.__path__, "keras_ae.export.")
    if not module.name.endswith("_worker")
]


@pytest.mark.parametrize("name", NAMES)
def test_examples_run(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=FLAGS)
    assert result.failed == 0
