"""Penalties against their formulas; their weights, their values, and a user's own model."""

import threading

import keras
import numpy as np
import pytest
import tensorflow_probability as tfp
from scipy.special import rel_entr

from keras_ae._config import constructor_arguments
from keras_ae.layers import (
    KLPenalty,
    L1Penalty,
    MixturePrior,
    NormalPosterior,
    Sampling,
    StandardNormalPrior,
    TargetActivityPenalty,
)
from tests.contract.rows import array, assert_equal

tfd = tfp.distributions
RANDOM = np.random.default_rng(0)
MEAN = RANDOM.normal(size=(6, 3)).astype("float32")
SCALE = RANDOM.uniform(0.3, 2.0, size=(6, 3)).astype("float32")
CODE = RANDOM.uniform(0.0, 1.0, size=(6, 3)).astype("float32")
# Nats of each example and latent dimension, by an oracle.
SHARES = tfd.kl_divergence(tfd.Normal(MEAN, SCALE), tfd.Normal(0.0, 1.0)).numpy()
KL = SHARES.sum(axis=1)
CALLS = {
    "kl": (KLPenalty(beta=2.0), (MEAN, SCALE)),
    "free_bits": (KLPenalty(free_bits=0.3), (MEAN, SCALE)),
    "capacity": (KLPenalty(capacity=1.0), (MEAN, SCALE)),
    "l1": (L1Penalty(0.5), (CODE - 0.5,)),
    "target_activity": (TargetActivityPenalty(0.2), (CODE,)),
}
EACH = pytest.mark.parametrize(("penalty", "inputs"), CALLS.values(), ids=CALLS)


def added(penalty, *inputs, **options):
    """What one call adds to the loss."""
    penalty(*inputs, **options)
    (loss,) = penalty.losses
    return float(loss)


@pytest.mark.parametrize("beta", [0, 0.5, 4.0])
def test_kl_penalty_is_beta_times_the_mean_kl(beta):
    assert added(KLPenalty(beta), MEAN, SCALE) == pytest.approx(beta * KL.mean(), rel=1e-5)


def test_kl_penalty_of_cholesky_factors():
    factor = np.tril(np.random.default_rng(1).normal(size=(6, 3, 3)), -1).astype("float32")
    factor += SCALE[:, :, None] * np.eye(3, dtype="float32")
    prior = tfd.MultivariateNormalDiag(np.zeros(3, "float32"))
    expected = tfd.kl_divergence(tfd.MultivariateNormalTriL(MEAN, factor), prior).numpy().mean()
    assert added(KLPenalty(beta=2.0), MEAN, scale_tril=factor) == pytest.approx(
        2 * expected, rel=1e-5
    )


def test_free_bits_cost_each_dimension_no_less_than_their_number():
    per_dimension = SHARES.mean(axis=0)
    free_bits = float(np.sort(per_dimension)[1])  # binds for one dimension, not for another
    expected = np.maximum(free_bits, per_dimension).sum()
    assert expected > KL.mean() + 1e-3
    assert added(KLPenalty(3.0, free_bits), MEAN, SCALE) == pytest.approx(3 * expected, rel=1e-5)


@pytest.mark.parametrize("share", [0.5, 1.5], ids=["below", "above"])
def test_capacity_costs_the_distance_of_the_mean_kl(share):
    capacity = float(KL.mean() * share)
    expected = 2.0 * abs(KL.mean() - capacity)
    assert added(KLPenalty(2.0, capacity=capacity), MEAN, SCALE) == pytest.approx(expected, 1e-4)


def test_a_capacity_of_zero_is_no_capacity():
    assert added(KLPenalty(capacity=0), MEAN, SCALE) == pytest.approx(KL.mean(), rel=1e-5)


