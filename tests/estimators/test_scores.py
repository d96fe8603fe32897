"""Scores against the models' own methods, and against NumPy."""

import keras
import numpy as np
import pytest
import scipy.special

from keras_ae import create_model, layers, list_models
from keras_ae.estimators import (
    AnomalyScore,
    DenoisingError,
    DetectionModel,
    EvidenceBound,
    ImportanceWeightedLikelihood,
    ReconstructionError,
)
from keras_ae.estimators.scores import from_record, resolve_score, to_record

X = np.random.default_rng(0).normal(size=(7, 4)).astype("float32") * [1.0, 2.0, 0.5, 4.0]
X = X.astype("float32")
IMAGES = np.random.default_rng(1).random((7, 4, 4, 1)).astype("float32")
LIKELIHOOD = {"likelihood": layers.LaplaceLikelihood(layers.PredictedScale(0.1))}
SCALING = {"preprocessor": layers.RobustScaling([0.5, 0.0, 0.0, 1.0], [1.0, 2.0, 0.5, 4.0])}
# Recipes whose likelihood takes one parameter an output, or is its own.
ONE_PARAMETER = ("batch_topk_sparse", "jump_relu_sparse", "stacked", "table_vae", "topk_sparse")


def make(name="vae", **options):
    return create_model(name, (4,), 2, units=(8,), seed=0, **LIKELIHOOD, **SCALING, **options)


def numbers(model, score, x=X):
    contributions, rest = score.terms(model, keras.ops.convert_to_tensor(x))
    return keras.ops.convert_to_numpy(contributions), keras.ops.convert_to_numpy(rest)


def kl_to_uniform(bottleneck, features):
    """Return the KL of categorical variables from the uniform one, in nats an example."""
    logits = keras.ops.convert_to_numpy(bottleneck.project(features))
    logits = logits.reshape(-1, bottleneck.latent_dim, bottleneck.categories)
    chances = scipy.special.softmax(logits, axis=-1)
    uniform = np.full_like(chances, 1 / bottleneck.categories)
    return scipy.special.rel_entr(chances, uniform).sum(axis=(1, 2))


