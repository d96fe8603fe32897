"""Stacked autoencoders: layer by layer, the same variables, and truly tied weights."""

import contextlib
import io
import types

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

import keras_ae
from keras_ae import layers
from keras_ae.models._pretraining import codes_below
from tests.contract.rows import assert_equal

X = (load_digits().data[:400] / 16).astype("float32")


def make(tied=False, units=(24, 12)):
    return keras_ae.StackedAutoencoder((64,), units, tied=tied, seed=0)


def kernels(model):
    return [keras.ops.convert_to_numpy(down.kernel) for down, _ in model.layer_pairs]


@pytest.fixture(scope="module")
def once():
    """Return a model, what its pretraining returned and printed, and its weights after it."""
    keras.utils.set_random_seed(0)
    model = make()
    variables = [id(v) for v in model.trainable_variables]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        histories = model.pretrain(X, epochs=15, batch_size=40, verbose=2)
    return types.SimpleNamespace(
        model=model,
        variables=variables,
        losses=[each.history["loss"] for each in histories],
        printed=printed.getvalue(),
        weights=model.get_weights(),
    )


@pytest.fixture
def warm(once):
    """Return the pretrained model, as the pretraining left it."""
    once.model.set_weights(once.weights)
    return once.model


def test_pretraining_helps_and_fit_tunes_the_same_variables(once, warm):
    cold = make()
    assert len(once.losses) == 2
    assert all(losses[-1] < losses[0] for losses in once.losses)
    assert np.mean((X - warm.reconstruct(X)) ** 2) < 0.8 * np.mean((X - cold.reconstruct(X)) ** 2)
    before = kernels(warm)
    warm.compile("adam", run_eagerly=True)
    warm.fit(X[:80], batch_size=40, verbose=0)
    assert [id(v) for v in warm.trainable_variables] == once.variables
    assert all(not np.array_equal(b, a) for b, a in zip(before, kernels(warm), strict=True))


def test_each_layer_learns_the_codes_below_and_leaves_them_alone(warm):
    first, second = kernels(warm)
    codes = codes_below(warm, X, 1, 40)
    hidden = np.maximum(X @ first + np.array(warm.layer_pairs[0][0].bias.numpy()), 0)
    np.testing.assert_allclose(codes, hidden, atol=1e-5)
    warm.pretrained_layers.assign(1)
    warm.pretrain(X, epochs=1, batch_size=40, verbose=0)
    np.testing.assert_array_equal(kernels(warm)[0], first)
    assert not np.array_equal(kernels(warm)[1], second)


def test_pretraining_says_which_layer_it_trains(once):
    said = [f"Layer {index}/2" in once.printed for index in (1, 2, 3)]
    assert said == [True, True, False]


def test_pretraining_needs_an_optimizer():
    with pytest.raises(ValueError, match="`optimizer` must be a Keras optimizer"):
        make().pretrain(X, optimizer=None)


class Interrupt(layers.MaskingNoise):
    """Stops the training of the second layer, as Ctrl-C would."""

    def corrupt(self, x, seed):
        if x.shape[-1] == 24:
            raise KeyboardInterrupt
        return super().corrupt(x, seed)


@pytest.mark.slow
def test_an_interrupted_pretraining_resumes_by_layer(tmp_path):
    checkpoint = tmp_path / "layers.weights.h5"
    model = make()
    with pytest.raises(KeyboardInterrupt):
        model.pretrain(X, epochs=1, corruption=Interrupt(0.1), checkpoint=checkpoint, verbose=0)
    first = kernels(model)[0]
    assert len(model.pretrain(X, epochs=1, verbose=0)) == 1
    np.testing.assert_array_equal(kernels(model)[0], first)
    assert model.pretrain(X, epochs=1, verbose=0) == []
    assert len(model.pretrain(X, epochs=1, restart=True, verbose=0)) == 2
    after_a_kill = make()
    assert len(after_a_kill.pretrain(X, epochs=1, checkpoint=checkpoint, verbose=0)) == 1
    np.testing.assert_array_equal(kernels(after_a_kill)[0], first)


