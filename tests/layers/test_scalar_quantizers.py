"""Codes without a codebook: every index by enumeration, NumPy's own indices, and entropies."""

import itertools

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.special import softmax
from scipy.stats import entropy

from keras_ae.layers import EntropyPenalty, FiniteScalarQuantizer, LookupFreeQuantizer
from tests.contract.rows import array
from tests.layers.gradients import gradients

RANDOM = np.random.default_rng(0)
FEATURES = RANDOM.normal(size=(6, 2, 3, 8)).astype("float32")
LEVELS = pytest.mark.parametrize("levels", [(2,), (5,), (4, 3), (3, 2, 4), (8, 5, 5), (2,) * 6])


def new(kind, size, features=FEATURES, **arguments):
    bottleneck = kind(size, seed=0, **arguments)
    bottleneck.build(features.shape)
    return bottleneck


@LEVELS
def test_every_index_has_a_code_of_its_own(levels):
    bottleneck = new(FiniteScalarQuantizer, levels)
    count = np.prod(levels)
    assert (bottleneck.codes, bottleneck.latent_dim) == (count, len(levels))
    codes = array(bottleneck.embed(np.arange(count, dtype="int32")))
    ranks = np.stack(np.unravel_index(np.arange(count), levels, order="F"), axis=-1)
    expected = 2 * ranks / (np.array(levels) - 1) - 1
    np.testing.assert_allclose(codes, expected, atol=1e-6)
    assert len(np.unique(codes, axis=0)) == count
    # Features that are bounded to a code, or close to it, get its index again.
    features = np.arctanh(0.999 * codes).astype("float32")
    np.testing.assert_array_equal(array(bottleneck.choose(features)), np.arange(count))
    np.testing.assert_array_equal(array(bottleneck.code_of(features)), codes)


@LEVELS
def test_each_number_gets_the_nearest_level(levels):
    bottleneck = new(FiniteScalarQuantizer, levels)
    bottleneck.head.kernel.assign(3 * bottleneck.head.kernel)
    bounded = np.tanh(array(bottleneck.project(FEATURES)))
    latent = array(bottleneck(FEATURES))
    for place, size in enumerate(levels):
        grid = np.linspace(-1, 1, size)
        nearest = cdist(bounded[..., place].reshape(-1, 1), grid[:, None]).argmin(axis=1)
        assert len(np.unique(nearest)) > 1
        np.testing.assert_allclose(latent[..., place].ravel(), grid[nearest], atol=1e-6)
    np.testing.assert_array_equal(latent, array(bottleneck.encode(FEATURES)))
    indices = array(bottleneck.choose(bottleneck.project(FEATURES)))
    assert (indices.dtype, indices.shape) == ("int32", (6, 2, 3))
    np.testing.assert_array_equal(array(bottleneck.embed(indices)), latent)


def test_the_largest_features_have_the_outer_levels():
    bottleneck = new(FiniteScalarQuantizer, (4, 5))
    features = np.array([[1e4, 1e4], [-1e4, -1e4]], "float32")
    np.testing.assert_array_equal(array(bottleneck.choose(features)), [19, 0])


def test_gradients_pass_the_rounding_and_not_the_bound():
    bottleneck = new(FiniteScalarQuantizer, (4, 3), FEATURES[..., :2])
    bottleneck.head.kernel.assign(np.eye(2))
    features = FEATURES[..., :2]
    (found,) = gradients(bottleneck, features)
    np.testing.assert_allclose(found, 1 - np.tanh(features) ** 2, rtol=1e-4, atol=1e-6)


def test_signs_are_the_codes_of_two_levels():
    signs = new(LookupFreeQuantizer, 5)
    levels = new(FiniteScalarQuantizer, (2,) * 5)
    assert signs.codes == levels.codes == 32
    every = np.arange(32, dtype="int32")
    np.testing.assert_array_equal(array(signs.embed(every)), array(levels.embed(every)))
    np.testing.assert_array_equal(array(signs.choose(signs.embed(every))), every)
    projected = signs.project(FEATURES)
    np.testing.assert_array_equal(array(projected), array(levels.project(FEATURES)))
    chosen = array(signs.choose(projected))
    assert len(np.unique(chosen)) > 10
    np.testing.assert_array_equal(chosen, array(levels.choose(projected)))
    np.testing.assert_array_equal(array(signs(FEATURES)), array(levels(FEATURES)))
    np.testing.assert_array_equal(array(signs(FEATURES)), np.sign(array(projected)))


def test_signs_pass_the_gradient_unchanged():
    signs = new(LookupFreeQuantizer, 2, FEATURES[..., :2], penalty=())
    signs.head.kernel.assign(np.eye(2))
    (found,) = gradients(signs, FEATURES[..., :2])
    np.testing.assert_array_equal(found, 1.0)


def by_enumeration(features, temperature, groups, weights=None):
    """Return mean entropy of a place's code and entropy of the mean, over codes of -1 and 1."""
    certain, varied = np.zeros(len(features)), 0.0
    for bits in groups:
        part = features[..., bits].astype("float64")
        codes = np.array(list(itertools.product([-1.0, 1.0], repeat=part.shape[-1])))
        distance = np.square(part[..., None, :] - codes).sum(axis=-1)
        share = softmax(-distance / temperature, axis=-1)
        certain += entropy(share, axis=-1).mean(axis=1)
        varied += entropy(np.average(share.mean(axis=1), axis=0, weights=weights))
    return np.average(certain, weights=weights), varied


@pytest.mark.parametrize(
    ("together", "groups"),
    [
        (1, [[0], [1], [2], [3], [4]]),
        (2, [[0], [1, 2], [3, 4]]),
        (4, [[0, 1], [2, 3, 4]]),
        (5, [[0, 1, 2, 3, 4]]),
        (9, [[0, 1, 2, 3, 4]]),
    ],
)
@pytest.mark.parametrize("weights", [None, np.array([1.0, 0.0, 2.0, 0.5])])
def test_entropies_are_those_of_all_codes_enumerated(together, groups, weights):
    features = RANDOM.normal(size=(4, 2, 3, 5)).astype("float32")
    penalty = EntropyPenalty(0.5, temperature=1.5, bits_together=together)
    penalty(features)
    found = float(penalty.total(penalty.take(), weights))
    flat = features.reshape(4, 6, 5)
    certain, varied = by_enumeration(flat, 1.5, groups, weights)
    assert found == pytest.approx(0.5 * 6 * (certain - varied), rel=1e-4)
    # A place's bits are independent: its entropy is that of all codes, however they are grouped.
    assert certain == pytest.approx(by_enumeration(flat, 1.5, [range(5)], weights)[0], rel=1e-6)
    assert varied > by_enumeration(flat, 1.5, [range(5)], weights)[1] - 1e-6


def test_bits_that_are_always_equal_are_one_bit_only_together():
    sign = np.array([[1.0], [-1.0]], "float32") * np.full((2, 3), 20.0, "float32")
    alone, together = (EntropyPenalty(bits_together=number) for number in (1, 3))
    for penalty, bits in ((alone, 3), (together, 1)):
        penalty(sign)
        assert float(penalty.losses[0]) == pytest.approx(-bits * np.log(2), rel=1e-4)


def test_too_many_codes_to_count_have_no_metrics():
    assert new(LookupFreeQuantizer, 17).make_metrics() == []
    assert [each.name for each in new(LookupFreeQuantizer, 16).make_metrics()] == [
        "perplexity",
        "used_share",
    ]
