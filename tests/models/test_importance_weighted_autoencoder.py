"""The importance-weighted bound against closed forms, Monte Carlo and finite differences."""

import keras
import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import norm

import keras_ae
from keras_ae import layers
from keras_ae.models import ImportanceWeightedAutoencoder
from tests.models.linear_gaussian import (
    NOISE,
    OFFSET,
    WEIGHTS,
    X,
    bound_gap,
    evidence,
    linear_gaussian,
)

RNG = np.random.default_rng(2)
EXCESS = 1.6
JIT = keras.backend.backend() == "jax"  # XLA takes longer to compile than these steps take
MANY = np.repeat(X, 200, axis=0)


def weighted(num_samples, excess=EXCESS, **options):
    return linear_gaussian(
        excess, ImportanceWeightedAutoencoder, num_samples=num_samples, **options
    )


def scores(model, x=MANY):
    return model.evaluate(x, batch_size=2000, verbose=0, return_dict=True)


def monte_carlo(num_samples, excess=EXCESS, beta=1.0, repeats=400):
    """Estimate the mean bound of X and its standard error with NumPy alone."""
    precision = 1.0 + np.sum(WEIGHTS**2, axis=0) / NOISE**2
    mean = (X - OFFSET) @ (WEIGHTS / NOISE**2 / precision)
    scale = excess / np.sqrt(precision)
    latent = mean + scale * RNG.normal(size=(repeats, num_samples, *mean.shape))
    log_likelihood = norm.logpdf(X, latent @ WEIGHTS.T + OFFSET, NOISE).sum(-1)
    log_ratio = norm.logpdf(latent).sum(-1) - norm.logpdf(latent, mean, scale).sum(-1)
    bounds = logsumexp(log_likelihood + beta * log_ratio, axis=1) - np.log(num_samples)
    return bounds.mean(), bounds.mean(axis=1).std() / np.sqrt(repeats)


def test_with_the_exact_posterior_the_loss_is_the_evidence_whatever_is_drawn():
    for num_samples in (1, 4):
        loss = scores(weighted(num_samples, excess=1.0), X)["loss"]
        np.testing.assert_allclose(-loss, evidence(X).mean(), atol=2e-5)


@pytest.mark.slow
def test_one_sample_is_the_bound_of_a_variational_autoencoder():
    expected = evidence(X).mean() - bound_gap(EXCESS)
    np.testing.assert_allclose(-scores(weighted(1))["loss"], expected, atol=0.03)
    np.testing.assert_allclose(-scores(linear_gaussian(EXCESS))["loss"], expected, atol=0.03)


@pytest.mark.parametrize(
    ("num_samples", "beta"), [pytest.param(3, 1.0, marks=pytest.mark.slow), (3, 0.4)]
)
def test_the_loss_is_an_independent_monte_carlo_bound(num_samples, beta):
    expected, error = monte_carlo(num_samples, beta=beta)
    ours = -scores(weighted(num_samples, beta=beta))["loss"]
    # Ours is a mean over half as many draws.
    assert abs(ours - expected) < 3 * np.sqrt(3) * error


@pytest.mark.slow
def test_the_bound_grows_with_its_samples_to_the_evidence():
    losses = [scores(weighted(k), X if k == 500 else MANY)["loss"] for k in (1, 5, 500)]
    gaps = evidence(X).mean() + np.array(losses)
    assert gaps[0] > gaps[1] + 0.1
    assert gaps[1] > gaps[2] + 0.02
    assert abs(gaps[2]) < 0.02


def test_nll_and_kl_are_the_parts_of_the_evidence_bound():
    ours, theirs = scores(weighted(5)), scores(linear_gaussian(EXCESS))
    np.testing.assert_allclose(ours["kl"], theirs["kl"], rtol=1e-5)  # in closed form
    np.testing.assert_allclose(ours["nll"], theirs["nll"], atol=0.03)
    assert ours["loss"] < ours["nll"] + ours["kl"] - 0.1


@pytest.fixture(scope="module")
def small():
    """A model whose every weight has a gradient, and data that is drawn anew."""
    keras.utils.set_random_seed(1)
    model = keras_ae.create_model(
        "iwae",
        (5,),
        2,
        units=(4,),
        activation="tanh",
        num_samples=3,
        likelihood=layers.BernoulliLikelihood(),
        prior=layers.MixturePrior(2, seed=0),
        redraw=layers.StochasticBinarization(seed=4),
        seed=0,
    )
    return model, RNG.random((6, 5)).astype("float32")


def restore(model, weights, noise):
    model.set_weights(weights)
    for generator, state in noise:
        generator.state.assign(state)


