"""Prefixes of a code: what they add, whose gradient it is, and what they are good for."""

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import layers
from tests.contract.rows import array, assert_equal

JIT = keras.backend.backend() == "jax"
FEW_STEPS = {"jit_compile": JIT, "run_eagerly": not JIT}
UNITS, WIDTH, PARENTS, CHILDREN = 20, 24, 4, 4


def hierarchy(examples, seed=0):
    """Return examples that are a parent feature and, smaller, one of its 4 children."""
    random = np.random.default_rng(seed)
    features, _ = np.linalg.qr(random.normal(size=(WIDTH, PARENTS * (1 + CHILDREN))))
    parents, children = features.T[:PARENTS], features.T[PARENTS:]
    parent = random.integers(0, PARENTS, examples)
    child = PARENTS * parent + random.integers(0, CHILDREN, examples)
    return (parents[parent] + 0.7 * children[child]).astype("float32")


def new(name="topk_sparse", **options):
    options = {"k": 2, "penalty": (), "seed": 0, **options}
    return keras_ae.create_model(name, (WIDTH,), UNITS, **options)


def prefix_of(latent, units):
    return np.where(np.arange(latent.shape[-1]) < units, latent, 0)


def squared_error(model, x, units):
    """Return half the squared error of an example, by NumPy, of the first units alone."""
    latent = prefix_of(model.encode(x), units)
    dictionary = model.decoder.layers[0]
    reconstruction = latent @ array(dictionary.kernel) + array(dictionary.bias)
    return np.square(x - reconstruction).sum(axis=1) / 2


def test_the_loss_is_the_sum_over_prefixes():
    x = hierarchy(64)
    model = new(prefixes=(3, 8))
    model.compile("adam", **FEW_STEPS)
    logs = model.evaluate(x, return_dict=True, verbose=0)
    constant = WIDTH * np.log(2 * np.pi) / 2  # of a Gaussian of scale 1
    first, second, whole = (squared_error(model, x, m).mean() + constant for m in (3, 8, UNITS))
    assert logs["nll"] == pytest.approx(whole, rel=1e-5)
    assert logs["prefixes"] == pytest.approx(first + second, rel=1e-5)
    assert logs["loss"] == pytest.approx(first + second + whole, rel=1e-5)
    weight = (np.arange(64) % 2).astype("float32")
    weighted = model.evaluate(x, sample_weight=weight, return_dict=True, verbose=0)
    assert weighted == pytest.approx(
        model.evaluate(x[1::2], return_dict=True, verbose=0), rel=1e-5
    )


def test_a_prefix_of_all_units_is_the_plain_model_bit_for_bit():
    x, trained = hierarchy(256), []
    for prefixes in (None, (UNITS,)):
        keras.utils.set_random_seed(0)
        model = new(prefixes=prefixes)
        model.compile("adam", jit_compile=JIT)
        history = model.fit(x, epochs=2, batch_size=64, verbose=0).history
        trained.append((model.get_weights(), history["loss"]))
    (plain, loss), (whole, same) = trained
    assert loss == same
    assert_equal(plain, whole)


def trained_weights(model, x):
    """Return encoder and dictionary before and after one step."""
    before = model.get_weights()
    model.compile(keras.optimizers.SGD(0.1), **FEW_STEPS)
    model.train_on_batch(x)
    return before, model.get_weights()


def test_units_beyond_a_prefix_get_no_gradient_of_it():
    """What two models differ by after one step of SGD is the gradient of the prefix's loss."""
    x = hierarchy(64)
    models = [new(), new(prefixes=(5,))]
    for model in models:  # no constraint on norms, so that steps are gradients
        model.decoder.layers[0].kernel_constraint = None
        model.decoder.layers[0].kernel.constraint = None
        # At the start a unit that is alone explains its share: the encoder has no gradient.
        random = np.random.default_rng(0).normal(size=(WIDTH, UNITS))
        model.bottleneck.dense.kernel.assign(random)
    (_, plain), (_, nested) = (trained_weights(model, x) for model in models)
    names = [weight.path.split("/")[-2:] for weight in models[0].weights]
    seen = set()
    for name, one, other in zip(names, plain, nested, strict=True):
        moved = np.abs(one - other)
        if name == ["dictionary", "kernel"]:
            assert moved[:5].max() > 1e-3
            np.testing.assert_allclose(moved[5:], 0, atol=1e-6)
        elif name[-1] == "kernel":
            assert moved[:, :5].max() > 1e-3
            np.testing.assert_allclose(moved[:, 5:], 0, atol=1e-6)
        seen.add(name[-1])
    assert seen == {"kernel", "bias"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["topk_sparse", "batch_topk_sparse"])
def test_first_units_are_the_parents(name):
    """Of parents and children as many first units as there are parents explain the parents."""
    x, left = hierarchy(2048), {}
    for prefixes in (None, (PARENTS,)):
        keras.utils.set_random_seed(0)
        model = new(name, prefixes=prefixes, penalty=None)
        model.compile(keras.optimizers.Adam(0.01), jit_compile=JIT)
        model.fit(x, epochs=20, batch_size=128, verbose=0)
        left[prefixes] = [squared_error(model, x, m).mean() for m in (PARENTS, UNITS)]
    (plain, _), (nested, whole) = left[None], left[PARENTS,]
    variance = np.square(x - x.mean(axis=0)).sum(axis=1).mean() / 2
    assert nested < 0.6 * variance
    assert nested < 0.75 * plain
    assert whole < 0.75 * nested  # the rest are the children


def test_of_a_transcoder_and_by_parts():
    x = hierarchy(32)
    model = new("transcoder", output_shape=(3,), prefixes=(4,))
    model.compile("adam", **FEW_STEPS)
    assert np.isfinite(model.fit(x, x[:, :3], verbose=0).history["prefixes"]).all()
    vae = keras_ae.create_model(
        "vae", (WIDTH,), 8, units=(), penalty=[layers.KLPenalty(), layers.PrefixPenalty((2, 4))]
    )
    vae.compile("adam", **FEW_STEPS)
    logs = vae.fit(x, verbose=0).history
    assert logs["loss"][0] == pytest.approx(
        logs["nll"][0] + logs["kl"][0] + logs["prefixes"][0], rel=1e-5
    )


def test_where_several_latents_are_decoded_it_is_refused():
    penalty = [layers.KLPenalty(), layers.PrefixPenalty((2,))]
    with pytest.raises(ValueError, match=r"`bottleneck` .*alone.* Received: a PrefixPenalty"):
        keras_ae.create_model("iwae", (WIDTH,), 4, units=(), penalty=penalty)


def test_in_another_model_it_adds_nothing():
    penalty = layers.PrefixPenalty((1,))
    latent = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(array(penalty(latent)), latent)
    assert not penalty.losses
