"""Sparse codes with a dictionary: what they find, and what brings dead units back."""

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import layers
from keras_ae.evaluation import dictionary_recovery, dictionary_scores
from tests.contract.rows import array

KNOWN, WIDTH, ACTIVE = 64, 32, 3
JIT = keras.backend.backend() == "jax"  # XLA's seconds are for long trainings
FEW_STEPS = {"jit_compile": JIT, "run_eagerly": not JIT}  # nor is tracing worth it then


def known_dictionary(examples, seed=0):
    """Return examples, each the sum of a few of 64 unit vectors in 32 dimensions, and these."""
    random = np.random.default_rng(seed)
    known = random.normal(size=(KNOWN, WIDTH))
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    codes = np.zeros((examples, KNOWN))
    for row in codes:
        places = random.choice(KNOWN, ACTIVE, replace=False)
        row[places] = random.uniform(0.5, 1.5, ACTIVE)
    return (codes @ known).astype("float32"), known


def dictionary(model):
    return array(model.decoder.layers[0].kernel)


def new(**options):
    options = {"k": ACTIVE, "seed": 0, **options}
    return keras_ae.create_model("topk_sparse", (WIDTH,), KNOWN, **options)


@pytest.mark.slow
def test_a_known_dictionary_is_found():
    """By a code of twice as many units as there are features."""
    keras.utils.set_random_seed(0)
    x, known = known_dictionary(20_000)
    options = {"k": ACTIVE, "seed": 0}
    model = keras_ae.create_model("topk_sparse", (WIDTH,), 2 * KNOWN, **options)
    model.compile(keras.optimizers.Adam(1e-2), jit_compile=JIT)
    model.fit(x, epochs=15, batch_size=256, verbose=0)
    assert dictionary_recovery(dictionary(model), known) >= 0.95
    scores = dictionary_scores(model, x)
    assert scores.l0 == pytest.approx(ACTIVE, abs=0.01)
    assert scores.explained_variance > 0.9


@pytest.mark.parametrize(("units", "active"), [(2, 1), (64, 8), (4096, 32)])
@pytest.mark.parametrize("name", ["topk_sparse", "batch_topk_sparse"])
def test_few_units_are_active_unless_told(name, units, active):
    assert keras_ae.create_model(name, (3,), units).bottleneck.k == active


def test_the_dictionary_s_vectors_have_norm_1_before_and_after_training():
    x, _ = known_dictionary(512)
    model = new(penalty=())
    model.compile("adam", **FEW_STEPS)
    for epochs in (0, 2):
        model.fit(x, epochs=epochs, batch_size=256, verbose=0)
        np.testing.assert_allclose(np.linalg.norm(dictionary(model), axis=1), 1.0, rtol=1e-5)
        encoder = array(model.bottleneck.dense.kernel)
        assert np.allclose(encoder.T, dictionary(model)) == (epochs == 0)  # where it starts


