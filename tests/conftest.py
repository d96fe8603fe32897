"""What all tests share: a quiet TensorFlow, no screen, one seed before each test."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

import keras
import pytest


@pytest.fixture(autouse=True)
def _one_seed():
    """Start all global noise anew: a test alone is the test in the suite."""
    keras.utils.set_random_seed(0)
