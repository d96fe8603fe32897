"""The plain autoencoder: its maths, its methods, and the parts that stand alone."""

import keras
import numpy as np
import pytest
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA

import keras_ae
from keras_ae import layers

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def linear():
    """A linear autoencoder with squared error, trained to its optimum on correlated data."""
    keras.utils.set_random_seed(0)
    spread = np.array([3.0, 2.0, 0.5, 0.4, 0.3, 0.2])
    rotation = np.linalg.qr(RNG.normal(size=(6, 6)))[0]
    x = (RNG.normal(size=(400, 6)) * spread @ rotation + 1.0).astype("float32")
    model = keras_ae.Autoencoder(
        encoder=keras.Sequential([keras.Input((6,)), keras.layers.Identity()]),
        bottleneck=layers.DenseBottleneck(2, seed=0),
        decoder=keras.Sequential([keras.Input((2,)), keras.layers.Dense(6)]),
        likelihood=layers.GaussianLikelihood(1.0),
    )
    rate = keras.optimizers.schedules.ExponentialDecay(0.05, 1500, 0.3)
    model.compile(keras.optimizers.Adam(rate), jit_compile=True, steps_per_execution=240)
    # Steps on all of the data at once, 240 an epoch: no noise is left at the optimum.
    model.fit(np.tile(x, (240, 1)), batch_size=400, epochs=20, shuffle=False, verbose=0)
    return model, x


def test_linear_autoencoder_reaches_the_error_of_pca(linear):
    model, x = linear
    pca = PCA(2).fit(x)
    best = np.mean((x - pca.inverse_transform(pca.transform(x))) ** 2)
    ours = np.mean((x - model.reconstruct(x)) ** 2)
    assert best <= ours * (1 + 1e-6)
    np.testing.assert_allclose(ours, best, rtol=1e-4)


def test_linear_autoencoder_spans_the_subspace_of_pca(linear):
    model, x = linear
    kernel = keras.ops.convert_to_numpy(model.decoder.layers[-1].kernel)
    angles = subspace_angles(kernel.T, PCA(2).fit(x).components_.T)
    assert np.degrees(angles).max() < 0.1


def test_squared_error_and_nll_differ_by_the_constants_of_the_density(linear):
    model, x = linear
    squared = np.sum((x - model.reconstruct(x)) ** 2, axis=1)
    constant = 6 / 2 * np.log(2 * np.pi)
    np.testing.assert_allclose(model.anomaly_score(x), squared / 2 + constant, rtol=1e-4)


def test_methods_agree_with_each_other(linear):
    model, x = linear
    np.testing.assert_allclose(model.decode(model.encode(x)), model.reconstruct(x), atol=1e-5)
    np.testing.assert_allclose(model.predict(x, verbose=0), model.reconstruct(x), atol=1e-5)


def test_parts_are_plain_models_that_load_alone(linear, tmp_path):
    model, x = linear
    latent = model.encode(x)
    for part, inputs, expected in (
        (model.encoder_model(), x, latent),
        (model.decoder_model(), latent, model.decode(latent)),
    ):
        path = tmp_path / f"{part.name}.keras"
        part.save(path)
        alone = keras.saving.load_model(path)
        np.testing.assert_allclose(alone.predict(inputs, verbose=0), expected, atol=1e-5)


def image_model(preprocessor=None, likelihood=None):
    return keras_ae.create_model(
        "autoencoder",
        (6, 5, 1),
        latent_dim=3,
        filters=(4,),
        seed=0,
        preprocessor=preprocessor,
        likelihood=likelihood,
    )


def test_preprocessor_takes_bytes_and_gives_bytes_back(tmp_path):
    x = RNG.integers(0, 256, (20, 6, 5, 1)).astype("uint8")
    scaled, raw = image_model(), image_model(keras.layers.Rescaling(1 / 255))
    as_float = x.astype("float32") / 255
    np.testing.assert_allclose(raw.reconstruct(x), 255 * scaled.reconstruct(as_float), rtol=1e-4)
    np.testing.assert_allclose(raw.anomaly_score(x), scaled.anomaly_score(as_float), rtol=1e-4)
    raw.compile("adam", metrics=["mse"], run_eagerly=True)
    history = raw.fit(x, verbose=0).history
    assert history["mse"][0] > 100  # in the data's own units
    raw.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(again.reconstruct(x), raw.reconstruct(x), rtol=1e-5)


def test_normalization_is_inverted_and_saved(tmp_path):
    x = RNG.normal(50.0, 7.0, (200, 4)).astype("float32")
    normalize = keras.layers.Normalization()
    normalize.adapt(x)
    model = keras_ae.create_model("autoencoder", (4,), 2, preprocessor=normalize, units=(16,))
    model.compile(keras.optimizers.Adam(1e-2))
    model.fit(np.tile(x, (20, 1)), batch_size=40, verbose=0)
    assert abs(model.reconstruct(x).mean() - 50.0) < 2.0
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(again.reconstruct(x), model.reconstruct(x), rtol=1e-5)
    again.decoder_model().save(tmp_path / "d.keras")
    alone = keras.saving.load_model(tmp_path / "d.keras")
    latent = model.encode(x)
    np.testing.assert_allclose(alone.predict(latent, verbose=0), model.decode(latent), rtol=1e-5)


def test_normalization_that_was_never_adapted_is_refused():
    model = keras_ae.create_model(
        "autoencoder", (4,), 2, preprocessor=keras.layers.Normalization(), units=(8,)
    )
    model.compile("adam")
    with pytest.raises(ValueError, match=r"`preprocessor` must be adapted.*adapt"):
        model.fit(RNG.normal(size=(8, 4)), verbose=0)


def test_decoder_of_another_shape_is_refused():
    with pytest.raises(
        ValueError, match=r"`decoder` must return shape \(None, 12\).*2 para.*returns \(None, 6\)"
    ):
        keras_ae.Autoencoder(
            layers.dense_encoder((6,), units=(4,)),
            layers.DenseBottleneck(2),
            layers.dense_decoder((6,), latent_dim=2, units=(4,)),
            layers.GaussianLikelihood(layers.PredictedScale()),
        )


def test_encoder_without_a_known_shape_is_built_by_data():
    model = keras_ae.Autoencoder(
        keras.layers.Dense(4), layers.DenseBottleneck(2), keras.layers.Dense(6)
    )
    with pytest.raises(ValueError, match="must know its input's shape"):
        model.encoder_model()
    model.compile("adam", run_eagerly=True)
    x = RNG.random((8, 6))
    model.fit(x, verbose=0)
    assert model.encoder_model().predict(x, verbose=0).shape == (8, 2)
