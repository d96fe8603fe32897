"""Adversarial training by plain `fit`: resumed, several steps in a call, and what it refuses."""

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import layers
from tests.contract.rows import array

X = (np.random.default_rng(0).random((24, 6)) > 0.5).astype("float32")
FIT = {"batch_size": 8, "shuffle": False, "verbose": 0}


def noisy():
    """Return a discriminator with averages of its own, and noise."""
    return keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(4, kernel_initializer=keras.initializers.GlorotUniform(0)),
            keras.layers.BatchNormalization(),
            keras.layers.LeakyReLU(),
            keras.layers.Dropout(0.2, seed=1),
            keras.layers.Dense(1, kernel_initializer=keras.initializers.GlorotUniform(1)),
        ]
    )


def made(**options):
    """Return a compiled model, the same one each time."""
    model = keras_ae.create_model(
        "vae_gan",
        (6,),
        2,
        discriminator=noisy(),
        discriminator_optimizer=keras.optimizers.Adam(0.01),
        likelihood=layers.BernoulliLikelihood(),
        units=(8,),
        seed=1,
    )
    model.compile("adam", jit_compile=keras.backend.backend() == "jax", **options)
    return model


def state(model):
    """Return all that a step may move, noise and both optimizers among it."""
    return [array(each) for each in (*model.variables, *model.optimizer.variables)]


def assert_equal(one, other, **tolerance):
    for variable, mine, another in zip(one.variables, state(one), state(other), strict=False):
        np.testing.assert_allclose(mine, another, err_msg=variable.path, **tolerance)


class Stop(keras.callbacks.Callback):
    """Break a training off after its first epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_a_resumed_run_is_the_unbroken_one_bit_for_bit(tmp_path):
    """By Keras' own BackupAndRestore: weights, averages, noise and both optimizers."""
    unbroken = made()
    unbroken.fit(X, epochs=2, **FIT)
    backup, broken = keras.callbacks.BackupAndRestore(tmp_path / "backup"), made()
    with pytest.raises(KeyboardInterrupt):
        broken.fit(X, epochs=2, callbacks=[backup, Stop()], **FIT)
    resumed = made()
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    resumed.fit(X, epochs=2, callbacks=[backup], **FIT)
    assert int(array(resumed.penalties[-1].optimizer.iterations)) == 6
    assert_equal(resumed, unbroken, rtol=0, atol=0)


@pytest.mark.slow
def test_two_steps_in_a_call_are_the_steps_one_by_one():
    several, single = made(steps_per_execution=2), made(steps_per_execution=1)
    for model in (several, single):
        model.fit(X, **FIT)
    assert any(kind == "train" for kind, *_ in several._execution.made)
    assert_equal(several, single, rtol=1e-4, atol=1e-6)


def test_the_discriminator_is_no_part_of_encoder_decoder_or_endpoints():
    model = made()
    own = {id(weight) for weight in model.penalties[-1].discriminator.weights}
    for part in (model.encoder_model(), model.decoder_model()):
        assert own.isdisjoint(id(weight) for weight in part.weights)
    assert set(model.functions()) == set(keras_ae.create_model("vae", (6,), 2).functions())
    assert model.is_bound  # nll + kl is one; the loss has more in it


@pytest.mark.parametrize("name", ["dense", "conv", "resnet", None])
def test_a_discriminator_is_built_by_name(name):
    model = keras_ae.create_model(
        "vae_gan", (8, 8, 1), 2, discriminator=name, filters=(4,), units=(3,), seed=0
    )
    discriminator = model.penalties[-1].discriminator
    kinds = [type(layer).__name__ for layer in discriminator._flatten_layers()]
    assert discriminator.output_shape == (None, 1)
    assert ("Conv2D" in kinds) == (name != "dense")
    assert kinds[-1] == "Dense"
    encoder = [weight for weight in model.encoder.get_weights() if weight.ndim > 1]
    same = [each for each in discriminator.get_weights() if each.shape == encoder[0].shape]
    assert not any(np.array_equal(encoder[0], each) for each in same)  # seeds of its own


def test_images_of_any_size_get_a_map_of_logits():
    options = {"filters": (4,), "spatial": True, "network": "resnet", "seed": 0}
    model = keras_ae.create_model("vae_gan", (None, None, 1), 2, **options)
    assert model.penalties[-1].discriminator.output_shape == (None, None, None, 1)
    with pytest.raises(ValueError, match="`discriminator` must be None, resnet as the"):
        keras_ae.create_model("vae_gan", (None, None, 1), 2, discriminator="dense", **options)


def penalized(penalty, **parts):
    """Return an autoencoder of small parts with a penalty."""
    return keras_ae.Autoencoder(
        **{
            "encoder": layers.dense_encoder((6,), units=(1,)),
            "bottleneck": layers.DenseBottleneck(1, penalty=penalty),
            "decoder": layers.dense_decoder((6,), latent_dim=1, units=()),
            **parts,
        }
    )


def test_a_discriminator_of_another_shape_is_refused():
    other = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match=r"`discriminator` must take \(None, 6\).*\(None, 5\)"):
        penalized(layers.AdversarialPenalty(other))


def test_a_discriminator_that_is_shared_is_refused():
    encoder = layers.dense_encoder((6,), units=(1,))
    with pytest.raises(ValueError, match="share no weight.*Received: .* of the encoder"):
        penalized(layers.AdversarialPenalty(encoder), encoder=encoder)
    discriminator = noisy()
    layers.AdversarialPenalty(discriminator)
    with pytest.raises(ValueError, match="that are no other penalty's. Received: "):
        layers.AdversarialPenalty(discriminator)


def test_models_that_decode_nothing_to_judge_refuse_it():
    with pytest.raises(ValueError, match="of the code alone where values may be missing"):
        keras_ae.create_model(
            "table_vae", (6,), 2, penalty=layers.AdversarialPenalty(noisy()), units=()
        )
    penalty = [layers.KLPenalty(), layers.AdversarialPenalty(noisy())]
    with pytest.raises(ValueError, match="penalties of the code alone: several latents"):
        keras_ae.create_model("iwae", (6,), 2, penalty=penalty, units=())