@pytest.mark.parametrize("revived", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_dead_unit_comes_back_by_its_penalty_alone(revived):
    x, _ = known_dictionary(512)
    penalty = layers.DeadUnitPenalty(steps=2) if revived else ()
    model = keras_ae.create_model("topk_sparse", (WIDTH,), 16, k=4, penalty=penalty, seed=0)
    bias = np.zeros(16)
    bias[5] = -5.0
    model.bottleneck.dense.bias.assign(bias)
    assert not model.encode(x)[:, 5].any()
    model.compile(keras.optimizers.Adam(0.1), jit_compile=JIT)
    history = model.fit(x, epochs=8, batch_size=64, verbose=0).history
    assert model.encode(x)[:, 5].any() == revived
    assert ("auxiliary" in history) == revived
    assert (array(model.bottleneck.dense.bias)[5] == -5.0) != revived


def test_weights_weigh_the_penalty_too():
    """Weights of 0 and 1 equal dropping rows."""
    x, _ = known_dictionary(64)
    model = keras_ae.create_model("topk_sparse", (WIDTH,), 16, k=4, seed=0)
    model.bottleneck.penalty.inactive_steps.assign(np.full(16, 1000.0))
    model.compile("adam", **FEW_STEPS)
    weight = (np.arange(64) % 2).astype("float32")
    weighted = model.evaluate(x, sample_weight=weight, return_dict=True, verbose=0)
    dropped = model.evaluate(x[1::2], return_dict=True, verbose=0)
    assert dropped["auxiliary"] > 0
    assert weighted == pytest.approx(dropped, rel=1e-5)


@pytest.mark.slow
def test_a_transcoder_learns_another_layer_s_output():
    """From x to a map of it, whose variance is explained by the units that x makes active."""
    x, _ = known_dictionary(512)
    y = np.roll(x, 1, axis=1) + 1.0
    keras.utils.set_random_seed(0)
    model = new(k=8, penalty=())
    model.compile(keras.optimizers.Adam(0.03), jit_compile=JIT)
    model.fit(x, y, epochs=15, batch_size=64, verbose=0)
    reconstruction = model.reconstruct(x)
    to_y, to_x = (
        np.square(target - reconstruction).sum() / np.square(target - target.mean(0)).sum()
        for target in (y, x)
    )
    assert to_y < 0.4
    assert to_x > 1.0


def test_the_encoder_alone_is_a_keras_model(tmp_path):
    x, _ = known_dictionary(32)
    model = new()
    model.encoder_model().save(tmp_path / "encoder.keras")
    loaded = keras.models.load_model(tmp_path / "encoder.keras")
    np.testing.assert_allclose(loaded.predict(x, verbose=0), model.encode(x), rtol=1e-5)


def test_batch_top_k_is_a_fixed_threshold_outside_training():
    """With it about k units are active, and not as many in each example."""
    x, _ = known_dictionary(1024)
    options = {"k": ACTIVE, "momentum": 0.9, "seed": 0}
    model = keras_ae.create_model("batch_topk_sparse", (WIDTH,), KNOWN, **options)
    model.compile(keras.optimizers.Adam(1e-2), jit_compile=JIT)
    model.fit(x, epochs=8, batch_size=64, verbose=0)
    latent = model.encode(x)
    np.testing.assert_allclose(latent, above_running_threshold(model, x), rtol=1e-4, atol=1e-5)
    assert np.count_nonzero(latent, axis=1).mean() == pytest.approx(ACTIVE, rel=0.1)
    assert len(set(np.count_nonzero(latent, axis=1))) > 3
    alone = model.encoder_model()
    np.testing.assert_allclose(alone.predict(x, verbose=0), latent, rtol=1e-4, atol=1e-5)


def above_running_threshold(model, x):
    """Return activations where they are above the running threshold, else 0."""
    z = x @ array(model.bottleneck.dense.kernel) + array(model.bottleneck.dense.bias)
    return np.where(z > float(array(model.bottleneck.running_threshold)), z, 0)


@pytest.mark.slow
@pytest.mark.skipif(JIT, reason="exports run on the TensorFlow backend")
@pytest.mark.parametrize("name", ["topk_sparse", "batch_topk_sparse", "jump_relu_sparse"])
def test_openvino_has_the_same_code(name, tmp_path):
    """The other formats are the contract's."""
    from keras_ae.export import export_model, load_artifact

    x, _ = known_dictionary(64)
    options = {} if name == "jump_relu_sparse" else {"k": ACTIVE}
    model = keras_ae.create_model(name, (WIDTH,), KNOWN, seed=0, **options)
    model(x, training=True)  # measures the running threshold
    latent = model.encode(x)
    if name == "batch_topk_sparse":
        np.testing.assert_allclose(latent, above_running_threshold(model, x), rtol=1e-4, atol=1e-5)
    options = {"formats": ("openvino",), "endpoints": ("encode",), "precisions": ("float32",)}
    export_model(model, tmp_path / "bundle", sample_data=x, verbose=False, **options)
    with load_artifact(tmp_path / "bundle") as artifact:
        found = artifact.run("encode", x=x[:7])["latent"]
    np.testing.assert_allclose(found, latent[:7], rtol=1e-4, atol=1e-5)


def test_thresholds_are_learned_to_where_a_unit_pays():
    """A unit that is off costs half its square, one that is on the weight: t = sqrt(2 weight).

    That is at a bandwidth e of 0. Of uniform activations the kernel's gradient vanishes where
    the mean of t z over (t - e/2, t) is twice the weight: t (t - e/4) = 2 weight.
    """
    weight, bandwidth = 0.18, 0.2
    expected = bandwidth / 8 + np.sqrt((bandwidth / 8) ** 2 + 2 * weight)  # 0.626
    penalty = layers.L0Penalty(weight, bandwidth)
    options = {"threshold": 0.5, "bandwidth": bandwidth, "penalty": penalty}
    model = keras_ae.create_model("jump_relu_sparse", (4,), 4, **options)
    model.bottleneck.dense.kernel.assign(np.eye(4))
    model.decoder.layers[0].kernel.assign(np.eye(4))
    model.bottleneck.dense.trainable = model.decoder.trainable = False
    x = np.random.default_rng(0).uniform(0, 1.5, (4096, 4)).astype("float32")
    model.compile(keras.optimizers.Adam(0.005), jit_compile=JIT)
    history = model.fit(x, epochs=6, batch_size=128, verbose=0).history
    threshold = np.exp(array(model.bottleneck.log_threshold))
    np.testing.assert_allclose(threshold, expected, atol=0.02)
    assert history["l0"][-1] == pytest.approx(4 * (1.5 - expected) / 1.5, rel=0.05)
    alone = model.encoder_model()
    np.testing.assert_allclose(alone.predict(x[:9], verbose=0), model.encode(x[:9]), rtol=1e-6)
