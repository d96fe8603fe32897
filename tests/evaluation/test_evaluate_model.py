import dataclasses

import keras
import numpy as np
import pytest

from keras_ae.evaluation import active_units, evaluate_model
from keras_ae.layers import KLPenalty, MaskingNoise
from keras_ae.models import create_model

JIT = keras.backend.backend() == "jax"  # elsewhere XLA takes longer to compile than these train


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(0).uniform(size=(100, 6)).astype("float32")


@pytest.fixture(scope="module")
def vae(x):
    model = create_model("vae", (6,), latent_dim=2, units=(16,), seed=0, beta=3.0)
    model.compile("adam", jit_compile=JIT)
    model.fit(x, batch_size=20, epochs=3, verbose=0)
    return model


def test_the_scores_are_those_of_the_models_own_methods(vae, x):
    scores = evaluate_model(vae, x, num_samples=50, seed=1, batch_size=32)
    logs = vae.evaluate(x, batch_size=32, verbose=0, return_dict=True)
    assert (scores.nll, scores.kl, scores.examples) == (logs["nll"], logs["kl"], 100)
    assert scores.elbo == -(scores.nll + scores.kl)  # whatever beta is
    each = vae.log_likelihood(x, num_samples=50, seed=1, batch_size=32)
    assert scores.log_likelihood == pytest.approx(each.mean(), rel=1e-5)
    assert (scores.active_units, scores.latent_dim) == (active_units(vae.encode(x)), 2)
    error = np.square(vae.predict(x, verbose=0) - x).mean()
    assert scores.reconstruction_mse == pytest.approx(error, rel=1e-5)


def test_the_bound_meets_monte_carlo(vae, x):
    scores = evaluate_model(vae, np.tile(x, (40, 1)))
    many = np.tile(x, (200, 1))
    posterior = vae.posterior(many)
    latent = np.asarray(posterior.sample(seed=0))
    nll = -np.asarray(vae.likelihood.log_prob(many, vae.decoder(latent)))
    kl = np.asarray(posterior.kl(vae.bottleneck.prior, latent))
    draws = (nll + kl).reshape(200, len(x)).mean(axis=1)
    error = np.std(draws) * np.sqrt(1 / 200 + 1 / 40)
    assert -scores.elbo == pytest.approx(np.mean(draws), abs=4 * error)


@pytest.mark.slow
def test_more_samples_tighten_the_bound(vae, x):
    loose, tight = (evaluate_model(vae, x, num_samples=n) for n in (1, 500))
    assert tight.elbo < tight.log_likelihood
    assert loose.log_likelihood < tight.log_likelihood


def test_a_penalty_of_another_kind_doesnt_change_the_bound(vae, x):
    free = create_model(
        "vae", (6,), latent_dim=2, units=(16,), seed=0, penalty=KLPenalty(0.5, free_bits=2.0)
    )
    free.set_weights(vae.get_weights())
    assert evaluate_model(free, x).elbo == pytest.approx(evaluate_model(vae, x).elbo, rel=1e-5)


def test_a_model_without_a_prior_has_no_bound(x):
    model = create_model("autoencoder", (6,), latent_dim=2, units=(16,))
    scores = evaluate_model(model, x)
    assert (scores.kl, scores.elbo, scores.log_likelihood, scores.active_units) == (None,) * 4
    assert model.compiled
    assert dataclasses.asdict(scores)["nll"] == scores.nll


@pytest.mark.slow
def test_a_denoising_model_is_scored_on_corrupted_input(x):
    model = create_model(
        "denoising", (6,), latent_dim=2, units=(16,), seed=0, corruption=MaskingNoise(0.9, seed=0)
    )
    model.compile("adam", jit_compile=JIT)
    model.fit(np.tile(x, (30, 1)), batch_size=50, verbose=0)  # as 30 epochs, in one
    clean, scores = model.anomaly_score(x).mean(), evaluate_model(model, x)
    assert scores.nll != pytest.approx(clean, rel=1e-3)
    assert scores == evaluate_model(model, x)


def test_one_example_has_no_active_units(vae, x):
    assert evaluate_model(vae, x[:1]).active_units is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_samples": -1}, "`num_samples` must be an integer >= 0"),
        ({"seed": -1}, "`seed` must be an integer >= 0"),
        ({"batch_size": 0}, "`batch_size` must be an integer >= 1"),
        ({"model": "vae"}, "`model` must be an Autoencoder. Received: model='vae'"),
        ({"x": np.zeros((3, 5))}, r"`x` must have shape \(examples, 6\)"),
    ],
)
def test_bad_arguments(vae, x, options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        evaluate_model(**{"model": vae, "x": x, **options})


def test_importance_samples_need_a_prior(x):
    model = create_model("autoencoder", (6,), latent_dim=2, units=(16,))
    with pytest.raises(ValueError, match=r"`num_samples` must be 0 .* model=Autoencoder"):
        evaluate_model(model, x, num_samples=5)
