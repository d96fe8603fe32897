"""Scores of sparse codes: models and dictionaries whose scores are known by design."""

import itertools
import sys

import numpy as np
import pytest

import keras_ae
from keras_ae.evaluation import dictionary_recovery, dictionary_scores

RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def model():
    """Return a model that keeps the largest of four numbers; its fifth unit is never active."""
    model = keras_ae.create_model("topk_sparse", (4,), 5, k=1, seed=0)
    kernel = np.eye(4, 5, dtype="float32")
    model.bottleneck.dense.set_weights([kernel, np.array([0, 0, 0, 0, -9.0])])
    decoder = model.decoder.layers[0]
    decoder.set_weights([kernel.T, np.zeros(4)])
    return model


def test_scores_of_a_known_code(model):
    x = np.array([[4, 1, 0, 0], [0, 3, 0, 0], [-1, -2, -3, 0]], "float32")
    scores = dictionary_scores(model, x)
    assert scores.l0 == pytest.approx(2 / 3)  # of the last example no number is positive
    assert scores.dead_units == pytest.approx(3 / 5)  # all but the first two
    left_out = 1 + 0 + (1 + 4 + 9)
    expected = 1 - left_out / np.square(x - x.mean(0)).sum()
    assert scores.explained_variance == pytest.approx(expected, rel=1e-6)


def test_what_explains_all_or_as_much_as_the_mean(model):
    x = np.eye(4, dtype="float32")
    assert dictionary_scores(model, x).explained_variance == pytest.approx(1.0)
    model.decoder.layers[0].bias.assign(np.full(4, 0.5))
    y = np.array([[1.5, 0.5, 0.5, 0.5], [0.5, 1.5, 0.5, 0.5]])  # a transcoder's target
    assert dictionary_scores(model, x[:2], y).explained_variance == pytest.approx(1.0)
    model.decoder.layers[0].set_weights([np.zeros((5, 4)), np.full(4, 0.25)])
    assert dictionary_scores(model, x).explained_variance == pytest.approx(0.0, abs=1e-6)


def test_many_examples_are_scored_in_parts(model, monkeypatch):
    x = RANDOM.normal(size=(50, 4)).astype("float32")
    whole = dictionary_scores(model, x)
    monkeypatch.setattr(sys.modules[dictionary_scores.__module__], "CHUNK", 7)
    parts = dictionary_scores(model, x)
    assert parts.explained_variance == pytest.approx(whole.explained_variance, rel=1e-6)
    assert (parts.l0, parts.dead_units) == (whole.l0, whole.dead_units)


def test_recovery_is_the_best_pairing():
    """Against all pairings of a few vectors."""
    learned, known = RANDOM.normal(size=(5, 3)), RANDOM.normal(size=(4, 3))
    unit = [each / np.linalg.norm(each, axis=1, keepdims=True) for each in (learned, known)]
    cosine = unit[1] @ unit[0].T
    best = max(
        np.mean([cosine[i, place] for i, place in enumerate(places)])
        for places in itertools.permutations(range(5), 4)
    )
    assert dictionary_recovery(learned, known) == pytest.approx(best)
    assert dictionary_recovery(7.0 * known[::-1], known) == pytest.approx(1.0)
    assert dictionary_recovery(-np.eye(3), np.eye(3)) == 0.0  # the opposite direction is another


def test_one_vector_is_not_counted_twice():
    assert dictionary_recovery([[1, 0], [0, 1]], [[1, 0], [1, 0]]) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: dictionary_recovery([[1, 0]], np.eye(2)), "`learned` must have at least as many"),
        (lambda: dictionary_recovery(np.eye(3), np.eye(2)), "the same width, 2. Received"),
        (lambda: dictionary_recovery(np.eye(2), [[0, 0], [1, 0]]), "`known` must hold vectors"),
        (lambda: dictionary_recovery(np.ones(3), np.eye(3)), "`learned` must have shape"),
    ],
)
def test_dictionaries_that_do_not_compare(call, said):
    with pytest.raises(ValueError, match=said):
        call()


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (np.ones((3, 4)), None, "`x` must hold examples that differ"),
        (np.eye(4), np.eye(4)[:2], r"`y` must have the reconstruction's shape, \(4, 4\). Rec"),
        (np.eye(4), np.full((4, 4), np.nan), "`y` must.*finite"),
        (np.eye(5), None, "`x` must have shape"),
    ],
)
def test_data_that_do_not_suit(model, x, y, said):
    with pytest.raises(ValueError, match=said):
        dictionary_scores(model, x, y)
