"""Keras' downloads without a network and from its cache, in a process of their own."""

import gzip
import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

IMAGES = np.random.default_rng(0).integers(0, 256, (7, 28, 28), dtype=np.uint8)
CODE = """
import sys
import keras_ae.datasets
print({"keras", "tensorflow", "jax", "PIL", "sklearn", "pandas"} & set(sys.modules))
for name in ("mnist", "cifar10"):
    try:
        keras_ae.datasets.load_dataset(name)
    except keras_ae.datasets.DataError as error:
        print(error)
data = keras_ae.datasets.load_dataset("fashion_mnist")
print(data)
print(data.y_train.tolist(), data.y_test.tolist(), (data.x_test * 255).round().sum())
"""


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """Return what a process prints in which every download fails; Fashion-MNIST is in the cache.

    Its proxy is a port at which nothing listens.
    """
    folder = tmp_path_factory.mktemp("keras")
    cache = folder / "datasets" / "fashion-mnist"
    cache.mkdir(parents=True)
    labels = np.arange(7, dtype=np.uint8)
    for part, places in (("train", slice(0, 5)), ("t10k", slice(5, 7))):
        for kind, skip, array in (("labels-idx1", 8, labels), ("images-idx3", 16, IMAGES)):
            content = bytes(skip) + array[places].tobytes()
            (cache / f"{part}-{kind}-ubyte.gz").write_bytes(gzip.compress(content))
    closed = dict.fromkeys(["http_proxy", "https_proxy", "HTTPS_PROXY"], "http://127.0.0.1:1")
    environment = os.environ | closed | {"KERAS_HOME": str(folder), "TF_CPP_MIN_LOG_LEVEL": "3"}
    if importlib.util.find_spec("jax"):
        environment["KERAS_BACKEND"] = "jax"  # starts in half the time
    environment.pop("no_proxy", None)
    command = [sys.executable, "-c", CODE]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
def test_importing_is_light(printed):
    assert printed[0] == "set()"


def test_a_failed_download_is_one_clear_line(printed):
    assert len(printed) == 5
    for line, name in zip(printed[1:3], ("mnist", "cifar10"), strict=True):
        start = (
            f"keras.datasets.{name}: expected the data in Keras' cache, or a network to download"
        )
        assert line.startswith(start)
        assert "URL fetch failure" in line


def test_fashion_mnist_comes_from_the_cache(printed):
    assert printed[3:] == [
        "Dataset(name='fashion_mnist', x_train=(5, 28, 28, 1), y_train=(5,), "
        "x_test=(2, 28, 28, 1), y_test=(2,), source='keras.datasets.fashion_mnist')",
        f"[0, 1, 2, 3, 4] [5, 6] {float(IMAGES[5:].sum())}",
    ]
