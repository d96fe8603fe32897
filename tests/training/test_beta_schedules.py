import keras
import numpy as np
import pytest

from keras_ae.layers import KLPenalty, Sampling
from keras_ae.models import create_model
from keras_ae.training import BetaWarmup, CyclicBeta

BETA = 3.0


def applied_weights(model, schedule, epochs, **fit_options):
    """Return the mean weight of the KL that the compiled steps of each epoch applied.

    The examples are all the same and the weights don't move, so every batch has the same KL.
    """
    x = np.full((32, 6), 0.5, "float32")
    logs = model.fit(
        x, batch_size=8, epochs=epochs, verbose=0, callbacks=[schedule], **fit_options
    ).history
    loss, nll, kl = (np.array(logs[name]) for name in ("loss", "nll", "kl"))
    return (loss - nll) / kl, logs


@pytest.mark.parametrize("jit", [pytest.param(True, marks=pytest.mark.slow), False])
def test_warmup_changes_beta_batch_by_batch_in_compiled_training(vae, jit):
    if keras.backend.backend() == "jax":
        jit = True
    model = vae(BETA, keras.optimizers.SGD(0.0), jit_compile=jit)
    applied, logs = applied_weights(model, BetaWarmup(2, start=1.0), epochs=4)
    # 4 batches an epoch, 8 to the full weight.
    batches = 1.0 + (BETA - 1.0) * np.minimum(np.arange(16) / 8, 1.0)
    np.testing.assert_allclose(applied, batches.reshape(4, 4).mean(axis=1), rtol=1e-4)
    np.testing.assert_allclose(logs["beta"], batches[3::4])
    assert float(model.bottleneck.penalty.beta_weight) == BETA


def test_cycles_rise_again(vae):
    model = vae(BETA, keras.optimizers.SGD(0.0))
    applied, _ = applied_weights(model, CyclicBeta(2, ramp=0.75), epochs=4)
    batches = BETA * np.minimum(np.arange(8) / 8 / 0.75, 1.0)
    expected = np.tile(batches.reshape(2, 4).mean(axis=1), 2)
    np.testing.assert_allclose(applied, expected, rtol=1e-4)


def test_several_steps_an_execution_share_a_weight(vae):
    model = vae(BETA, keras.optimizers.SGD(0.0), steps_per_execution=2)
    applied, _ = applied_weights(model, BetaWarmup(1), epochs=2)
    np.testing.assert_allclose(applied, [BETA * np.mean([0, 0, 0.5, 0.5]), BETA], rtol=1e-4)


def test_a_resumed_fit_goes_on_where_it_was(vae):
    model = vae(BETA, keras.optimizers.SGD(0.0), run_eagerly=True)
    applied, _ = applied_weights(model, BetaWarmup(4), epochs=3, initial_epoch=2)
    np.testing.assert_allclose(applied, [BETA * np.mean([8, 9, 10, 11]) / 16], rtol=1e-4)


def test_a_stream_of_unknown_length_is_scheduled_by_the_epoch(vae):
    model = vae(BETA, keras.optimizers.SGD(0.0))

    schedule = BetaWarmup(2)
    schedule.set_model(model)
    schedule.set_params({"epochs": 4, "steps": None})
    schedule.on_train_begin()
    seen = []
    for epoch in range(4):
        schedule.on_epoch_begin(epoch)
        for batch in range(3):
            schedule.on_train_batch_begin(batch)
            seen.append(float(model.bottleneck.penalty.beta_weight))
    np.testing.assert_allclose(seen, np.repeat([0.0, BETA / 2, BETA, BETA], 3))


def test_beta_is_saved_in_the_middle_of_the_warmup(vae, x, tmp_path):
    model = vae(BETA, run_eagerly=True)
    model.fit(x, batch_size=16, epochs=1, verbose=0, callbacks=[BetaWarmup(2)])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    penalty = loaded.bottleneck.penalty
    assert (penalty.beta, float(penalty.beta_weight)) == (BETA, BETA * 3 / 8)


def test_a_penalty_of_the_users_own_model():
    inputs = keras.Input((6,))
    penalty = KLPenalty(BETA)
    mean = keras.layers.Dense(2)(inputs)
    scale = keras.layers.Dense(2, activation="softplus")(inputs)
    mean, scale = penalty(mean, scale)
    model = keras.Model(inputs, keras.layers.Dense(6)(Sampling(seed=0)(mean, scale)))
    model.compile("sgd", "mse", run_eagerly=True)
    x = np.ones((8, 6), "float32")
    model.fit(x, x, epochs=1, verbose=0, callbacks=[BetaWarmup(2, penalty=penalty)])
    assert float(penalty.beta_weight) == 0.0
    with pytest.raises(TypeError, match=r"`BetaWarmup` needs a model .* Received: .* Functional"):
        model.fit(x, x, verbose=0, callbacks=[BetaWarmup(2)])


def test_a_model_without_a_kl_is_refused(x):
    model = create_model("autoencoder", (6,), latent_dim=2, units=(8,))
    model.compile("adam")
    with pytest.raises(TypeError, match="`CyclicBeta` needs a model whose bottleneck has a KLPen"):
        model.fit(x, verbose=0, callbacks=[CyclicBeta(2)])


@pytest.mark.parametrize(
    ("schedule", "options", "message"),
    [
        (BetaWarmup, {"epochs": 0}, "`epochs` must be a number > 0. Received: epochs=0"),
        (BetaWarmup, {"epochs": 1, "start": -1}, "`start` must be a number >= 0"),
        (BetaWarmup, {"epochs": 1, "penalty": 3}, "`penalty` must be a KLPenalty, or another"),
        (CyclicBeta, {"epochs_per_cycle": "2"}, "`epochs_per_cycle` must be a number > 0"),
        (CyclicBeta, {"epochs_per_cycle": 2, "ramp": 0}, "`ramp` must be a number > 0 and <= 1"),
        (CyclicBeta, {"epochs_per_cycle": 2, "ramp": 1.5}, "`ramp` must be .* Received: ramp=1.5"),
    ],
)
def test_bad_arguments(schedule, options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        schedule(**options)