@pytest.mark.slow
def test_gradients_are_those_of_finite_differences(small):
    """One SGD step of rate 1 shows the gradient that `fit` uses."""
    model, x = small
    model.compile(keras.optimizers.SGD(1.0), run_eagerly=True)
    generators = (model.redraw.seed_generator, model.bottleneck.sampling.seed_generator)
    noise = [(each, keras.ops.convert_to_numpy(each.state)) for each in generators]
    start = model.get_weights()
    model.train_on_batch(x)
    gradients = [a - b for a, b in zip(start, model.get_weights(), strict=True)]
    trainable = {id(weight) for weight in model.trainable_weights}

    def loss_at(weights):
        restore(model, weights, noise)
        return float(model.compute_loss(x, None, model(x, training=True)))

    step, checked = 3e-3, 0
    for index, weight in enumerate(model.weights):
        if id(weight) not in trainable:
            assert not np.any(gradients[index])
            continue
        place = np.unravel_index(np.argmax(np.abs(gradients[index])), weight.shape)
        values = []
        for sign in (1, -1):
            moved = [each.copy() for each in start]
            moved[index][place] += sign * step
            values.append(loss_at(moved))
        slope = (values[0] - values[1]) / (2 * step)
        np.testing.assert_allclose(gradients[index][place], slope, rtol=0.02, atol=2e-3)
        checked += abs(slope) > 0.01
    assert checked >= 10


@pytest.mark.slow
def test_weights_of_zero_and_one_equal_dropping_rows():
    kept = np.arange(40) % 3 != 0
    whole, rows = (weighted(4, excess=1.0) for _ in range(2))
    for model in (whole, rows):  # moved away, but with hardly any noise, which the rows change
        model.decoder.layers[-1].set_weights([WEIGHTS.T + 0.1, OFFSET])
        model.bottleneck.head.raw_scale.set_weights([np.zeros((4, 2)), np.full(2, -12.0)])
        model.bottleneck.head.raw_scale.trainable = False
        model.compile(keras.optimizers.SGD(1e-3))
    whole.fit(X, batch_size=40, sample_weight=kept.astype("float32"), shuffle=False, verbose=0)
    rows.fit(X[kept], batch_size=40, shuffle=False, verbose=0)
    for ours, theirs in zip(whole.get_weights(), rows.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-4)


@pytest.mark.slow
def test_evaluation_weighs_the_bound_of_each_example():
    weight = np.arange(40) % 3 * 2.5
    exact = weighted(4, excess=1.0)
    scores = exact.evaluate(X, sample_weight=weight, batch_size=16, verbose=0, return_dict=True)
    expected = np.average(evidence(X), weights=weight)
    np.testing.assert_allclose(-scores["loss"], expected, atol=5e-5)


@pytest.mark.slow
def test_other_losses_count_and_a_target_of_its_own_is_what_is_weighed():
    model = weighted(2, excess=1.0)
    kernel = model.decoder.layers[-1]
    kernel.kernel_regularizer = keras.regularizers.L2(0.3)
    kernel.kernel.regularizer = kernel.kernel_regularizer
    extra = 0.3 * np.sum(WEIGHTS**2)
    np.testing.assert_allclose(-scores(model, X)["loss"], evidence(X).mean() - extra, atol=1e-4)
    far = model.evaluate(X, X + 3, verbose=0, return_dict=True)
    assert far["nll"] > scores(model, X)["nll"] + 10


def test_outside_of_steps_the_loss_is_that_of_the_mean():
    """As when the command line tries a model out on one example."""
    model = weighted(3)
    x = keras.ops.convert_to_tensor(X)
    model(x, training=True)
    loss = float(model.compute_loss(x, None, model(x, training=False)))
    np.testing.assert_allclose(loss, model.anomaly_score(X).mean(), rtol=1e-5)


@pytest.mark.slow
def test_training_on_it_beats_the_evidence_bound_where_the_posterior_is_wrong():
    """A posterior that must be one of independent latents, for a model whose isn't."""
    keras.utils.set_random_seed(0)
    mixing = np.array([[1.0, 0.9], [0.9, 1.0], [1.0, 1.0]])
    x = (RNG.normal(size=(500, 2)) @ mixing.T + 0.3 * RNG.normal(size=(500, 3))).astype("float32")
    losses = {}
    for name, options in (("vae", {}), ("iwae", {"num_samples": 10})):
        model = keras_ae.create_model(
            name, (3,), 2, units=(), likelihood=layers.GaussianLikelihood(0.3), seed=0, **options
        )
        model.compile(keras.optimizers.Adam(0.02), jit_compile=JIT, steps_per_execution=50)
        model.fit(x, batch_size=100, epochs=100, verbose=0)
        losses[name] = -model.log_likelihood(x, num_samples=500, verbose=0).mean()
    covariance = np.cov(x.T, bias=True)
    best = 0.5 * np.linalg.slogdet(2 * np.pi * covariance)[1] + 1.5
    assert best - 0.02 < losses["iwae"] < best + 0.06
    assert losses["iwae"] < losses["vae"] - 0.01
