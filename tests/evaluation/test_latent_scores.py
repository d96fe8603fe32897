"""Probe, NMI and disentanglement: codes whose score is known, from scikit-learn or by design."""

import math

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_blobs
from sklearn.metrics import normalized_mutual_info_score

from keras_ae.datasets.shapes import shapes
from keras_ae.evaluation import dci, kmeans_nmi, linear_probe_accuracy, mig, sap

FACTORS = shapes().factors_train


@pytest.fixture(scope="module")
def codes():
    """Return codes of the shapes' factors: perfect, permuted and stretched, rotated, random."""
    random = np.random.default_rng(0)
    standard = (FACTORS - FACTORS.mean(0)) / FACTORS.std(0)
    rotation = np.linalg.qr(random.normal(size=(5, 5)))[0]
    return {
        "perfect": standard,
        "permuted": -3.0 * standard[:, [4, 2, 0, 1, 3]] + 1.0,
        "rotated": standard @ rotation,
        "random": random.normal(size=standard.shape),
    }


def test_mig(codes):
    scores = {name: mig(code, FACTORS) for name, code in codes.items()}
    assert scores["perfect"] == scores["permuted"] == pytest.approx(1.0)
    assert 0.1 < scores["rotated"] < 0.6
    assert scores["random"] == pytest.approx(0.0, abs=0.002)


def test_mig_of_a_binary_symmetric_channel():
    """I = log 2 - H(error), for the one dimension that tells anything: 1 - H(error) / log 2."""
    factor = np.repeat([0, 1], 500)
    code = np.where(np.arange(1000) % 10 == 0, 1 - factor, factor)
    other = np.tile([0, 1], 500)
    error = -(0.1 * math.log(0.1) + 0.9 * math.log(0.9))
    expected = 1.0 - error / math.log(2.0)
    assert mig(np.stack([code, other], 1), factor[:, None]) == pytest.approx(expected, abs=0.01)


def test_sap(codes):
    scores = {name: sap(code, FACTORS, categorical=(0,)) for name, code in codes.items()}
    # The second dimension's thresholds guess one shape of three.
    limit = pytest.approx((4.0 + 2.0 / 3.0) / 5.0)
    assert scores["perfect"] == limit
    assert scores["permuted"] == limit
    assert 0.0 < scores["rotated"] < 0.5
    assert scores["random"] == pytest.approx(0.0, abs=0.01)


def test_sap_of_a_noisy_copy_is_its_correlation():
    random = np.random.default_rng(0)
    factor = random.integers(0, 8, size=4000)
    code = np.stack([factor + random.normal(size=4000), random.normal(size=4000)], 1)
    expected = np.corrcoef(code[:, 0], factor)[0, 1] ** 2
    assert sap(code, factor[:, None]) == pytest.approx(expected, abs=1e-3)


def test_sap_of_categories_minds_no_order():
    """The middle value of three needs two thresholds, which a line can't be."""
    factor = np.tile([0, 1, 2], 100)
    code = np.stack([np.array([0, 5, 1])[factor], np.zeros(300)], 1)
    assert sap(code, factor[:, None], categorical=[0]) == pytest.approx(2 / 3)
    assert sap(code, factor[:, None]) < 0.1


@pytest.mark.slow
def test_dci(codes):
    some = np.random.default_rng(0).permutation(len(FACTORS))[:400]
    factors = FACTORS[some][:, 2:]  # of 8 values each
    perfect, rotated, random = (
        dci(codes[name][some], factors) for name in ("perfect", "rotated", "random")
    )
    # The other factors' dimensions aren't needed, which costs nothing.
    assert perfect.disentanglement == pytest.approx(1.0, abs=1e-6)
    assert perfect.completeness == pytest.approx(1.0, abs=1e-6)
    assert perfect.informativeness == 1.0
    assert 0.1 < rotated.disentanglement < 0.7
    assert 0.1 < rotated.completeness < 0.7
    assert random.disentanglement < 0.1
    assert random.completeness < 0.1
    assert random.informativeness == pytest.approx(1 / 8, abs=0.06)