@pytest.mark.slow
def test_a_resumed_pretraining_equals_the_unbroken_one(tmp_path):
    def pretrained(*calls):
        model = make(tied=True)
        for call in calls:
            noise = layers.MaskingNoise(0.2, seed=3)
            model.pretrain(X, **{"epochs": 2, "corruption": noise, "verbose": 0, **call})
        return model.get_weights()

    checkpoint = tmp_path / "layers.weights.h5"
    unbroken = pretrained({})
    with pytest.raises(KeyboardInterrupt):
        pretrained({"corruption": Interrupt(0.2, seed=3), "checkpoint": checkpoint})
    keras.utils.set_random_seed(99)
    assert_equal(unbroken, pretrained({"checkpoint": checkpoint}))


def test_a_saved_model_remembers_its_layers(warm, tmp_path):
    warm.save(tmp_path / "m.keras")
    assert keras.saving.load_model(tmp_path / "m.keras").pretrain(X, epochs=1, verbose=0) == []


@pytest.mark.slow
def test_pretraining_may_denoise(once):
    noise = layers.MaskingNoise(0.3, seed=0)
    model = make(units=(24,))
    denoised = model.pretrain(X, epochs=15, batch_size=40, corruption=noise, verbose=0)
    assert denoised[0].history["loss"][-1] > once.losses[0][-1]


def check_tied(model):
    """One variable an encoder layer: it moves both maps, and no decoder kernel exists."""
    shapes = sorted(tuple(v.shape) for v in model.trainable_variables)
    below = [(64, 24), (24, 12)]
    assert shapes == sorted([*below, (24,), (12,), (64,), (24,)])
    latent, x = np.ones((1, 12), "float32"), X[:1]
    codes, decoded = model.encode(x), model.decode(latent)
    owner, user = model.layer_pairs[-1]
    assert user.tied_to is owner
    owner.kernel.assign(2 * owner.kernel)
    np.testing.assert_allclose(model.encode(x) - owner.bias, 2 * (codes - owner.bias), atol=1e-4)
    assert not np.allclose(model.decode(latent), decoded)
    owner.kernel.assign(owner.kernel / 2)


@pytest.mark.slow
def test_tied_weights_are_one_variable_before_and_after_loading(tmp_path):
    model = make(tied=True)
    model.pretrain(X, epochs=1, batch_size=40, verbose=0)
    model.compile("adam", run_eagerly=True)
    model.fit(X[:80], batch_size=40, verbose=0)
    check_tied(model)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(again.reconstruct(X), model.reconstruct(X), atol=1e-6)
    check_tied(again)
    again.fit(X[:80], batch_size=40, verbose=0)
    check_tied(again)


def test_a_tied_decoder_stands_alone_with_a_copy(tmp_path):
    model = make(tied=True)
    model.decoder_model().save(tmp_path / "d.keras")
    alone = keras.saving.load_model(tmp_path / "d.keras")
    latent = np.ones((2, 12), "float32")
    np.testing.assert_allclose(alone.predict(latent, verbose=0), model.decode(latent), atol=1e-5)


@pytest.mark.slow
def test_images_are_flattened_and_come_back():
    model = keras_ae.create_model("stacked", (8, 8, 1), 4, units=())
    x = X.reshape(-1, 8, 8, 1)
    model.pretrain(x, epochs=1, batch_size=40, verbose=0)
    assert model.reconstruct(x).shape == x.shape


def test_bad_pretraining_is_refused_before_anything_is_trained():
    model = make()
    before = kernels(model)
    for arguments, message in (
        ({"epochs": 0}, "`epochs` must be an integer >= 1"),
        ({"batch_size": 0}, "`batch_size` must be an integer >= 1"),
    ):
        with pytest.raises(ValueError, match=message):
            model.pretrain(X, **arguments)
    with pytest.raises(ValueError, match=r"`x` must have shape \(examples, 64\)"):
        model.pretrain(X[:, :3])
    assert_equal(before, kernels(model))