# A transcoder's target is another than its input, which alone has no score.
@pytest.mark.parametrize("name", sorted({*list_models()} - {"transcoder"}))
def test_the_evidence_bound_is_the_models_own_score(name):
    """A KL without a closed form included, as a mixture's: one noise, whatever the seed."""
    if name == "spatial_vae":
        model, x = create_model(name, (4, 4, 1), 2, filters=(3,), seed=5), IMAGES
    else:
        plain = create_model(name, (4,), 2, units=(8,), seed=5, **SCALING)
        model, x = plain if name in ONE_PARAMETER else make(name), X
    contributions, rest = numbers(model, EvidenceBound(), x)
    axes = tuple(range(1, contributions.ndim))
    total = contributions.sum(axis=axes) + rest
    np.testing.assert_allclose(total, model.anomaly_score(x), rtol=1e-5, atol=1e-5)
    posterior = model.posterior(x) if hasattr(model, "posterior") else None
    latent = model.encode(x) if posterior is None else posterior.mean
    parameters = model.decoder(latent)
    target = x if model.preprocessor is None else model.preprocessor(x)
    nll = -keras.ops.convert_to_numpy(model.likelihood.log_prob(target, parameters))
    kl = np.zeros_like(nll)
    if posterior is not None:
        noise = model.bottleneck.score_noise
        drawn = None if noise is None else posterior.transform(noise)
        kl = keras.ops.convert_to_numpy(posterior.kl(model.prior, drawn))
    elif model.is_bound:
        kl = kl_to_uniform(model.bottleneck, model.encoder(target))
    np.testing.assert_allclose(contributions.sum(axis=axes), nll, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(rest, kl, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(total, nll + kl, rtol=1e-4, atol=1e-4)


def test_its_contributions_are_the_nll():
    model = make()
    contributions, rest = numbers(model, EvidenceBound())
    scaled = model.preprocessor(X)
    nll = -model.likelihood.log_prob(scaled, model.decoder(model.encode(X)))
    np.testing.assert_allclose(contributions.sum(axis=1), nll, rtol=1e-5, atol=1e-5)
    kl = model.posterior(X).kl(model.bottleneck.prior)
    np.testing.assert_allclose(rest, kl, rtol=1e-5, atol=1e-5)


def test_a_kl_without_closed_form_is_estimated_from_fixed_noise():
    model = make(prior=layers.MixturePrior(3, seed=0))
    _, rest = numbers(model, EvidenceBound())
    _, again = numbers(model, EvidenceBound())
    np.testing.assert_array_equal(rest, again)
    assert np.isfinite(rest).all()


def test_the_reconstruction_error_is_that_of_the_scaled_data():
    model = make("autoencoder")
    contributions, rest = numbers(model, ReconstructionError())
    error = np.square((X - model.reconstruct(X)) / np.array(model.preprocessor.scale))
    np.testing.assert_allclose(contributions, error, rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(rest, np.zeros(len(X)))


def test_importance_weights_are_those_of_the_model():
    """Against `log_weights`, given the score's own noise; contributions by NumPy."""
    model, count = make(), 6
    contributions, rest = numbers(model, ImportanceWeightedLikelihood(count, seed=3))
    noise = np.random.default_rng(3).standard_normal((count, 2), "float32")
    noise = np.repeat(noise[:, None], len(X), axis=1)
    log_weights = np.asarray(model.log_weights(X, keras.ops.convert_to_tensor(noise)), "float64")
    expected = np.log(count) - np.logaddexp.reduce(log_weights, axis=0)
    np.testing.assert_allclose(contributions.sum(axis=1) + rest, expected, rtol=1e-4, atol=1e-4)
    # The sum of contributions is the mean nll under the normalized weights.
    posterior = model.posterior(X)
    nll = [
        -np.asarray(
            model.likelihood.log_prob(model.preprocessor(X), model.decoder(posterior.transform(e)))
        )
        for e in keras.ops.convert_to_tensor(noise)
    ]
    shares = np.exp(log_weights - np.logaddexp.reduce(log_weights, axis=0))
    mean = (shares * np.stack(nll)).sum(axis=0)
    np.testing.assert_allclose(contributions.sum(axis=1), mean, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_more_samples_come_closer_to_the_likelihood():
    model = make()
    truth = model.log_likelihood(X, num_samples=5000)
    errors = []
    for count in (1, 200):
        contributions, rest = numbers(model, ImportanceWeightedLikelihood(count))
        errors.append(np.abs(contributions.sum(axis=1) + rest + truth).mean())
    assert errors[1] < 0.5 * errors[0]


def test_scores_by_name_and_by_record():
    for name, kind in (
        ("elbo", EvidenceBound),
        ("importance_weighted", ImportanceWeightedLikelihood),
        ("reconstruction_error", ReconstructionError),
        ("denoising_error", DenoisingError),
    ):
        score = resolve_score(name)
        assert type(score) is kind
        assert to_record(score)["name"] == name
        assert from_record(to_record(score)) == score
    chosen = ImportanceWeightedLikelihood(5, seed=2)
    assert resolve_score(chosen) is chosen
    assert from_record(to_record(chosen)) == chosen


class Own(AnomalyScore):
    """A score of a user's."""

    def terms(self, model, x):
        return keras.ops.abs(x), keras.ops.sum(x, axis=1)


def test_a_score_of_one_s_own_works_but_is_not_saved():
    model = DetectionModel([make()], Own())
    expected = np.abs(X).sum(axis=1) + X.sum(axis=1)
    np.testing.assert_allclose(model.run("detect", X)["score"], expected, rtol=1e-5)
    with pytest.raises(ValueError, match="`scoring` must be one of the package's own"):
        model.get_config()


@pytest.mark.parametrize(
    ("make_it", "words"),
    [
        (lambda: resolve_score("elbow"), "`scoring` must be one of elbo.*scoring='elbow'"),
        (lambda: resolve_score(3), "`scoring` must be one of.*scoring=3"),
        (lambda: ImportanceWeightedLikelihood(0), "`num_samples` must be an integer >= 1"),
        (
            lambda: DetectionModel([make("autoencoder")], "importance_weighted"),
            "without a posterior",
        ),
        (lambda: DetectionModel([]), "`members` must not be empty"),
        (lambda: DetectionModel(["vae"]), "`members` must be a sequence of Autoencoders"),
        (
            lambda: DetectionModel([make(), create_model("vae", (3,), 2, units=(4,))]),
            "`members` must take examples of one shape",
        ),
    ],
)
def test_wrong_scores_and_members(make_it, words):
    with pytest.raises((TypeError, ValueError), match=words):
        make_it()
