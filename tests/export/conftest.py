"""One trained model and one bundle of it, for all tests of exports."""

import types

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

import keras_ae
from keras_ae.export import export_model


def digits():
    """Return scikit-learn's digits, (examples, 8, 8, 1) in [0, 1], in a fixed order."""
    data = load_digits()
    return (data.images[..., None] / 16).astype("float32"), data.target


@pytest.fixture(scope="session")
def digits_vae():
    """A small convolutional VAE, trained for a moment, and test digits."""
    keras.utils.set_random_seed(0)
    x, labels = digits()
    model = keras_ae.create_model("vae", (8, 8, 1), latent_dim=2, filters=(4, 8), seed=0)
    model.compile(keras.optimizers.Adam(1e-2), jit_compile=False)
    model.fit(x[:1000], batch_size=50, epochs=3, verbose=0)
    return types.SimpleNamespace(model=model, x=x[1000:1256], labels=labels[1000:1256])


@pytest.fixture(scope="session")
def bundle(digits_vae, tmp_path_factory):
    """The digits VAE in the three formats, with a threshold; `report` and `lines` beside it."""
    directory = tmp_path_factory.mktemp("bundles") / "digits_vae"
    threshold = float(np.median(digits_vae.model.anomaly_score(digits_vae.x)))
    lines = []
    report = export_model(
        digits_vae.model,
        directory,
        sample_data=digits_vae.x,
        threshold=threshold,
        metadata={"training_data": "scikit-learn digits", "license": "CC BY 4.0"},
        verbose=lines.append,
    )
    return types.SimpleNamespace(
        directory=directory, report=report, lines=lines, threshold=threshold
    )
