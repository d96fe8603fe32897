"""The prior of indices: what it may see, what its numbers are, and how it draws."""

import numpy as np
import pytest
from scipy.special import log_softmax

from keras_ae.layers import CodePrior
from tests.contract.rows import array

CODES = 5
INDICES = np.random.default_rng(0).integers(0, CODES, (4, 2, 3), "int32")


def new(shape=(2, 3), **options):
    """A built prior, not trained."""
    prior = CodePrior(
        **{"codes": CODES, "width": 8, "blocks": 1, "heads": 2, "seed": 0, **options}
    )
    prior.build((None, *shape))
    return prior


def test_a_place_sees_those_before_it_alone():
    prior = new()
    before = array(prior(INDICES)).reshape(4, 6, CODES)
    for place in range(6):
        changed = INDICES.reshape(4, 6).copy()
        changed[:, place] = (changed[:, place] + 1) % CODES
        after = array(prior(changed.reshape(4, 2, 3))).reshape(4, 6, CODES)
        np.testing.assert_array_equal(after[:, : place + 1], before[:, : place + 1])
        if place < 5:
            assert np.abs(after[:, place + 1] - before[:, place + 1]).min() > 1e-4


def test_chances_of_all_codes_together_are_one():
    prior = new((3,), codes=3)
    every = np.stack(np.meshgrid(*[np.arange(3)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    assert np.exp(array(prior.log_prob(every))).sum() == pytest.approx(1.0, rel=1e-5)


def test_log_prob_is_that_of_the_logits():
    prior = new()
    each = log_softmax(array(prior(INDICES)).astype("float64"), axis=-1)
    expected = np.take_along_axis(each, INDICES[..., None], axis=-1).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(array(prior.log_prob(INDICES)), expected, rtol=1e-5)


def test_one_index_an_example():
    prior = new(())
    assert array(prior(np.array([0, 4]))).shape == (2, CODES)
    assert array(prior.log_prob(np.array([0, 4]))).shape == (2,)
    assert prior.sample(3, seed=0).shape == (3,)


def test_samples_are_distributed_as_the_prior_says():
    prior = new((2,), codes=3)
    every = np.stack(np.meshgrid(np.arange(3), np.arange(3), indexing="ij"), -1).reshape(-1, 2)
    chances = np.exp(array(prior.log_prob(every)))
    drawn = prior.sample(4000, seed=1)
    shares = np.bincount(drawn[:, 0] * 3 + drawn[:, 1], minlength=9) / len(drawn)
    assert chances.max() > 0.2
    np.testing.assert_allclose(shares, chances, atol=5 * np.sqrt(0.25 / len(drawn)))


def test_a_seed_gives_the_same_samples_again():
    prior, calls = new(), []

    def step(indices):
        calls.append(indices.copy())
        return prior(indices)

    first = prior.sample(20, seed=3, step=step)
    assert first.dtype == np.int32
    assert first.min() >= 0
    assert first.max() < CODES
    np.testing.assert_array_equal(prior.sample(20, seed=3), first)
    assert (prior.sample(20, seed=4) != first).any()
    # A call for each place; those that aren't drawn yet are 0.
    assert len(calls) == 6
    assert not calls[2].reshape(20, 6)[:, 2:].any()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda p: p.log_prob(INDICES.astype("float32")), "integers from 0 to 4. Received: float"),
        (lambda p: p.log_prob(INDICES + 1), "integers from 0 to 4. Received: values from 1 to 5"),
        (lambda p: p.log_prob(INDICES - 1), "integers from 0 to 4. Received: values from -1 to"),
        (lambda p: p.log_prob(INDICES[:, :1]), r"shape \(examples, 2, 3\). Received: \(4, 1, 3\)"),
        (lambda p: p.sample(0), "`n` must be an integer >= 1. Received: n=0"),
        (lambda p: p.sample(2, seed=-1), "`seed` must be an integer >= 0. Received: seed=-1"),
        (lambda p: p.sample(2, step=3), "`step` must be a function .* Received: step=3"),
        (lambda _: CodePrior(4).sample(2), "CodePrior must be built before it is used"),
    ],
)
def test_bad_input_is_refused_in_one_line(call, words):
    with pytest.raises((TypeError, ValueError), match=words) as caught:
        call(new())
    assert "\n" not in str(caught.value)
