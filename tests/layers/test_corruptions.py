"""Corruptions: the right noise, in training only, repeatable, saved with the model."""

import keras
import numpy as np
import pytest
from scipy import stats

from keras_ae.layers.corruptions import (
    Corruption,
    GaussianCorruption,
    MaskingNoise,
    SaltAndPepperNoise,
)
from tests.contract.rows import array

MAKERS = {
    "masking": lambda **kwargs: MaskingNoise(0.3, **kwargs),
    "gaussian": lambda **kwargs: GaussianCorruption(0.5, **kwargs),
    "clipped": lambda **kwargs: GaussianCorruption(0.5, clip=(0.0, 1.0), **kwargs),
    "salt_and_pepper": lambda **kwargs: SaltAndPepperNoise(0.3, **kwargs),
}


@pytest.fixture
def x():
    return np.random.default_rng(0).uniform(0.2, 0.8, size=(50, 20, 10, 2)).astype("float32")


@pytest.fixture(params=MAKERS.values(), ids=MAKERS)
def make(request):
    return request.param


def noise_state(layer):
    return array(layer.seed_generator.state + 0)


def within_binomial(count, size, rate):
    return stats.binomtest(int(count), int(size), rate).pvalue > 1e-6


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.9])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_masking_zeroes_the_rate_and_never_rescales(x, rate, dtype):
    layer = MaskingNoise(rate, seed=1, dtype=dtype)
    corrupted = array(keras.ops.cast(layer(x, training=True), "float32"))
    masked = corrupted == 0
    kept = array(keras.ops.cast(keras.ops.cast(x, dtype), "float32"))
    np.testing.assert_array_equal(corrupted[~masked], kept[~masked])
    assert within_binomial(masked.sum(), x.size, rate)
    assert all(within_binomial(example.sum(), example.size, rate) for example in masked)


def test_masking_at_the_ends_of_its_range(x):
    np.testing.assert_array_equal(array(MaskingNoise(0)(x, training=True)), x)
    np.testing.assert_array_equal(array(MaskingNoise(1)(x, training=True)), 0 * x)


def test_masking_removes_even_what_is_not_a_number():
    assert float(MaskingNoise(1.0).corrupt(np.full((1, 1), np.nan), 0)[0, 0]) == 0


def test_salt_and_pepper_shares(x):
    corrupted = array(SaltAndPepperNoise(0.4, low=-1, high=2, seed=1)(x, training=True))
    low, high = corrupted == -1, corrupted == 2
    np.testing.assert_array_equal(corrupted[~(low | high)], x[~(low | high)])
    assert within_binomial(low.sum(), x.size, 0.2)
    assert within_binomial(high.sum(), x.size, 0.2)


def test_gaussian_noise_is_normal(x):
    noise = array(GaussianCorruption(0.5, seed=1)(x, training=True)) - x
    assert stats.kstest(noise.ravel(), stats.norm(0, 0.5).cdf).pvalue > 1e-6


def test_gaussian_clip_bounds_the_corrupted_values_only(x):
    free = array(GaussianCorruption(0.5).corrupt(x, 3))
    clipped = array(GaussianCorruption(0.5, clip=(0.1, 0.9)).corrupt(x, 3))
    np.testing.assert_allclose(clipped, np.clip(free, 0.1, 0.9))
    wide = np.array([[-5.0, 5.0]], "float32")
    np.testing.assert_array_equal(array(GaussianCorruption(0.5, clip=(0.1, 0.9))(wide)), wide)


def test_inactive_outside_training(make, x):
    layer = make(seed=0)
    for output in (layer(x), layer(x, training=False)):
        np.testing.assert_array_equal(array(output), x)
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    np.testing.assert_array_equal(model.predict(x, verbose=0), x)


def test_repeatable_with_a_seed_and_new_in_each_call(make, x):
    one, two, other = make(seed=5), make(seed=5), make(seed=6)
    first = array(one(x, training=True))
    second = array(one(x, training=True))
    np.testing.assert_array_equal(first, array(two(x, training=True)))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, array(other(x, training=True)))


def test_corrupt_leaves_the_layers_own_noise_alone(make, x):
    layer, untouched = make(seed=5), make(seed=5)
    state = noise_state(layer)
    first = array(layer.corrupt(x, 7))
    np.testing.assert_array_equal(first, array(layer.corrupt(x, 7)))
    assert not np.array_equal(first, array(layer.corrupt(x, 8)))
    np.testing.assert_array_equal(noise_state(layer), state)
    np.testing.assert_array_equal(
        array(layer(x, training=True)), array(untouched(x, training=True))
    )


def test_corrupt_with_a_seed_generator_continues_it(make, x):
    layer, generator = make(), keras.random.SeedGenerator(5)
    draws = [array(layer.corrupt(x, generator)) for _ in range(2)]
    assert not np.array_equal(*draws)
    again = keras.random.SeedGenerator(5)
    np.testing.assert_array_equal(draws[0], array(layer.corrupt(x, again)))
    np.testing.assert_array_equal(draws[1], array(layer.corrupt(x, again)))


def test_saved_noise_continues_where_it_was(make, x, tmp_path):
    model = keras.Sequential([keras.Input(x.shape[1:]), make(seed=5)])
    drawn = array(model(x, training=True))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for _ in range(2):
        expected = array(model(x, training=True))
        assert not np.array_equal(drawn, expected)
        np.testing.assert_array_equal(array(loaded(x, training=True)), expected)


@pytest.mark.parametrize("training", [True, False])
def test_output_has_the_compute_dtype(make, x, training):
    layer = make(dtype="mixed_bfloat16")
    for given in (x, (255 * x).astype("uint8"), x.astype("float64")):
        output = layer(given, training=training)
        assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"
        assert tuple(output.shape) == x.shape


@pytest.mark.parametrize(
    ("make", "jit_compile"),
    [
        pytest.param(
            maker,
            jit,
            id=f"{name}-{jit}",
            marks=[pytest.mark.slow] * (jit or name in ("clipped", "salt_and_pepper")),
        )
        for name, maker in MAKERS.items()
        for jit in (True, False)
    ],
    indirect=["make"],
)
def test_fit_draws_new_noise_in_each_step(make, jit_compile):
    x = np.random.default_rng(0).uniform(0.2, 0.8, size=(32, 8)).astype("float32")
    layer = make(seed=0)
    model = keras.Sequential([keras.Input((8,)), layer, keras.layers.Dense(8)])
    model.compile("adam", loss="mse", jit_compile=jit_compile)
    before = noise_state(layer)
    losses = model.fit(x, x, epochs=2, batch_size=8, verbose=0).history["loss"]
    assert np.isfinite(losses).all()
    assert not np.array_equal(noise_state(layer), before)
    assert model.evaluate(x, x, verbose=0) == model.evaluate(x, x, verbose=0)


def test_the_base_says_what_a_subclass_must_write(x):
    with pytest.raises(
        NotImplementedError, match=r"Corruption must implement `corrupt\(x, seed\)`"
    ):
        Corruption().corrupt(x, 0)