def test_dci_tells_disentangled_from_complete():
    """Two dimensions for one factor are disentangled; one dimension for two is complete."""
    random = np.random.default_rng(1)
    factors = random.integers(0, 4, size=(600, 2))
    first, second = factors.T
    halves = np.stack([first % 2, first // 2, second], 1)
    split = dci(halves, factors)
    assert split.disentanglement == pytest.approx(1.0, abs=0.01)
    assert split.completeness == pytest.approx((1 - math.log(2) / math.log(3) + 1) / 2, abs=0.02)
    merged = dci(np.stack([4 * first + second, random.normal(size=600)], 1), factors)
    assert merged.disentanglement < 0.1
    assert merged.completeness > 0.9


def test_a_collapsed_latent_scores_nothing():
    factors, latent = FACTORS[:256, 3:], np.zeros((256, 3))
    collapsed = dci(latent, factors)
    assert (collapsed.disentanglement, collapsed.completeness) == (0.0, 0.0)
    assert (mig(latent, factors), sap(latent, factors, [0])) == (0.0, 0.0)


def test_the_probe_reads_what_is_linear():
    digits, random = load_digits(), np.random.default_rng(0)
    names = np.array([f"digit {label}" for label in digits.target])
    few = random.permutation(1797)[:300]
    assert linear_probe_accuracy(digits.data[few], names[few]) > 0.9
    noise = random.normal(size=(300, 8))
    assert linear_probe_accuracy(noise, digits.target[few]) == pytest.approx(0.1, abs=0.06)
    # A ring around a disc can't be cut by a line.
    angle = random.uniform(0, 2 * np.pi, size=400)
    radius = np.repeat([1.0, 3.0], 200)
    ring = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    assert linear_probe_accuracy(ring, radius > 2) < 0.65


def test_k_means_finds_clusters():
    x, y = make_blobs(300, centers=4, cluster_std=0.3, random_state=1)
    assert kmeans_nmi(x, y) == pytest.approx(1.0)
    merged = y // 2  # two clusters a class; k-means may take two
    assert kmeans_nmi(x, merged) <= 1.0
    mixed = np.random.default_rng(0).permutation(y)
    expected = normalized_mutual_info_score(mixed, y)
    assert kmeans_nmi(x, mixed) == pytest.approx(expected, abs=1e-9)


def test_k_means_of_a_collapsed_latent():
    assert kmeans_nmi(np.zeros((10, 3)), [0, 1] * 5) == 0.0


LATENT, LABELS = np.eye(8), [0, 1] * 4


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (lambda: linear_probe_accuracy(LATENT, LABELS[:3]), r"`labels` must be .*shape \(8,\)"),
        (lambda: linear_probe_accuracy(LATENT, [0] * 8), "`labels` must hold at least 2 classes"),
        (lambda: linear_probe_accuracy(LATENT, [1] + [0] * 7), "each of at least 2 example"),
        (lambda: linear_probe_accuracy(LATENT, np.linspace(0, 1, 8)), "integers or strings"),
        (lambda: linear_probe_accuracy(LATENT, LABELS, seed=-1), "`seed` must be an integer >= 0"),
        (lambda: linear_probe_accuracy(LATENT[0], LABELS), "`latent` must have shape"),
        (lambda: kmeans_nmi(np.full((8, 1), np.nan), LABELS), "`latent` must be finite"),
        (lambda: kmeans_nmi(LATENT, LABELS, seed=2.5), "`seed` must be an integer"),
        (lambda: mig(LATENT, LABELS), r"`factors` must be integers of shape \(8, factors\)"),
        (lambda: mig(LATENT[:, :1], np.eye(8, dtype=int)), "`latent` must have at least 2 dim"),
        (lambda: mig(LATENT, np.zeros((8, 1), int)), r"`factors\[:, 0\]` must hold at least 2"),
        (lambda: mig(LATENT, np.eye(8, dtype=int), bins=1), "`bins` must be an integer >= 2"),
        (lambda: dci(LATENT, np.eye(8, dtype=int)), "each of at least 4 example"),
        (lambda: dci(LATENT, np.array(LABELS)[:, None]), "at least 2 factor"),
        (lambda: sap(LATENT, np.eye(8)), "`factors` must be integers"),
        (lambda: sap(LATENT, np.eye(8, dtype=int), [8]), "`categorical` must name columns"),
    ],
)
def test_bad_arguments(compute, message):
    with pytest.raises((TypeError, ValueError), match=message):
        compute()
