"""A codebook that one matrix moves: what a step does to it, by hand."""

import keras
import numpy as np

import keras_ae
from keras_ae.layers import CommitmentPenalty, VectorQuantizer
from tests.contract.rows import array

FEATURES = np.full((4, 3), 0.1, "float32")  # the same: all choose one code


def trained(learned_map, rate):
    """One step of gradient descent on the codebook's penalty; return bottleneck and codes."""
    bottleneck = VectorQuantizer(
        3, codes=6, decay=None, penalty=CommitmentPenalty(0.0), seed=0, learned_map=learned_map
    )
    model = keras_ae.Autoencoder(
        keras.Sequential([keras.Input((3,)), keras.layers.Activation("linear")]),
        bottleneck,
        keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)]),
        keras_ae.layers.GaussianLikelihood(),
    )
    bottleneck.head.kernel.assign(np.eye(3))
    bottleneck.head.trainable = False
    (index,) = set(array(bottleneck.choose(FEATURES)).tolist())
    before = array(bottleneck.embed(np.arange(6)))
    model.compile(keras.optimizers.SGD(rate))
    model.fit(FEATURES, batch_size=4, verbose=0)
    return model, index, before, array(bottleneck.embed(np.arange(6)))


def test_a_step_moves_all_codes_and_not_the_vectors_behind_them():
    rate = 0.05
    model, index, vectors, codes = trained(True, rate)
    book = model.bottleneck.codebook
    np.testing.assert_array_equal(array(book.vectors), vectors)
    slope = 2.0 * np.outer(vectors[index], vectors[index] - FEATURES[0])  # of |v M - f|**2 by M
    expected = np.eye(3) - rate * slope
    np.testing.assert_allclose(array(book.matrix), expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(codes, vectors @ expected, rtol=1e-4, atol=1e-6)
    assert (np.abs(codes - vectors).max(axis=1) > 1e-4).all()


def test_without_the_map_it_moves_the_chosen_code_alone():
    _, index, before, after = trained(False, 0.05)
    moved = np.abs(after - before).max(axis=1) > 0
    np.testing.assert_array_equal(moved, np.arange(6) == index)


def test_indices_and_codes_are_those_of_the_mapped_vectors():
    model, *_, codes = trained(True, 0.5)
    features = np.random.default_rng(0).normal(size=(50, 3)).astype("float32")
    nearest = np.square(features[:, None] - codes).sum(axis=2).argmin(axis=1)
    functions = model.functions()
    np.testing.assert_array_equal(array(functions["indices"](features)["indices"]), nearest)
    np.testing.assert_array_equal(model.encode(features), codes[nearest])
    plain = model.encoder_model().predict(features, verbose=0)
    np.testing.assert_allclose(plain, codes[nearest], rtol=1e-5, atol=1e-6)
    decoded = array(functions["decode_indices"](nearest.astype("int32"))["reconstruction"])
    np.testing.assert_allclose(decoded, model.reconstruct(features), rtol=1e-5, atol=1e-6)
