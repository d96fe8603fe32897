"""What the tests of the speed benchmarks share."""

import numpy as np
import pytest


@pytest.fixture
def digits(tmp_path):
    """Write the bundled digits as the images that the benchmark reads."""
    import keras_ae

    x = keras_ae.datasets.load_dataset("digits-subset").x_train
    path = tmp_path / "digits.npz"
    np.savez(path, x_train=(x.reshape(-1, 28, 28) * 255).round().astype("uint8"))
    return path
