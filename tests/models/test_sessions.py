"""A session of any order and any lengths: few traces, no warnings, no memory that is kept."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae.execution import device_data
from keras_ae.models import _importance as importance
from tests.environments import PYTHONPATH

PROGRAM = Path(__file__).with_name("session_program.py")
# Kept by 80 calls: about 10 MB, of kernels by shape and of tf.data's iterators (stock Keras' `fit`
# keeps 0.02 to 0.07 MB a call); 210 MB where each call keeps the steps it traced.
MAX_KEPT_MB = 27
X = np.random.default_rng(0).random((70, 6)).astype("float32")


@pytest.fixture
def traces(monkeypatch):
    """Count how often a step is traced, or run as it is."""
    counted = []
    for kind in ("train_step", "test_step"):
        original = getattr(keras_ae.Autoencoder, kind)

        def counting(self, *arguments, original=original):
            counted.append(1)
            return original(self, *arguments)

        monkeypatch.setattr(keras_ae.Autoencoder, kind, counting)
    return counted


def grow(model, lengths):
    for length in lengths:
        model.fit(X[:length], batch_size=16, verbose=0)
        model.evaluate(X[:length], batch_size=16, verbose=0)
        model.fit(X[:length], X[:length], verbose=0, validation_split=0.2)


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() == "jax", reason="XLA's shapes are fixed")
def test_growing_data_are_traced_once(traces):
    model = keras_ae.create_model("vae", (6,), latent_dim=2, units=(8,), seed=0)
    model.compile("adam", steps_per_execution=3, jit_compile=False)
    grow(model, (33, 20))
    before = len(traces)
    assert before == 4  # with and without a target, in training and evaluation
    grow(model, (21, 70))
    assert len(traces) == before


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="how TensorFlow calls XLA")
@pytest.mark.slow
def test_xla_compiles_a_bounded_number_of_sizes(monkeypatch):
    from keras_ae.execution import on_tensorflow

    monkeypatch.setattr(on_tensorflow, "MAX_SIZES", 3)
    made = []
    original = on_tensorflow._loop
    monkeypatch.setattr(
        on_tensorflow, "_loop", lambda *all: (made.append(all[3:5]), original(*all))[1]
    )
    model = keras_ae.create_model("autoencoder", (6,), latent_dim=2, units=(8,), seed=0)
    model.compile("adam", steps_per_execution=2, jit_compile=True)
    for length in (33, 40, 41, 50, 51, 60, 64):
        history = model.fit(X[:length], batch_size=16, verbose=0).history
        assert np.isfinite(history["loss"]).all()
    # Pairs of steps, single ones, and single ones of the sizes that came after the third.
    assert sorted(made) == [(False, 1), (True, 1), (True, 2)]


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() == "jax", reason="counts TensorFlow's traces")
def test_numbers_of_importance_samples_are_traced_a_few_times(monkeypatch):
    model = keras_ae.create_model("vae", (6,), latent_dim=2, units=(8,), seed=0)
    traced, original = [], model.likelihood.log_prob
    monkeypatch.setattr(
        model.likelihood, "log_prob", lambda *all: (traced.append(1), original(*all))[1]
    )
    sizes = [importance.rounded_up(count) for count in range(1, 21)]
    assert sizes == [*range(1, 9), *(10, 10, 12, 12, 14, 14, 16, 16), *[20] * 4]
    for num_samples in (9, 10, 11, 12, 17, 20):
        found = model.log_likelihood(X, num_samples=num_samples, seed=0)
        assert np.isfinite(found).all()
    assert len(traced) == 3


def test_arrays_are_rounded_up():
    lengths = {device_data.rounded(length, 4 * length) for length in range(1, 2000)}
    assert lengths == {2**power for power in range(12)}
    large = {device_data.rounded(length, 2**30) for length in range(1025, 2049)}
    assert large == {1024 + 128 * part for part in range(1, 9)}
    assert all(device_data.rounded(length, 2**30) == length for length in range(1, 17))


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() == "jax", reason="its programs are of fixed shapes")
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="read from /proc")
def test_a_session_of_every_method_neither_warns_nor_keeps_memory():
    done = subprocess.run(
        [sys.executable, PROGRAM, "0", "100"],
        env={**os.environ, "PYTHONPATH": PYTHONPATH},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert "WARNING:tensorflow" not in done.stderr
    after = [float(line) for line in done.stdout.split()]
    assert len(after) == 5
    assert after[-1] - after[0] < MAX_KEPT_MB