def test_l1_penalty_is_the_mean_sum_of_absolute_values():
    code = MEAN * 3
    expected = 0.25 * np.abs(code).sum(axis=1)
    penalty = L1Penalty(0.25)
    assert added(penalty, code) == pytest.approx(expected.mean(), rel=1e-5)
    np.testing.assert_allclose(array(penalty.logged(penalty.take())), expected, rtol=1e-5)


def test_target_activity_penalty_is_the_kl_of_bernoulli_variables():
    target, activity = 0.1, CODE.mean(axis=0)
    expected = 2.0 * (rel_entr(target, activity) + rel_entr(1 - target, 1 - activity)).sum()
    penalty = TargetActivityPenalty(target, weight=2.0)
    assert added(penalty, CODE) == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(array(penalty.logged(penalty.take())), [expected] * 6, rtol=1e-5)


@pytest.mark.parametrize("activity", [0.0, 1.0])
def test_target_activity_is_finite_for_dead_and_saturated_units(activity):
    near = abs(activity - 1e-6)
    expected = 2 * (rel_entr(0.05, near) + rel_entr(0.95, 1 - near))
    loss = added(TargetActivityPenalty(0.05), np.full((4, 2), activity, "float32"))
    assert loss == pytest.approx(expected, rel=0.01)


@EACH
def test_weights_of_zero_and_one_equal_dropping_rows(penalty, inputs):
    penalty(*inputs)
    values = penalty.take()
    keep = np.array([1, 0, 1, 1, 0, 0])
    expected = float(penalty.total(array(values)[keep == 1]))
    assert float(penalty.total(values, keep)) == pytest.approx(expected, rel=1e-5)
    assert float(penalty.total(values, keep[:, None] * 7.0)) == pytest.approx(expected, rel=1e-5)
    assert float(penalty.total(values)) != pytest.approx(expected, rel=1e-3)


@EACH
def test_whole_weights_equal_repeating_rows(penalty, inputs):
    penalty(*inputs)
    values = array(penalty.take())
    times = np.array([1, 3, 2, 1, 1, 4])
    expected = float(penalty.total(values.repeat(times, axis=0)))
    assert float(penalty.total(values, times)) == pytest.approx(expected, rel=1e-5)


@EACH
def test_weights_of_zero_alone_are_finite(penalty, inputs):
    penalty(*inputs)
    assert np.isfinite(float(penalty.total(penalty.take(), np.zeros(6))))


def test_free_bits_and_capacity_log_the_unweighted_kl():
    for penalty in (KLPenalty(3.0), KLPenalty(3.0, free_bits=9.0), KLPenalty(3.0, capacity=2)):
        penalty(MEAN, SCALE)
        np.testing.assert_allclose(array(penalty.logged(penalty.take())), KL, rtol=1e-5)


@EACH
def test_values_are_taken_once(penalty, inputs):
    result = penalty(*inputs)
    assert_equal(inputs, result if len(inputs) > 1 else [result])
    (loss,) = penalty.losses
    values = penalty.take()
    assert float(penalty.total(values)) == pytest.approx(float(loss), rel=1e-6)
    assert tuple(penalty.logged(values).shape) == (6,)
    assert penalty.take() is None


def test_a_second_call_replaces_the_values():
    penalty = L1Penalty(1.0)
    penalty(CODE)
    penalty(2 * CODE)
    np.testing.assert_allclose(array(penalty.take()), 2 * CODE.sum(axis=1), rtol=1e-6)


def test_each_thread_has_its_own_values():
    penalty, other = L1Penalty(1.0), []
    penalty(CODE)
    thread = threading.Thread(target=lambda: other.append(penalty.take()))
    thread.start()
    thread.join()
    assert other == [None]
    assert penalty.take() is not None


