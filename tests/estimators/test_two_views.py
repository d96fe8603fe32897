"""The default detector: columns and whole rows, and how the two become one score."""

import keras
import numpy as np
import pytest

from keras_ae import layers
from keras_ae.estimators import AnomalyDetector, DenoisingError, DetectionModel
from tests.estimators.conftest import SMALL, table


@pytest.fixture(scope="module")
def parts(fitted):
    """Return the strangeness of the training rows in each view, by NumPy."""
    model = fitted.detector.detection_model_
    rows = fitted.x
    errors = [np.asarray(DenoisingError().terms(member, rows)[0]) for member in model.members]
    return [np.mean(errors, axis=0), np.asarray(layers.KernelMarginals.of(rows)(rows))]


@pytest.mark.slow
def test_the_score_is_the_mean_of_both_on_a_scale_of_arcsinh(fitted, parts):
    angles = []
    for each in parts:
        total = each.sum(axis=1)
        usual = total[total <= np.quantile(total, 0.9)]
        angles.append(np.arcsinh((total - usual.mean()) / usual.std()))
    expected = np.sinh(np.mean(angles, axis=0))
    np.testing.assert_allclose(-fitted.detector.score_samples(fitted.x), expected, rtol=1e-3)


def test_contributions_and_rest_are_the_score(fitted):
    found = fitted.detector.detection_model_.run("attribute", fitted.x)
    total = found["contributions"].sum(axis=1) + found["rest"]
    np.testing.assert_allclose(total, -fitted.detector.score_samples(fitted.x), rtol=1e-3)


@pytest.mark.slow
def test_contributions_keep_their_proportions_in_a_view():
    """With the view of columns alone weighing: equal errors of the denoiser leave it the ranks."""
    x, _ = table()
    (member,) = AnomalyDetector(members=1, **SMALL).fit(x).detection_model_.members
    marginals = layers.KernelMarginals.of(x)
    model = DetectionModel([member], "denoising_error", views=[marginals])
    model.standardize(x)
    model._spread.assign([1e9, 1.0])
    contributions, nats = model.run("attribute", x[:5])["contributions"], np.asarray(marginals(x))
    shares = contributions / contributions.sum(axis=1, keepdims=True)
    expected = nats[:5] / nats[:5].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.slow
def test_it_finds_what_one_view_alone_does_not():
    random = np.random.default_rng(0)
    common = random.normal(size=(400, 1))
    x = common + 0.1 * random.normal(size=(400, 4))
    detector = AnomalyDetector(members=1, steps=300, random_state=0).fit(x)
    usual = np.quantile(-detector.score_samples(x), 0.95)
    together = [[1.5, -1.5, 1.5, -1.5]]  # each number is usual in its column
    alone = [[0.0, 0.0, 9.0, 0.0]]
    assert -detector.score_samples(together)[0] > usual
    assert -detector.score_samples(alone)[0] > usual
    assert detector.attribute(alone).argmax() == 2


def test_the_denoiser_is_trained_on_the_usual_rows(monkeypatch):
    x, _ = table()
    seen = []
    monkeypatch.setattr(
        "keras_ae.estimators._trained.Training",
        lambda model, rows, *others: seen.append(rows) or _Nothing(),
    )
    AnomalyDetector(members=1, **SMALL).fit(x)
    nats = np.asarray(layers.KernelMarginals.of(x)(x)).sum(axis=1)
    np.testing.assert_array_equal(seen[0], x[nats <= np.quantile(nats, 0.9)])


class _Nothing:
    """A training that does nothing."""

    def run(self, weights, seed):
        return [0.0]


def test_far_from_the_rest_a_score_stays_finite(fitted):
    scores = -fitted.detector.score_samples(np.float32([[1e12] * 4, [1e17] * 4]))
    assert np.isfinite(scores).all()
    assert scores[1] > scores[0] > 1e3


def test_a_copying_model_s_error_is_the_noise_s_own():
    """Where x + noise is reconstructed as it is, the error doesn't depend on x."""
    copying = keras.initializers.Identity()
    networks = [
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, kernel_initializer=copying)])
        for _ in range(2)
    ]
    from keras_ae import Autoencoder

    bottleneck = layers.DenseBottleneck(4)
    likelihood = layers.GaussianLikelihood(layers.FixedScale(1.0))
    model = Autoencoder(networks[0], bottleneck, networks[1], likelihood)
    bottleneck.head.set_weights([np.eye(4), np.zeros(4)])
    contributions, rest = DenoisingError(0.5, pairs=3, seed=1).terms(model, np.ones((2, 4)))
    noise = 0.5 * np.random.default_rng(1).standard_normal((3, 4), "float32")
    expected = np.square(noise).mean(axis=0) * np.ones((2, 1))
    np.testing.assert_allclose(contributions, expected, rtol=1e-5)
    assert np.asarray(rest).tolist() == [0.0, 0.0]


def test_a_named_model_has_one_view(named):
    assert named.detector.detection_model_.views == []
