"""Denoising: what is corrupted when, and what the target is."""

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import layers

RNG = np.random.default_rng(2)
BASIS = RNG.random((2, 12))
X = (RNG.random((300, 2)) @ BASIS / 2).astype("float32")  # two degrees of freedom in twelve
OFTEN = np.tile(X, (10, 1))  # ten epochs in one: the end of an epoch costs as much as its steps


def make(corruption, units=(16,)):
    return keras_ae.DenoisingAutoencoder(
        layers.dense_encoder((12,), units=units, seed=0),
        layers.DenseBottleneck(4, seed=1),
        layers.dense_decoder((12,), latent_dim=4, units=units, seed=2),
        layers.GaussianLikelihood(0.1),
        corruption=corruption,
    )


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(0)
    model = make(layers.MaskingNoise(0.3, seed=0))
    model.compile(keras.optimizers.Adam(1e-2))
    model.fit(OFTEN, batch_size=60, epochs=5, verbose=0)
    return model


def test_denoise_brings_masked_examples_closer_to_the_clean_ones(trained):
    masked = np.where(RNG.random(X.shape) < 0.3, 0, X).astype("float32")
    before, after = np.mean((masked - X) ** 2), np.mean((trained.denoise(masked) - X) ** 2)
    assert after < before / 3


def test_denoise_is_reconstruct_and_adds_no_noise_of_its_own(trained):
    assert np.array_equal(trained.denoise(X), trained.reconstruct(X))
    np.testing.assert_allclose(trained.predict(X, verbose=0), trained.denoise(X), atol=1e-6)


def test_evaluation_corrupts_with_a_fixed_seed(trained):
    trained.compile("sgd")
    first = trained.evaluate(X, verbose=0, return_dict=True)
    assert first == trained.evaluate(X, verbose=0, return_dict=True)
    assert first["nll"] > trained.anomaly_score(X).mean() + 0.1  # harder than on clean input


def test_the_target_is_clean():
    """A corruption that destroys everything leaves the mean of the clean data to find."""
    keras.utils.set_random_seed(0)
    model = make(layers.MaskingNoise(0.999999, seed=0))
    model.compile(keras.optimizers.Adam(2e-2))
    model.fit(OFTEN, batch_size=100, epochs=9, verbose=0)
    np.testing.assert_allclose(model.denoise(np.zeros((1, 12)))[0], X.mean(0), atol=0.02)


@pytest.mark.slow
def test_own_pairs_train_without_a_corruption():
    keras.utils.set_random_seed(0)
    model = make(None)
    model.compile(keras.optimizers.Adam(1e-2))
    noisy = OFTEN + RNG.normal(0, 0.2, OFTEN.shape).astype("float32")
    held_out = noisy[:300], X
    model.fit(noisy, OFTEN, batch_size=60, epochs=5, validation_data=held_out, verbose=0)
    noisy = noisy[:300]
    assert np.mean((model.denoise(noisy) - X) ** 2) < np.mean((noisy - X) ** 2) / 3


def test_corruption_sees_preprocessed_examples():
    seen = []

    class Spy(layers.MaskingNoise):
        def corrupt(self, x, seed):
            seen.append(keras.ops.convert_to_numpy(x).max())
            return super().corrupt(x, seed)

    model = keras_ae.create_model(
        "denoising",
        (4,),
        2,
        units=(4,),
        corruption=Spy(0.5, seed=0),
        preprocessor=keras.layers.Rescaling(1 / 255),
        likelihood=layers.BernoulliLikelihood(),
    )
    model.compile("adam", run_eagerly=True)
    if keras.backend.backend() == "jax":  # JAX traces the step's values; a call shows them
        model(np.full((8, 4), 255, "uint8"), training=True)
    else:
        model.fit(np.full((8, 4), 255, "uint8"), verbose=0)
    assert seen
    assert max(seen) == pytest.approx(1.0)


@pytest.mark.parametrize("call", ["fit", "evaluate"])
def test_corruption_and_pairs_exclude_each_other(call):
    with_corruption, without = make(layers.MaskingNoise(0.3)), make(None)
    with_corruption.compile("adam")
    without.compile("adam")
    with pytest.raises(ValueError, match=r"`x` must come without a target.*corruption=masking"):
        getattr(with_corruption, call)(X, X, verbose=0)
    with pytest.raises(ValueError, match=r"`x` must come with its clean target.*corruption=None"):
        getattr(without, call)(X, verbose=0)
    with pytest.raises(ValueError, match="`validation_data` must come without a target"):
        with_corruption.fit(X, validation_data=(X, X), verbose=0)


def test_noise_is_saved(tmp_path):
    model = make(layers.MaskingNoise(0.3, seed=3))
    model.compile("adam", run_eagerly=True)
    model.fit(X, batch_size=100, verbose=0, shuffle=False)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    for each in (model, again):
        each.fit(X, batch_size=100, verbose=0, shuffle=False)
    for ours, theirs in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
