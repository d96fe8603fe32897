import hashlib
import subprocess
import sys

import numpy as np
import pytest

from keras_ae.datasets import load_dataset
from keras_ae.datasets.named import BUNDLED_DIGITS
from tests.environments import ROOT

SCRIPT = ROOT / "benchmarks" / "make_digits_subset.py"


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits-subset")


def test_the_file_is_the_one_that_its_readme_records(digits):
    digest = hashlib.sha256(BUNDLED_DIGITS.read_bytes()).hexdigest()
    assert digits.sha256 == digest
    assert f"`{digest}`" in BUNDLED_DIGITS.with_name("README.md").read_text()
    assert "ShareAlike 3.0" in BUNDLED_DIGITS.with_name("LICENSE").read_text()
    assert BUNDLED_DIGITS.stat().st_size < 2.6e6


def test_shapes_range_and_balance(digits):
    assert digits.name == "digits-subset"
    assert digits.x_train.shape == (12_000, 28, 28, 1)
    assert digits.x_test.shape == (2_000, 28, 28, 1)
    for x in (digits.x_train, digits.x_test):
        assert x.dtype == np.float32
        assert (x.min(), x.max()) == (0.0, 1.0)
    assert np.bincount(digits.y_train).tolist() == [1200] * 10
    assert np.bincount(digits.y_test).tolist() == [200] * 10
    assert len(np.unique(digits.y_train[:100])) == 10  # not sorted by class


def test_no_test_image_was_trained_on(digits):
    seen = {image.tobytes() for image in digits.x_train}
    assert len(seen) == 12_000
    assert not any(image.tobytes() in seen for image in digits.x_test)


def test_nearest_class_mean_reads_the_digits(digits):
    """Labels belong to their images: 82 % is what nearest class means score on MNIST."""
    means = np.stack([digits.x_train[digits.y_train == digit].mean(axis=0) for digit in range(10)])
    distances = ((digits.x_test[:, np.newaxis] - means) ** 2).sum(axis=(2, 3, 4))
    assert 0.78 < (distances.argmin(axis=1) == digits.y_test).mean() < 0.86


def test_the_script_is_stratified_and_reproducible_byte_for_byte(tmp_path):
    random = np.random.default_rng(0)
    full = {}
    for part, count, offset in (("train", 500, 0), ("test", 300, 1000)):
        labels = np.repeat(np.arange(10, dtype=np.uint8), count // 10)
        full[f"y_{part}"] = random.permutation(labels)
        numbers = (np.arange(count) + offset).astype("<u2").view(np.uint8).reshape(count, 1, 2)
        full[f"x_{part}"] = np.tile(numbers, (1, 28, 14))
    np.savez(tmp_path / "full.npz", **full)
    made = []
    for name in ("one.npz", "two.npz"):
        command = [sys.executable, SCRIPT, "--data", "full.npz", "--output", name]
        command += ["--train", "100", "--test", "50"]
        run = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
        made.append((tmp_path / name).read_bytes())
        assert hashlib.sha256(made[-1]).hexdigest() in run.stdout
    assert made[0] == made[1]
    with np.load(tmp_path / "one.npz") as subset:
        for part, count, offset in (("train", 100, 0), ("test", 50, 1000)):
            x, y = subset[f"x_{part}"], subset[f"y_{part}"]
            assert x.dtype == y.dtype == np.uint8
            assert np.bincount(y).tolist() == [count // 10] * 10
            places = x[:, 0, :2].copy().view("<u2").reshape(-1).astype(int) - offset
            assert (np.diff(places) > 0).all()
            np.testing.assert_array_equal(x, full[f"x_{part}"][places])
            np.testing.assert_array_equal(y, full[f"y_{part}"][places])