def test_beta_weight_is_what_counts_and_is_saved(tmp_path):
    model = own_model()
    penalty = model.get_layer("kl")
    assert float(penalty.beta_weight) == penalty.beta == 0.5
    x = data()
    before = model.evaluate(x, x, verbose=0)
    penalty.beta_weight.assign(2.5)
    after = model.evaluate(x, x, verbose=0)
    mean, scale = model.get_layer("mean"), model.get_layer("scale")
    kl = array(NormalPosterior(mean(x), scale(x)).kl_to_standard_normal()).mean()
    assert after - before == pytest.approx(2.0 * kl, rel=1e-4)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False)
    assert float(loaded.get_layer("kl").beta_weight) == 2.5
    assert loaded.get_layer("kl").beta == 0.5
    assert penalty.trainable_variables == []


@EACH
def test_penalties_are_float32_under_mixed_precision(penalty, inputs):
    expected = added(type(penalty)(**arguments(penalty)), *inputs)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        mixed = type(penalty)(**arguments(penalty))
    finally:
        keras.config.set_dtype_policy("float32")
    mixed(*inputs)
    assert keras.backend.standardize_dtype(mixed.losses[0].dtype) == "float32"
    assert float(mixed.losses[0]) == pytest.approx(expected, rel=1e-6)


def arguments(penalty):
    """The arguments of the constructor without those of Keras."""
    return {name: getattr(penalty, name) for name in constructor_arguments(type(penalty))}


def test_a_kl_without_closed_form_needs_a_latent():
    prior = MixturePrior(components=2, seed=0)
    prior.build((None, 3))
    with pytest.raises(ValueError, match=r"`latent` must be.*MixturePrior has no closed form"):
        KLPenalty()(MEAN, SCALE, prior=prior)
    posterior, latent = tfd.MultivariateNormalDiag(MEAN, SCALE), MEAN + SCALE
    expected = (posterior.log_prob(latent) - prior.to_tfp().log_prob(latent)).numpy().mean()
    loss = added(KLPenalty(), MEAN, SCALE, latent=latent, prior=prior)
    assert loss == pytest.approx(expected, rel=1e-4)


def test_free_bits_need_independent_latents_and_a_standard_normal_prior():
    prior = MixturePrior(components=2, seed=0)
    prior.build((None, 3))
    with pytest.raises(ValueError, match="not a sum over latent dimensions"):
        KLPenalty(free_bits=0.1)(MEAN, SCALE, latent=MEAN, prior=prior)
    factor = np.eye(3, dtype="float32")[None].repeat(6, 0)
    with pytest.raises(ValueError, match="not a sum over latent dimensions"):
        KLPenalty(free_bits=0.1)(MEAN, scale_tril=factor, prior=StandardNormalPrior())


def data():
    return np.random.default_rng(1).normal(size=(64, 4)).astype("float32")


def own_model():
    """A user's own model, of plain Keras layers beside two of this package."""
    x = keras.Input((4,))
    mean = keras.layers.Dense(2, name="mean")(x)
    scale = keras.layers.Dense(2, activation="softplus", name="scale")(x)
    mean, scale = KLPenalty(beta=0.5, name="kl")(mean, scale)
    model = keras.Model(x, keras.layers.Dense(4)(Sampling(seed=0)(mean, scale)))
    model.compile(keras.optimizers.Adam(0.01), loss="mse")
    return model


@pytest.mark.slow
def test_a_plain_keras_model_trains_saves_and_loads(tmp_path):
    model, x = own_model(), data()
    often = np.tile(x, (5, 1))
    history = model.fit(often, often, epochs=3, batch_size=16, verbose=0).history["loss"]
    assert history[-1] < history[0] - 0.1
    posterior = NormalPosterior(*(model.get_layer(name)(x) for name in ("mean", "scale")))
    kl, output = array(posterior.kl_to_standard_normal()), array(model(x))
    expected = np.mean((output - x) ** 2) + 0.5 * kl.mean()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(array(loaded(x)), output)
    for same in (model, loaded):
        assert same.evaluate(x, x, batch_size=64, verbose=0) == pytest.approx(expected, rel=1e-4)
