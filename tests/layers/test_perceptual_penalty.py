"""A distance in the features of a network of one's own, which nothing moves."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_ae
from keras_ae import layers
from keras_ae.layers.penalties import Decoding
from tests.contract.rows import array, assert_equal

SHAPE = (4, 5, 3)
EAGER = keras.backend.backend() == "tensorflow"  # the quicker way to a few steps


def random(*shape):
    return np.random.default_rng(len(shape)).normal(size=shape).astype("float32")


def identity(shape=SHAPE):
    return keras.Sequential([keras.Input(shape), keras.layers.Activation("linear")])


def distance(penalty, target, reconstruction):
    """Return what the penalty adds where the decoder returns this reconstruction."""
    decoding = Decoding(
        ops.convert_to_tensor(target),
        ops.convert_to_tensor(reconstruction),
        None,
        layers.GaussianLikelihood(),
    )
    return array(penalty.judge(False, decoding))


def test_of_identity_it_is_the_squared_error():
    x, y = random(6, *SHAPE), random(6, *SHAPE)[::-1].copy()
    plain = distance(layers.PerceptualPenalty(identity(), 2.0, normalize=False), x, y)
    np.testing.assert_allclose(plain, 2 * ((x - y) ** 2).sum(-1).mean((1, 2)), rtol=1e-5)
    vectors = random(6, 3), random(6, 3)[::-1].copy()
    plain = distance(layers.PerceptualPenalty(identity((3,)), normalize=False), *vectors)
    np.testing.assert_allclose(plain, ((vectors[0] - vectors[1]) ** 2).sum(-1), rtol=1e-5)


def test_normalized_it_is_twice_one_minus_the_cosine():
    x, y = random(6, *SHAPE), random(6, *SHAPE)[::-1].copy()
    lengths = np.linalg.norm(x, axis=-1) * np.linalg.norm(y, axis=-1)
    cosine = (x * y).sum(-1) / lengths
    found = distance(layers.PerceptualPenalty(identity()), x, y)
    np.testing.assert_allclose(found, (2 - 2 * cosine).mean((1, 2)), rtol=1e-4)
    # In LPIPS' way brightness alone is no distance.
    np.testing.assert_allclose(
        distance(layers.PerceptualPenalty(identity()), x, 3 * x), 0, atol=1e-6
    )


def test_of_alike_images_it_is_0_and_maps_add_up():
    inputs = keras.Input(SHAPE)
    first = keras.layers.Conv2D(4, 3, activation="relu")(inputs)
    second = keras.layers.Dense(2)(keras.layers.Flatten()(first))
    both = layers.PerceptualPenalty(keras.Model(inputs, [first, second]))
    each = [layers.PerceptualPenalty(keras.Model(inputs, one)) for one in (first, second)]
    x, y = random(6, *SHAPE), random(6, *SHAPE)[::-1].copy()
    np.testing.assert_array_equal(distance(both, x, x), 0)
    total = sum(distance(penalty, x, y) for penalty in each)
    np.testing.assert_allclose(distance(both, x, y), total, rtol=1e-5)


def made(features, **options):
    """Return a small VAE of vectors with a perceptual penalty."""
    penalty = [layers.KLPenalty(), layers.PerceptualPenalty(features, **options)]
    return keras_ae.create_model("vae", (6,), 2, units=(4,), penalty=penalty, seed=0)


@pytest.mark.slow
def test_training_minds_the_features_and_never_moves_them(tmp_path):
    """Weights and averages stay, also where all layers are set to be trainable."""
    dense = keras.layers.Dense(5, activation="relu")
    features = keras.Sequential([keras.Input((6,)), dense, keras.layers.BatchNormalization()])
    model = made(features, weight=100.0)
    model.trainable = False
    model.trainable = True
    before, x, found = features.get_weights(), np.abs(random(32, 6)), []
    model.compile(keras.optimizers.Adam(0.01), run_eagerly=EAGER)
    for _ in range(10):
        found.append(model.train_on_batch(x, return_dict=True)["perceptual"])
        model.reset_metrics()
    assert found[-1] < 0.9 * found[0]
    assert_equal(before, features.get_weights())
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert_equal(before, loaded.penalties[1].features.get_weights())


def test_dead_features_have_a_gradient():
    """The length of a vector of zeros is 0, where a root has none."""
    penalty, zeros = layers.PerceptualPenalty(identity((3,))), np.zeros((2, 3), "float32")
    model = made(keras.Sequential([keras.Input((6,)), keras.layers.Dense(3, "relu", False)]))
    model.penalties[1].features.set_weights([-np.ones((6, 3), "float32")])
    model.compile("adam", run_eagerly=EAGER)
    logs = model.train_on_batch(np.abs(random(4, 6)), return_dict=True)
    assert np.isfinite(list(logs.values())).all()
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    np.testing.assert_array_equal(distance(penalty, zeros, zeros), 0)


def test_features_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"`features` must take \(None, 6\).*takes \(None, 3\)"):
        made(identity((3,)))
    inputs = keras.Input((3,))
    flat = keras.Model(inputs, ops.sum(inputs, axis=-1))
    with pytest.raises(ValueError, match=r"maps of features.*Received: .*\(None,\)"):
        layers.PerceptualPenalty(flat)
