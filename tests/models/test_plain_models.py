"""`encoder_model` and `decoder_model` load where only Keras is, and compute the same."""

import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import layers
from tests.subprocesses import run

PROGRAM = Path(__file__).with_name("plain_program.py")
RNG = np.random.default_rng(0)
ROWS = RNG.random((9, 6)).astype("float32")
IMAGES = RNG.random((3, 8, 8, 1)).astype("float32")


def normalization():
    layer = keras.layers.Normalization()
    layer.adapt(ROWS)
    return layer


def both_kinds():
    """A preprocessor of a layer of ours and one of Keras'."""
    return keras.Sequential(
        [keras.Input((6,)), layers.RobustScaling.of(ROWS), keras.layers.Rescaling(0.5, 0.1)]
    )


def predicted_scale():
    return layers.LaplaceLikelihood(layers.PredictedScale())


CASES = {
    "both kinds": ("vae", ROWS, {"preprocessor": both_kinds}),
    "tied": ("stacked", ROWS, {"tied": True, "preprocessor": normalization}),
    "full covariance": ("full_covariance_vae", ROWS, {"likelihood": predicted_scale}),
    **{name: (name, ROWS, {}) for name in keras_ae.list_models() if name != "spatial_vae"},
    "maps": ("spatial_vae", IMAGES, {"filters": (4,)}),
    "images": ("vae", IMAGES, {"filters": (4,), "dtype": "mixed_bfloat16"}),
    "continuous": ("vae", IMAGES, {"likelihood": layers.ContinuousBernoulliLikelihood}),
    "rescaled": ("vae", ROWS, {"preprocessor": lambda: keras.layers.Rescaling(2.0, 0.5)}),
    "robust": ("vae", ROWS, {"preprocessor": lambda: layers.RobustScaling.of(ROWS)}),
}


@pytest.mark.slow
def test_encoders_and_decoders_of_every_recipe_load_without_this_package(tmp_path):
    expected = {}
    for case, (name, data, options) in CASES.items():
        made = {key: each() if callable(each) else each for key, each in options.items()}
        units = {"units": (8,)} if data is ROWS else {}
        model = keras_ae.create_model(name, data.shape[1:], 2, seed=0, **units, **made)
        latent = model.encode(data)
        encoded = [latent]
        if hasattr(model, "posterior"):
            posterior = model.posterior(data)
            encoded.append(np.asarray(getattr(posterior, "scale_tril", posterior.scale)))
        parts = {
            f"{case} encoder": (model.encoder_model(), data, encoded),
            f"{case} decoder": (model.decoder_model(), latent, [model.decode(latent)]),
        }
        for part, (plain, x, outputs) in parts.items():
            plain.save(tmp_path / f"{part}.keras")
            np.save(tmp_path / f"{part}.npy", x)
            expected[part] = outputs
    command = [sys.executable, PROGRAM, tmp_path]
    run(command, KERAS_BACKEND=keras.backend.backend(), cwd=tmp_path)
    for part, outputs in expected.items():
        with np.load(tmp_path / f"{part}.npz") as received:
            assert len(received.files) == len(outputs), part
            for ours, theirs in zip(outputs, received.values(), strict=True):
                np.testing.assert_allclose(ours, theirs, atol=1e-6, err_msg=part)


def test_they_share_the_model_s_weights():
    model = keras_ae.create_model("vae", (6,), 2, units=(8,), seed=0)
    encoder, decoder = model.encoder_model(), model.decoder_model()
    model.compile("adam", run_eagerly=True)
    model.fit(ROWS, epochs=2, verbose=0)
    latent = model.encode(ROWS)
    np.testing.assert_allclose(encoder(ROWS)[0], latent, atol=1e-6)
    np.testing.assert_allclose(decoder(latent), model.decode(latent), atol=1e-6)
