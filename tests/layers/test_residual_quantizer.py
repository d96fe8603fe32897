"""Residual quantizers against a greedy search in NumPy, their sum, and a vector quantizer."""

import functools

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import entropy

from keras_ae.layers import ResidualQuantizer, VectorQuantizer
from keras_ae.layers.code_usage import Perplexity, UsedShare
from tests.contract.rows import array, assert_equal

RANDOM = np.random.default_rng(0)
FEATURES = RANDOM.normal(size=(40, 2, 3, 8)).astype("float32")


def new(features=FEATURES, kind=ResidualQuantizer, **arguments):
    bottleneck = kind(4, **{"codes": 8, "seed": 0, **arguments})
    bottleneck.build(features.shape)
    return bottleneck


def greedy(bottleneck, rest):
    """The indices, and the squared length of the rest before each stage and after the last."""
    indices, lengths = [], [np.square(rest).sum(axis=1).mean()]
    for codebook in bottleneck.codebooks:
        book = array(codebook.vectors)
        indices.append(cdist(rest, book).argmin(axis=1))
        rest = rest - book[indices[-1]]
        lengths.append(np.square(rest).sum(axis=1).mean())
    return np.stack(indices, axis=-1), lengths


@functools.cache
def trained():
    bottleneck = new(stages=4, decay=0.5)
    for _ in range(10):
        bottleneck(FEATURES, training=True)
    return bottleneck


def test_each_stage_takes_the_nearest_to_the_rest_and_the_latent_is_their_sum():
    bottleneck = trained()
    projected = array(bottleneck.project(FEATURES))
    expected, _ = greedy(bottleneck, projected.reshape(-1, 4))
    indices = array(bottleneck.choose(projected))
    assert (indices.dtype, indices.shape) == ("int32", (40, 2, 3, 4))
    np.testing.assert_array_equal(indices.reshape(-1, 4), expected)
    parts = [array(each.vectors)[indices[..., s]] for s, each in enumerate(bottleneck.codebooks)]
    for latent in (bottleneck.embed(indices), bottleneck.encode(FEATURES), bottleneck(FEATURES)):
        np.testing.assert_allclose(array(latent), sum(parts), rtol=1e-5, atol=1e-6)


def test_the_rest_is_shorter_after_each_stage():
    bottleneck = trained()
    _, lengths = greedy(bottleneck, array(bottleneck.project(FEATURES)).reshape(-1, 4))
    assert (np.diff(lengths) < 0).all()
    assert lengths[-1] < 0.2 * lengths[0]


@pytest.mark.parametrize("decay", [0.5, None])
def test_one_stage_is_a_vector_quantizer(decay):
    residual = new(stages=1, decay=decay, gradient="rotation")
    single = new(kind=VectorQuantizer, decay=decay, gradient="rotation")
    for _ in range(3):
        latents = [array(each(FEATURES, training=True)) for each in (residual, single)]
        np.testing.assert_array_equal(*latents)
    assert np.abs(latents[0]).max() > 0
    assert_equal(residual.get_weights(), single.get_weights())
    indices = [array(each.choose(each.project(FEATURES))) for each in (residual, single)]
    np.testing.assert_array_equal(indices[0][..., 0], indices[1])
    for one, other in zip(residual.penalties, single.penalties, strict=True):
        np.testing.assert_allclose(array(one.take()), array(other.take()), rtol=1e-6)


def test_the_commitment_is_the_sum_of_what_each_stage_leaves():
    bottleneck = trained()
    _, lengths = greedy(bottleneck, array(bottleneck.project(FEATURES)).reshape(-1, 4))
    bottleneck(FEATURES)
    expected = 0.25 * 6 * sum(lengths[1:])  # of the 6 places of an example
    assert array(bottleneck.penalty.take()).mean() == pytest.approx(expected, rel=1e-4)


def test_usage_is_the_mean_over_stages():
    indices = RANDOM.integers(0, 5, (7, 3, 2)).astype("int32")
    indices[..., 1] //= 2
    metrics = Perplexity(5, 2), UsedShare(5, 2)
    for metric in metrics:
        metric.update_state(indices)
    counts = np.stack([np.bincount(indices[..., s].ravel(), minlength=5) for s in range(2)])
    expected = np.exp(entropy(counts, axis=1)).mean(), (counts > 0).mean()
    assert [float(each.result()) for each in metrics] == pytest.approx(expected, rel=1e-5)
